"""Making vaults, opening them with each factor, and slots."""

import os
import shutil
from datetime import timedelta

import pytest
from conftest import CHEAP

import vault


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """A vault with a passphrase; opening it costs a tenth of a second."""
    place = tmp_path_factory.mktemp("words")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(place))
        vault.create(place / "v", passphrase=b"correct horse", kdf=CHEAP).close()
    return place / "v"


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_a_passphrase_is_bytes_like(words, kind):
    with vault.open(words, passphrase=kind(b"correct horse")) as v:
        assert not v.closed


def test_a_passphrase_is_no_str(words):
    with pytest.raises(TypeError, match="str"):
        vault.open(words, passphrase="correct horse")
    with pytest.raises(TypeError, match="str"):
        vault.open(words, passphrase=lambda: "correct horse")


def test_a_callable_is_asked_once_and_only_where_it_helps(words, v, place):
    asked = []

    def ask():
        asked.append(1)
        return b"correct horse"

    vault.open(words, passphrase=ask).close()
    assert asked == [1]
    vault.open(**place, passphrase=ask).close()  # the key file opens it
    assert asked == [1]


def test_what_a_callable_raises_comes_out(words):
    def ask():
        raise LookupError("no terminal")

    with pytest.raises(LookupError, match="no terminal"):
        vault.open(words, passphrase=ask)
    with pytest.raises(vault.CancelledError):
        vault.open(words, passphrase=lambda: None)
    with pytest.raises(vault.UsageError):
        vault.open(words, passphrase=lambda: b"x" * 1025)


def test_a_wrong_key_and_no_key_and_no_vault(words, tmp_path):
    with pytest.raises(vault.WrongKeyError):
        vault.open(words, passphrase=b"wrong")
    with pytest.raises(vault.LockedError):
        vault.open(words)
    with pytest.raises(FileNotFoundError) as caught:
        vault.open(tmp_path / "none", passphrase=b"x")
    assert isinstance(caught.value, vault.NoVaultError)
    with pytest.raises(vault.UsageError):
        vault.open(words, passphrase=b"x" * 1025)
    with pytest.raises(vault.UsageError):
        vault.open("a\0b", passphrase=b"x")


def test_a_vault_is_not_made_twice(v, place):
    with pytest.raises(vault.ConflictError):
        vault.create(**place)
    with pytest.raises(vault.UsageError):
        vault.create(place["path"].with_name("other"))


def test_paths_are_str_bytes_or_path(v, place):
    for kind in (str, os.fsencode, lambda path: path):
        vault.open(kind(place["path"]), key_file=kind(place["key_file"])).close()


def test_without_arguments_it_opens_as_the_program_does(dns, place, home, monkeypatch):
    monkeypatch.setenv("VAULT_DIR", str(place["path"]))
    with pytest.raises(vault.LockedError):
        vault.open()
    (home / "config" / "vault").mkdir(parents=True)
    (home / "config" / "vault" / "config.toml").write_text(f"key_file = '{place['key_file']}'\n")
    with vault.open() as v:
        assert v.get("prod-dns") == b"token-1"
        assert "Vault " in repr(v)


def test_a_recovery_code_is_given_once_and_opens(v, place):
    code = v.slot_add("paper", recovery_code=True)
    assert (code.field, code.version, len(code)) == ("recovery-code", 0, 41)
    with vault.open(place["path"], recovery_code=code) as again:
        assert next(slot for slot in again.slots() if slot.opened).name == "paper"
    with pytest.raises(vault.UsageError):
        vault.open(place["path"], recovery_code=b"239A")


def test_slots_are_listed_changed_and_removed(v, place, tmp_path):
    v.slot_add("second", key_file=tmp_path / "second", passphrase=b"both", kdf=CHEAP)
    first, second = v.slots()
    assert (first.name, first.factors, first.opened, first.role, first.kdf) == ("first", ("key-file",), True, "admin", None)
    assert (second.name, set(second.factors), second.kdf) == ("second", {"key-file", "passphrase"}, CHEAP)
    assert [slot.name for slot in vault.peek(place["path"])] == ["first", "second"]
    with pytest.raises(vault.ConflictError):
        v.slot_add("second", key_file=tmp_path / "third")
    v.slot_remove("second")
    with pytest.raises(vault.LimitError):
        v.slot_remove("first")
    v.slot_change(key_file=tmp_path / "new")
    with pytest.raises(vault.WrongKeyError):
        vault.open(**place)
    vault.open(place["path"], key_file=tmp_path / "new").close()


def test_a_leaked_slot_gets_new_keys_and_others_stay_where_their_factor_is_given(dns, place, tmp_path):
    dns.slot_add("kept", key_file=tmp_path / "kept")
    dns.slot_add("dropped", key_file=tmp_path / "dropped")
    assert dns.slot_leaked("first", key_file=tmp_path / "new", kept_key_file=tmp_path / "kept") is None
    assert {slot.name for slot in dns.slots()} == {"first", "kept"}
    assert dns.status().epoch == 2
    vault.open(place["path"], key_file=tmp_path / "kept").close()
    with pytest.raises(vault.WrongKeyError):
        vault.open(**place)


def test_costs_are_checked(tmp_path):
    with pytest.raises(vault.DeniedError):
        vault.create(tmp_path / "a", passphrase=b"x", kdf=vault.KdfParameters(8, 1, 1))
    with pytest.raises(vault.UsageError):
        vault.create(tmp_path / "a", passphrase=b"x", kdf=CHEAP, unlock_time=timedelta(seconds=1))
    with pytest.raises(vault.UsageError):
        vault.create(tmp_path / "a", passphrase=b"x", kdf=(-1, 1, 1))
    with pytest.raises(TypeError):
        vault.create(tmp_path / "a", passphrase=b"x", kdf=3)
    assert not (tmp_path / "a").exists()


def test_a_restored_backup_is_stale_until_an_admin_accepts_it(dns, place, tmp_path):
    dns.close()
    shutil.copytree(place["path"], tmp_path / "backup")
    with vault.open(**place) as v:
        v.add("later", b"x")
    shutil.rmtree(place["path"])
    shutil.copytree(tmp_path / "backup", place["path"])
    with pytest.raises(vault.StaleError):
        vault.open(**place)
    with vault.open(**place, accept_rollback=True) as v:
        assert v.status().rollbacks == 1
        assert v.log(limit=1)[0].gave_up == 3


def test_damage_is_corrupt(dns, place):
    dns.close()
    for file in place["path"].iterdir():
        if file.name.startswith("header"):
            file.write_bytes(file.read_bytes()[:-7] + b"garbage")
    with pytest.raises(vault.CorruptError):
        vault.open(**place)
