"""The plain C interface from another language, without a binding of ours: structures by their layout, handles as pointers."""

import ctypes as c
import os
import pathlib

import pytest

BUILD = pathlib.Path(os.environ.get("TEST_BUILD_DIR", "build/release")).resolve()
pytestmark = pytest.mark.skipif("asan" in BUILD.name or "tsan" in BUILD.name, reason="a plain program cannot load a sanitized library")

OK, USAGE, NOT_FOUND, WRONG_KEY, CONFLICT = 0, 2, 3, 10, 14


class Struct(c.Structure):
    """A structure of vault.h: the first member is its size; the rest is zero."""

    def __init__(self, **members):
        super().__init__(struct_size=c.sizeof(self), **members)


class SlotOptions(Struct):
    _fields_ = [("struct_size", c.c_size_t), ("name", c.c_char_p), ("passphrase", c.c_char_p), ("passphrase_size", c.c_size_t),
                ("key_file", c.c_char_p)]  # as an older program has it: the rest is zero for the library


class UnlockOptions(Struct):
    _fields_ = [("struct_size", c.c_size_t), ("passphrase", c.c_char_p), ("passphrase_size", c.c_size_t), ("key_file", c.c_char_p)]


class AddOptions(Struct):
    _fields_ = [("struct_size", c.c_size_t), ("issuer", c.c_char_p), ("account", c.c_char_p), ("team", c.c_char_p),
                ("scopes", c.POINTER(c.c_char_p)), ("scope_count", c.c_size_t), ("expires_at", c.c_int64)]


class EntryInfo(Struct):
    _fields_ = [("struct_size", c.c_size_t), ("label", c.c_char_p), ("issuer", c.c_char_p), ("account", c.c_char_p), ("team", c.c_char_p),
                ("note", c.c_char_p), ("revision", c.c_char_p), ("state", c.c_uint32), ("current", c.c_uint32)]


class SlotInfo(Struct):
    _fields_ = [("struct_size", c.c_size_t), ("id", c.c_char_p), ("name", c.c_char_p), ("identity", c.c_char_p), ("role", c.c_uint32),
                ("factors", c.c_uint32)]


class CommitInfo(Struct):
    _fields_ = [("struct_size", c.c_size_t), ("sequence", c.c_uint64), ("time", c.c_int64), ("operation", c.c_char_p)]


class StatusInfo(Struct):
    _fields_ = [("struct_size", c.c_size_t), ("epoch", c.c_uint64), ("sequence", c.c_uint64), ("changed_at", c.c_int64),
                ("entries", c.c_uint64), ("teams", c.c_uint64), ("slots", c.c_uint64)]


class Library:
    """libvault with the types of what it returns; arguments are given as ctypes objects or bytes."""

    def __init__(self):
        self.c = c.CDLL(str(BUILD / "libvault.so"))
        for name, kind in [("last_error", c.c_char_p), ("code_name", c.c_char_p), ("version", c.c_char_p), ("secret_data", c.c_void_p),
                           ("secret_size", c.c_size_t), ("list_size", c.c_size_t), ("list_next", c.c_void_p), ("state_name", c.c_char_p)]:
            getattr(self.c, f"vault_{name}").restype = kind

    def __getattr__(self, name):
        return getattr(self.c, f"vault_{name}")

    def error(self):
        return self.last_error().decode()

    def create(self, directory, key_file):
        handle = c.c_void_p()
        options = SlotOptions(key_file=os.fsencode(key_file))
        assert self.c.vault_create(os.fsencode(directory), c.byref(options), None, c.byref(handle)) == OK, self.error()
        return handle

    def open(self, directory, key_file):
        handle = c.c_void_p()
        options = UnlockOptions(key_file=os.fsencode(key_file))
        return self.c.vault_open(os.fsencode(directory), c.byref(options), c.byref(handle)), handle

    def get(self, handle, label):
        secret = c.c_void_p()
        assert self.c.vault_get(handle, label, None, c.byref(secret)) == OK, self.error()
        value = c.string_at(self.secret_data(secret), self.secret_size(secret))
        self.secret_free(secret)
        return value


lib = None if "asan" in BUILD.name or "tsan" in BUILD.name else Library()


@pytest.fixture
def vault(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    handle = lib.create(tmp_path / "vault", tmp_path / "key")
    yield handle
    lib.close(handle)


def add(vault, label, secret, **options):
    scopes = (c.c_char_p * 2)(b"dns:read", b"dns:write")
    given = AddOptions(scopes=scopes, scope_count=2, **options)
    return lib.add(vault, label, secret, c.c_size_t(len(secret)), c.byref(given))


def filled(function, *arguments, into):
    info = into()
    assert function(*arguments, c.byref(info)) == OK, lib.error()
    return info


def list_of(function, *arguments):
    found = c.c_void_p()
    assert function(*arguments, c.byref(found)) == OK, lib.error()
    return found


def test_a_key_comes_back_byte_for_byte(vault):
    assert add(vault, b"prod-dns", b"tok\0en\xff") == OK
    assert lib.get(vault, b"prod-dns") == b"tok\0en\xff"


def test_it_is_there_when_the_vault_is_opened_again(vault, tmp_path):
    add(vault, b"prod-dns", b"token")
    code, again = lib.open(tmp_path / "vault", tmp_path / "key")
    assert code == OK
    assert lib.get(again, b"prod-dns") == b"token"
    lib.close(again)


def test_a_list_has_the_entries_by_label(vault):
    add(vault, b"b", b"token of b", team=b"ops", expires_at=4_000_000_000)
    add(vault, b"a", b"token of a", issuer=b"101domain")
    entries = list_of(lib.find, vault, None)
    infos = [filled(lib.entry_describe, c.c_void_p(lib.list_next(entries)), into=EntryInfo) for _ in range(lib.list_size(entries))]
    assert [(info.label, info.issuer, info.team, info.current) for info in infos] == [(b"a", b"101domain", b"default", 1), (b"b", b"generic", b"ops", 1)]
    assert lib.state_name(infos[0].state) == b"active"
    assert lib.list_next(entries) is None
    lib.list_free(entries)


def test_the_slot_is_the_one_that_was_made(vault):
    slots = list_of(lib.slots, vault)
    assert lib.list_size(slots) == 1
    slot = filled(lib.list_slot, slots, c.c_size_t(0), into=SlotInfo)
    assert (slot.name, slot.role, slot.factors) == (b"first", 3, 2)
    assert lib.list_slot(slots, c.c_size_t(1), c.byref(SlotInfo())) == NOT_FOUND
    lib.list_free(slots)


def test_the_log_tells_what_was_done(vault):
    add(vault, b"a", b"token")
    commits = list_of(lib.log, vault, None)
    told = [filled(lib.list_commit, commits, c.c_size_t(i), into=CommitInfo) for i in range(lib.list_size(commits))]
    assert told[0].operation == b"add"
    assert [commit.sequence for commit in told] == list(range(len(told), 0, -1))
    lib.list_free(commits)


def test_the_status_counts(vault):
    add(vault, b"a", b"token", team=b"ops")
    status = filled(lib.status, vault, into=StatusInfo)
    assert (status.epoch, status.entries, status.teams, status.slots) == (1, 1, 2, 1)


def test_errors_are_codes_and_words(vault, tmp_path):
    secret = c.c_void_p(1)
    assert lib.c.vault_get(vault, b"missing", None, c.byref(secret)) == NOT_FOUND
    assert not secret
    assert "get missing" in lib.error()
    assert lib.code_name(NOT_FOUND) == b"not_found"
    add(vault, b"a", b"token")
    assert add(vault, b"a", b"other") == CONFLICT
    other = lib.create(tmp_path / "other", tmp_path / "other-key")
    lib.close(other)
    code, none = lib.open(tmp_path / "vault", tmp_path / "other-key")
    assert (code, none.value) == (WRONG_KEY, None)


def test_a_structure_without_its_size_is_refused(vault):
    assert lib.status(vault, c.byref(c.c_size_t(0))) == USAGE
    assert "struct_size" in lib.error()


def test_the_version_is_that_of_the_header():
    header = (pathlib.Path(__file__).resolve().parents[2] / "capi" / "vault.h").read_text()
    assert f'/* "{lib.version().decode()}"; static. */' in header
