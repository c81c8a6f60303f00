"""docs/FORMAT.md against the program: vaults that the built program makes, read by reader.py, which knows the text alone."""

import base64
import dataclasses
import hashlib
import json
import os
import shutil
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

pytest.importorskip("nacl", reason="PyNaCl is not installed: pip install -r tests/requirements.txt")

import reader  # noqa: E402  (beside this file)


def find_program():
    named = os.environ.get("VAULT_PROGRAM")
    build = os.environ.get("TEST_BUILD_DIR", Path(__file__).parents[2] / "build" / "release")
    return Path(named) if named else Path(build) / "vault"


PROGRAM = find_program()
if not PROGRAM.exists():
    pytest.skip(f"no program at {PROGRAM}: build it, or set VAULT_PROGRAM", allow_module_level=True)
for names in (("libsqlcipher.so.1", "libsqlcipher.so.0"), ("libargon2.so.1", "libargon2.so.0")):
    try:
        reader.library(*names)
    except reader.VaultError as missing:
        pytest.skip(str(missing), allow_module_level=True)

CODES = {10: "wrong_key", 11: "corrupt", 16: "unsupported"}
BINARY = bytes(range(256)) + b"\n"


class Made:
    """A vault made by the program, in a directory of its own."""

    def __init__(self, root):
        self.root, self.dir, self.key = root, root / "vault", root / "key"

    def run(self, *arguments, stdin=b"", code=0, unlock=True, pass_fds=()):
        way_in = ["--dir", self.dir, "--no-prompt", *(["--key-file", self.key] if unlock else [])]
        environment = {"HOME": str(self.root), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        command = [PROGRAM, *arguments, *way_in]
        done = subprocess.run(command, input=stdin, capture_output=True, env=environment, pass_fds=pass_fds, timeout=120)
        assert done.returncode == code, done.stderr.decode()
        return done.stdout

    def open(self, *factors):
        return reader.Vault(self.dir, *(factors or [reader.KeyFile.read(self.key)]))

    def copy(self, root):
        root.mkdir()
        shutil.copy(self.key, root / "key")
        shutil.copytree(self.dir, root / "vault")
        return Made(root)

    def write_header(self, data, repair=True):
        """Both files; `repair` makes the checksum good again, as somebody with malice and no key would."""
        if repair:
            data = data[:-32] + reader.blake("vlt1-sum", data[:-32])
        for name in ("header", "header.2"):
            (self.dir / name).write_bytes(data)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    made = Made(tmp_path_factory.mktemp("format"))
    made.run("init", "--new-key-file", made.key, unlock=False)
    made.run("add", "prod-dns", stdin=b"tok")
    made.run(
        "add", "web/stripe-live", "--issuer", "101domain", "--account", "main", "--team", "web", "--scope", "dns:write", "--scope", "dns:read",
        "--scope", "account:read", "--issued", "2026-01-31", "--expires", "1y", "--key-name", "ci", "--minted-by", "ada", "--minted-with", "2fa",
        "--attr", "env=prod", "--attr", "app=shop", "--note", "first line\nsecond", "--hint", "--plain", "user=bob", "--plain", "empty=",
        stdin=b"sk_live_0123456789abcdefWXYZ\n",
    )  # fmt: skip
    made.run("add", "binary", "--exact", "--expires", "2030-02-28", "--no-fingerprint", stdin=BINARY)
    made.run("add", "nothing", "--allow-empty")
    made.run("add", "Käse/Ωmega", stdin=b"x" * 65536)
    for i in range(30):
        made.run("add", f"many/{i}", "--team", f"team {i % 3}", stdin=b"token %d" % i)
    return made


@pytest.fixture
def copy(made, tmp_path):
    return made.copy(tmp_path / "copy")


def seconds(text):
    return reader.NEVER if text is None else int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


# ---- what is there ----------------------------------------------------------------------------------------------------


def test_every_entry_time_scope_and_secret_is_read_back(made):
    labels = [entry["label"] for entry in json.loads(made.run("list", "--json"))["entries"]]
    with made.open() as vault:
        teams = {team.id: team.name for team in vault.records(reader.TEAM)}
        entries = {entry.label: entry for entry in vault.records(reader.ENTRY)}
        assert sorted(entries) == sorted(labels) and len(labels) == 35
        for label, entry in entries.items():
            shown = json.loads(made.run("show", label, "--json"))["entry"]
            assert (entry.id.hex(), teams[entry.team]) == (shown["id"], shown["team"])
            assert (entry.issuer, entry.account, entry.note) == (shown["issuer"], shown["account"], shown["note"])
            assert entry.attributes == shown["attributes"]
            assert (entry.created, entry.changed) == (seconds(shown["created_at"]), seconds(shown["changed_at"]))
            assert len(entry.versions) == len(shown["versions"])
            for listed, view in zip(entry.versions, shown["versions"], strict=True):
                version = vault.version(entry, listed)
                assert (version.id.hex(), version.scopes, version.hint) == (view["id"], view["scopes"], view["hint"])
                assert listed.state_at(int(time.time())) == view["state"]
                for name in ("issued_at", "stored_at"):
                    assert getattr(version, name) == seconds(view[name])
                assert listed.expires_at == seconds(view["expires_at"])
                for name in ("period", "key_name", "minted_by", "minted_with"):
                    assert getattr(version, name) == view[name]
                assert (version.fingerprint or b"").hex()[:16] == view["fingerprint"]
                values = vault.fields(entry, listed)
                assert [(f.name, f.secret, len(values[f.name])) for f in version.fields] == [
                    (f["name"], f["secret"], f["size"]) for f in view["fields"]
                ]
                for name, value in values.items():
                    assert value == made.run("get", label, "--field", name, "--allow-expired")


def test_the_values_are_those_that_were_stored(made):
    with made.open() as vault:

        def fields(label):
            entry, status = vault.entry(label)
            assert status == reader.LIVE
            return vault.fields(entry, entry.versions[0])

        assert fields("prod-dns") == {"token": b"tok"}
        assert fields("web/stripe-live") == {"token": b"sk_live_0123456789abcdefWXYZ", "user": b"bob", "empty": b""}
        assert fields("binary") == {"token": BINARY}
        assert fields("nothing") == {"token": b""}
        assert fields("Käse/Ωmega") == {"token": b"x" * 65536}
        assert all(fields(f"many/{i}") == {"token": b"token %d" % i} for i in range(30))
        entry, _ = vault.entry("web/stripe-live")
        version = vault.version(entry, entry.versions[0])
        assert version.scopes == ["account:read", "dns:read", "dns:write"]
        assert entry.versions[0].expires_at - version.issued_at == 365 * 86400
        assert (version.period, version.minted_with, version.hint) == ("1y", "2fa", "...WXYZ")


def test_everything_verifies_and_the_program_counts_the_same(made):
    with made.open() as vault:
        counts = vault.verify()
    assert (counts["commits"], counts["versions"], counts["fields"]) == (36, 35, 37)
    told = json.loads(made.run("verify", "--json"))
    assert counts["records"] in json_numbers(told) and counts["commits"] in json_numbers(told)


def json_numbers(value):
    if isinstance(value, dict):
        return {n for item in value.values() for n in json_numbers(item)}
    return {value} if isinstance(value, int) else set()


def test_absence_is_proven(made):
    with made.open() as vault:
        for label in ["prod-dn", "PROD-DNS", *(f"absent/{i}" for i in range(50))]:
            with pytest.raises(reader.VaultError) as refused:
                vault.entry(label)
            assert refused.value.code == "not_found"


def test_a_fingerprint_leads_to_its_entry(made):
    with made.open() as vault:
        item = vault.current(reader.FINGERPRINT, vault.key_hash(reader.FINGERPRINT, vault.fingerprint(b"token 7")))
        assert item.value == vault.key_hash(reader.ENTRY, reader.string("many/7"))
        assert vault.entry("many/7")[0].active == item.id
        unknown = vault.fingerprint(BINARY)  # stored with --no-fingerprint
        assert vault.find(reader.FINGERPRINT, vault.key_hash(reader.FINGERPRINT, unknown)) == []


def test_the_audit_secret_fits_the_audit_key(made):
    with made.open() as vault:
        assert reader.sodium.crypto_scalarmult_base(vault.audit_secret()) == vault.header.audit_key


def test_what_a_new_vault_has(made):
    with made.open() as vault:
        assert [record.name for record in vault.records(reader.IDENTITY)] == ["root"]
        assert "default" in [record.name for record in vault.records(reader.TEAM)]
        assert {record.name for record in vault.records(reader.ISSUER)} == {"101domain", "generic"}
        assert all(json.loads(record.more["profile"])["name"] == record.name for record in vault.records(reader.ISSUER))
        assert [record.name for record in vault.records(reader.POLICY)] == ["audit"]


# ---- ways in ----------------------------------------------------------------------------------------------------------

COSTS = ("--kdf-memory", "64", "--kdf-passes", "3", "--kdf-lanes")


@pytest.mark.parametrize("lanes", ["1", "2"])
def test_a_passphrase_opens(copy, lanes):
    (copy.root / "new").write_bytes(b"correct horse")
    os.chmod(copy.root / "new", 0o600)
    copy.run("slot", "add", "--name", "phrase", "--new-passphrase-file", copy.root / "new", *COSTS, lanes)
    with copy.open(reader.Passphrase(b"correct horse")) as vault:
        assert (vault.slot.name, vault.head.operation, vault.header.sequence) == ("phrase", "slot add", 2)
        assert vault.verify()["commits"] == 37
    with pytest.raises(reader.VaultError, match="wrong_key"):
        copy.open(reader.Passphrase(b"wrong horse"))


def test_a_slot_of_two_factors_needs_both(copy):
    (copy.root / "new").write_bytes(b"correct horse")
    os.chmod(copy.root / "new", 0o600)
    second = copy.root / "second"
    copy.run("slot", "add", "--name", "both", "--new-passphrase-file", copy.root / "new", "--new-key-file", second, *COSTS, "1")
    phrase, key = reader.Passphrase(b"correct horse"), reader.KeyFile.read(second)
    with copy.open(phrase, key) as vault:
        assert vault.slot.name == "both"
    for factors in ([phrase], [key]):
        with pytest.raises(reader.VaultError, match="wrong_key"):
            copy.open(*factors)


def recovery_vectors():
    lines = (Path(__file__).parents[1] / "vectors" / "recovery_code.txt").read_text().splitlines()[1:]
    values = {name: bytes.fromhex(value) for name, value in (line.split(" = ") for line in lines)}
    return [[values[f"{name}_{what}"] for what in ("bits", "code", "output")] for name in {key.rsplit("_", 1)[0] for key in values}]


def test_recovery_codes_are_as_the_vectors_say():
    assert len(recovery_vectors()) == 9
    for bits, code, output in recovery_vectors():
        read = reader.RecoveryCode.read(code.decode())
        assert (read.bytes, read.output(b"")) == (bits, output)
        folded = code.decode().lower().replace("-", " ").replace("0", "o").replace("1", "l")
        assert reader.RecoveryCode.read(folded) == read


def test_a_recovery_code_opens(copy):
    out, into = os.pipe()
    copy.run("slot", "add", "--name", "paper", "--new-recovery", "--recovery-out-fd", str(into), pass_fds=(into,))
    os.close(into)
    with os.fdopen(out) as pipe:
        code = pipe.read()
    assert code.endswith("\n") and len(code) == 42
    with copy.open(reader.RecoveryCode.read(code.strip())) as vault:
        assert (vault.slot.name, vault.head.operation) == ("paper", "slot add")
        vault.verify()
    with pytest.raises(reader.VaultError, match="wrong_key"):
        copy.open(reader.RecoveryCode(bytes(20)))


def test_a_damaged_key_file_is_refused(made, tmp_path):
    line = made.key.read_bytes()
    assert len(line) == 70
    assert reader.KeyFile.read(made.key).bytes == base64.b64decode(line[16:60])
    for at in range(len(line) - 1):
        bad = bytearray(line)
        bad[at] ^= 1
        (tmp_path / "key").write_bytes(bad)
        os.chmod(tmp_path / "key", 0o600)
        with pytest.raises(reader.VaultError, match="usage"):
            reader.KeyFile.read(tmp_path / "key")


def test_a_directory_open_to_others_is_refused(copy):
    os.chmod(copy.dir, 0o750)
    with pytest.raises(reader.VaultError, match="denied"):
        copy.open()
    copy.run("get", "prod-dns", code=8)


# ---- what must be refused ---------------------------------------------------------------------------------------------


def both_refuse(vault, code):
    """Reader and program give the same answer."""
    with pytest.raises(reader.VaultError) as refused:
        vault.open()
    assert refused.value.code == CODES[code]
    vault.run("get", "prod-dns", code=code)


def test_the_copy_serves_when_the_header_is_damaged(copy):
    data = bytearray((copy.dir / "header").read_bytes())
    data[100] ^= 1
    (copy.dir / "header").write_bytes(data)
    with copy.open() as vault:
        assert vault.entry("prod-dns")
    (copy.dir / "header.2").write_bytes(data)
    both_refuse(copy, 11)


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_a_flipped_byte_in_a_slot_is_refused(copy):
    data = (copy.dir / "header").read_bytes()
    with copy.open() as vault:
        start = data.index(vault.slot.wrapped)
        slot_header = data.index(vault.slot.header)
    for at in (start, start + 24, start + 183, start + 199, start + 231, slot_header, slot_header + 16, slot_header + 39):
        copy.write_header(flipped(data, at), repair=False)
        both_refuse(copy, 11)
        copy.write_header(flipped(data, at))
        both_refuse(copy, 10)
    copy.write_header(flipped(data, start + 232))  # the signature: the slot opens, and then
    both_refuse(copy, 11)


def test_no_byte_of_the_header_can_be_changed(copy):
    data = (copy.dir / "header").read_bytes()
    for at in range(0, len(data) - 32, 5):  # every fifth: this takes milliseconds each
        copy.write_header(flipped(data, at))
        with pytest.raises(reader.VaultError):
            copy.open()


def test_an_older_header_is_refused(copy):
    old = (copy.dir / "header").read_bytes()
    copy.run("slot", "add", "--name", "second", "--new-key-file", copy.root / "second")
    copy.write_header(old, repair=False)
    copy.run("list", code=17)
    shutil.rmtree(copy.root / ".local/state")  # as on a new machine
    both_refuse(copy, 11)


# ---- section 11: the high-water mark ----


def mark_of(copy, vault):
    path = copy.root / ".local/state/vault" / vault.vault.hex() / vault.header.slots[0].identity.hex()
    return reader.decode_mark(path.read_bytes(), vault.vault, vault.seed)


def test_the_mark_says_what_was_seen(copy):
    copy.run("add", "one-more", stdin=b"token")
    with copy.open() as vault:
        mark = mark_of(copy, vault)
        h, head = vault.header, vault.head
        assert (mark["sequence"], mark["hash"], mark["time"], mark["rollbacks"]) == (head.sequence, head.hash, head.time, 0)
        assert (mark["header_sequence"], mark["body_sequence"], mark["list_sequence"]) == (h.sequence, h.body_sequence, h.list_sequence)
        assert mark["counters"] == sorted((slot.id, slot.counter) for slot in h.slots)
        assert mark["key"] == mark["root"] == head.author


def test_an_older_copy_is_taken_by_a_commit_that_says_so(copy, tmp_path):
    backup = copy.copy(tmp_path / "backup")
    copy.run("add", "one-more", stdin=b"token")
    with copy.open() as vault:
        given_up = vault.head
    shutil.rmtree(copy.dir)
    shutil.copytree(backup.dir, copy.dir)
    copy.run("list", code=17)
    copy.run("list", "--accept-rollback")
    with copy.open() as vault:
        assert (vault.head.kind, vault.head.rollbacks, vault.head.sequence) == (reader.ROLLBACK, 1, given_up.sequence)
        assert vault.head.payload[:40] == reader.u64(given_up.sequence) + given_up.hash
        vault.verify()


@pytest.mark.parametrize("column", ["bytes", "signature"])
def test_a_changed_head_is_refused(copy, column):
    with copy.open() as vault:
        tamper(vault, "commits", column, "sequence", vault.head.sequence)
    both_refuse(copy, 11)


def tamper(vault, table, column, key, number, at=-1):
    """Somebody who holds VK, and is no admin, rewrites a row."""
    (data,) = vault.store.one(f"SELECT {column} FROM {table} WHERE {key} = ?1", number)
    bad = bytearray(data)
    bad[at] ^= 1
    vault.store.rows(f"UPDATE {table} SET {column} = x'{bad.hex()}' WHERE {key} = ?1", number)
    vault.store.rows("COMMIT")


@pytest.mark.parametrize("table", ["nodes", "buckets", "records", "version", "fields"])
def test_a_changed_row_on_the_way_to_a_secret_is_refused(copy, table):
    with copy.open() as vault:
        entry, _ = vault.entry("prod-dns")
        path = reader.path_of(vault.key_hash(reader.ENTRY, reader.string("prod-dns")))
        where = {
            "nodes": ("nodes", "bytes", reader.node_row(reader.ENTRY, 2, path >> 6)),
            "buckets": ("buckets", "bytes", reader.bucket_row(reader.ENTRY, path)),
            "records": ("records", "bytes", reader.row_of(entry.id)),
            "version": ("versions", "version", reader.row_of(entry.active)),
            "fields": ("versions", "fields", reader.row_of(entry.active)),
        }[table]
        tamper(vault, where[0], where[1], "id", where[2])
    with copy.open() as vault, pytest.raises(reader.VaultError) as refused:
        entry, _ = vault.entry("prod-dns")
        vault.fields(entry, entry.versions[0])
    assert refused.value.code == "corrupt"
    copy.run("get", "prod-dns", code=11)
    with copy.open() as vault, pytest.raises(reader.VaultError):
        vault.verify()


def test_a_row_too_many_is_found(copy):
    with copy.open() as vault:
        vault.store.rows("INSERT INTO records VALUES (7, x'00')")
        vault.store.rows("COMMIT")
    with copy.open() as vault, pytest.raises(reader.VaultError, match="nothing names"):
        vault.verify()
    copy.run("verify", code=11)


def test_a_hidden_row_is_not_absence(copy):
    with copy.open() as vault:
        path = reader.path_of(vault.key_hash(reader.ENTRY, reader.string("prod-dns")))
        vault.store.rows("DELETE FROM buckets WHERE id = ?1", reader.bucket_row(reader.ENTRY, path))
        vault.store.rows("COMMIT")
    with copy.open() as vault, pytest.raises(reader.VaultError) as refused:
        vault.entry("prod-dns")
    assert refused.value.code == "corrupt"
    copy.run("get", "prod-dns", code=11)


# ---- what an admin's own program must not write, and what a newer one may ----------------------------------------------


def sign(vault, tag, message):
    seed = reader.blake("vlt1-ed", b"", key=vault.seed, salt=vault.vault)
    _, secret = reader.sodium.crypto_sign_seed_keypair(seed)
    text = tag.encode().ljust(16, b"\0") + reader.u16(1) + vault.vault + reader.blake("vlt1-sig", message, size=64)
    return reader.sodium.crypto_sign(text, secret)[:64]


def write_signed_header(copy, vault, body=None, slots=None, sequence=None):
    """The header with parts of it changed, and every signature, MAC and checksum right."""
    h = vault.header
    body = h.body if body is None else body
    slots = [slot.header + slot.wrapped + slot.signature for slot in h.slots] if slots is None else slots
    data = b"vaulthdr" + reader.u32(1) + reader.string(body) + h.author + sign(vault, "vlt1-sign-body", body)
    data += reader.u32(len(slots)) + b"".join(reader.string(slot) for slot in slots)
    data += reader.u64(h.sequence if sequence is None else sequence)
    data += reader.blake("vlt1-hdr", data, key=vault.sub(vault.vk, "vlt1-hmac"), salt=vault.vault)
    copy.write_header(data + bytes(32))


def other_slot(vault, factors, slot_id=b"s" * 16, name=b"other"):
    """A slot of our identity that nothing opens."""
    own = vault.header.slots[0]
    head = slot_id + own.identity + reader.u64(9) + reader.u64(1) + reader.string(name) + reader.u32(len(factors))
    head += b"".join(reader.u8(kind) + reader.string(parameters) for kind, parameters in factors) + bytes(232)
    return head + sign(vault, "vlt1-sign-slot", head)


ARGON2 = reader.u32(65536) + reader.u32(3) + reader.u32(1) + bytes(16)
SLOTS = {
    "an unknown factor": ([(5, b"x" * 4096)], {}, None),
    "the last factor number": ([(255, b""), (2, b"")], {}, None),
    "a recovery code": ([(3, b"")], {}, None),
    "a factor 0": ([(0, b"")], {}, 11),
    "too long parameters": ([(5, b"x" * 4097)], {}, 11),
    "parameters of a key file": ([(2, b"x")], {}, 11),
    "two passphrases": ([(1, ARGON2), (1, ARGON2)], {}, 11),
    "no factor": ([], {}, 11),
    "a name with DEL": ([(2, b"")], {"name": b"a\x7f"}, 11),
    "a name with a C1": ([(2, b"")], {"name": "a\x85".encode()}, 11),
    "a name not in UTF-8": ([(2, b"")], {"name": b"\xed\xa0\x80"}, 11),
    "a name that no writer takes": ([(2, b"")], {"name": "-e\u0301\u200b\u2028 ".encode()}, None),
}  # fmt: skip


@pytest.mark.parametrize("what", SLOTS)
def test_slots_that_another_version_wrote(copy, what):
    factors, more, code = SLOTS[what]
    with copy.open() as vault:
        own = vault.header.slots[0]
        slots = [own.header + own.wrapped + own.signature, other_slot(vault, factors, **more)]
        write_signed_header(copy, vault, slots=slots)
    read_or_refused(copy, code)


def read_or_refused(copy, code):
    if code:
        both_refuse(copy, code)
        return
    with copy.open() as vault:
        vault.verify()
    assert copy.run("get", "prod-dns") == b"tok"
    copy.run("verify")


@pytest.mark.parametrize(("sequence", "code"), [(2**63 - 1, None), (2**63, 11)])
def test_the_highest_header_sequence(copy, sequence, code):
    with copy.open() as vault:
        write_signed_header(copy, vault, sequence=sequence)
    read_or_refused(copy, code)


def test_two_slots_of_one_id_are_refused(copy):
    with copy.open() as vault:
        own = vault.header.slots[0]
        slots = [own.header + own.wrapped + own.signature, other_slot(vault, [(2, b"")], slot_id=own.id)]
        write_signed_header(copy, vault, slots=slots)
    both_refuse(copy, 11)


def test_a_slot_payload_of_a_newer_version_is_unsupported(copy):
    with copy.open() as vault:
        own, key = vault.header.slots[0], reader.KeyFile.read(copy.key).bytes
        kek = reader.blake("vlt1-kek", key + reader.blake("vlt1-slot", own.header), key=bytes(32), salt=own.id)
        aad = reader.string("slot") + reader.u16(1) + vault.vault + reader.string(own.header)
        payload = reader.unwrap(kek, aad, own.wrapped)
        body = own.header + wrap(kek, aad, payload[:-1] + b"\1")
        write_signed_header(copy, vault, slots=[body + sign(vault, "vlt1-sign-slot", body)])
    both_refuse(copy, 16)


def wrap(key, aad, plaintext):
    nonce = os.urandom(24)
    keys = reader.blake("vlt1-wrap", nonce, key=key, size=64)
    sealed = reader.sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, nonce, keys[:32])
    message = nonce + len(aad).to_bytes(8, "little") + aad + sealed[-16:]
    return nonce + sealed + reader.blake("vlt1-commit", message, key=keys[32:])


def test_a_hash_of_no_head_is_refused(copy):
    with copy.open() as vault:
        h = vault.header
        at = 16 + 2 + 8 + 4 + len(h.store_name) + 8
        assert h.body[at : at + 40] == bytes(40)
    for sequence, digest in ((0, b"h" * 32), (1, bytes(32))):
        broken = h.body[:at] + reader.u64(sequence) + digest + h.body[at + 40 :]
        write_signed_header(copy, vault, body=broken)
        both_refuse(copy, 11)


def encode_commit(c, suite=1):
    subtrees = reader.u32(len(c.subtrees)) + b"".join(reader.u8(k) + root + reader.u64(n) for k, (root, n) in c.subtrees.items())
    return (
        reader.u8(1) + reader.u16(suite) + c.vault + reader.u64(c.epoch) + reader.u64(c.sequence) + c.previous + reader.u64(c.rollbacks) + reader.u64(c.time) + c.author + reader.u8(c.kind)
        + reader.string(c.operation) + reader.u64(c.header_sequence) + reader.u64(c.body_sequence) + c.body_hash + subtrees + c.delta_hash
        + reader.u32(c.delta_count) + c.audit[0] + reader.u64(c.audit[1]) + c.audit[2] + reader.string(c.payload)
    )  # fmt: skip


def write_commit(vault, changes, row=None, suite=1, delta_rows=None, **more):
    """One more commit, rightly signed: `changes` of the delta, `more` fields as they should not be."""
    head = vault.head
    items_of, _ = vault.replay()
    for kind, remove, item in changes:
        if remove:
            items_of[kind].pop((item.key, item.id), None)
        else:
            items_of.setdefault(kind, {})[item.key, item.id] = item
    nodes, buckets, subtrees = reader.build_tree(vault.vault, items_of)
    delta = b"".join(reader.u8(kind) + reader.u8(remove) + reader.encode_item(item) for kind, remove, item in changes)
    values = {
        "sequence": head.sequence + 1, "previous": head.hash, "subtrees": dict(sorted(subtrees.items())), "delta_count": len(changes),
        "delta_hash": vault.hash("vlt1-delta", delta),
    }  # fmt: skip
    commit = dataclasses.replace(head, **(values | more))
    data = encode_commit(commit, suite)
    put = vault.store.rows
    put(f"INSERT INTO commits VALUES ({row or commit.sequence}, x'{data.hex()}', x'{sign(vault, 'vlt1-sign-commit', data).hex()}')")
    for chunk, part in enumerate([delta] if delta_rows is None and delta else delta_rows or []):
        put(f"INSERT INTO deltas VALUES ({commit.sequence << 20 | chunk}, x'{part.hex()}')")
    for table, rows in (("nodes", nodes), ("buckets", buckets)):
        put(f"DELETE FROM {table}")
        for number, data in rows.items():
            put(f"INSERT INTO {table} VALUES ({number}, x'{data.hex()}')")
    put("COMMIT")


ABANDONED = reader.u64(99) + b"h" * 32 + reader.u64(9) + reader.u64(0)
COMMITS = {
    "nothing": ({}, None),
    "a rollback": ({"kind": 2, "rollbacks": 1, "payload": ABANDONED}, None),
    "a rollback that is not counted": ({"kind": 2, "payload": ABANDONED}, 11),
    "a rollback of nothing": ({"kind": 2, "rollbacks": 1, "payload": bytes(8) + ABANDONED[8:]}, 11),
    "a rollback with more to say": ({"kind": 2, "rollbacks": 1, "payload": ABANDONED + b"p"}, 11),
    "an epoch that is not the commit's": ({"kind": 3, "payload": reader.u64(2) + reader.string("store-2.db")}, 11),
    "an epoch in another store": ({"kind": 3, "payload": reader.u64(1) + reader.string("store-2.db")}, 11),
    "a clone in the middle": ({"kind": 4, "payload": bytes(48)}, 11),
    "a rollback that is below what it gives up": ({"kind": 2, "rollbacks": 1, "payload": ABANDONED[:-8] + reader.u64(1)}, 11),
    "a kind to come": ({"kind": 5, "payload": b"p"}, 16),
    "kind 0": ({"kind": 0}, 11),
    "another suite": ({"suite": 2}, 16),
    "a payload": ({"payload": b"p"}, 11),
    "a long payload": ({"kind": 5, "payload": b"p" * 257}, 11),
    "a subtree to come": ({"subtrees": {9: (b"r" * 32, 1)}}, 16),
    "an empty subtree": ({"subtrees": {2: (bytes(32), 0)}}, 11),
    "subtrees out of order": ({"subtrees": {3: (b"r" * 32, 1), 2: (b"r" * 32, 1)}}, 11),
    "another row": ({"row": 99}, 11),
    "a sequence too high": ({"sequence": 2**43, "row": 2**43}, 11),
    "a time of never": ({"time": reader.NEVER}, 11),
    "a control character": ({"operation": "a\n"}, 11),
    "another epoch": ({"epoch": 2}, 11),
    "an author who is none": ({"author": b"a" * 32}, 11),
    "a header to come": ({"header_sequence": 99}, 11),
    "another body": ({"body_hash": b"b" * 32}, 11),
}  # fmt: skip


@pytest.mark.parametrize("what", COMMITS)
def test_commits_that_another_version_wrote(copy, what):
    more, code = COMMITS[what]
    with copy.open() as vault:
        write_commit(vault, [], **more)
    read_or_refused(copy, code)


@pytest.mark.parametrize(("version", "code"), [(2, 16), (0, 11), (-1, 11)])
def test_the_version_of_the_tables(copy, version, code):
    with copy.open() as vault:
        vault.store.rows(f"PRAGMA user_version = {version}")
        vault.store.rows("COMMIT")
    both_refuse(copy, code)


def replace_entry(vault, change):
    """The record of prod-dns, `change`d, in a commit of its own."""
    key = vault.key_hash(reader.ENTRY, reader.string("prod-dns"))
    item = vault.current(reader.ENTRY, key)
    data = change(vault.record_bytes(item))
    vault.store.rows(f"UPDATE records SET bytes = x'{data.hex()}' WHERE id = ?1", reader.row_of(item.id))
    write_commit(vault, [(reader.ENTRY, False, dataclasses.replace(item, value=vault.hash("vlt1-record", data)))])


def with_former_labels(data, *labels):
    """Of an entry with one version and no former label."""
    assert data[-90:-86] == reader.u32(0)
    return data[:-90] + reader.u32(len(labels)) + b"".join(map(reader.string, labels)) + data[-86:]


RECORDS = {
    "nothing": (lambda data: data, None),
    "layout 2": (lambda data: b"\2" + data[1:], 16),
    "layout 2 and another form": (lambda _: b"\2 anything", 16),
    "layout 0": (lambda data: b"\0" + data[1:], 16),
    "another kind": (lambda data: b"\1\2" + data[2:], 11),
    "bytes left over": (lambda data: data + b"\0", 11),
    "active, with an end of retiring": (lambda data: data[:-49] + reader.u64(1) + data[-41:], 11),
    "an unknown flag": (lambda data: data[:-41] + b"\4" + data[-40:], 11),
    "destroyed, and still not empty": (lambda data: data[:-41] + b"\1" + data[-40:], "destroyed"),
    "revoked": (lambda data: data[:-50] + b"\3" + data[-49:], "revoked"),
    "a former label": (lambda data: with_former_labels(data, "old"), 0),
    "a former label twice": (lambda data: with_former_labels(data, "old", "old"), 11),
    "the present label as a former one": (lambda data: with_former_labels(data, "old", "prod-dns"), 11),
    "an empty former label": (lambda data: with_former_labels(data, ""), 11),
    "more former labels than the limit": (lambda data: with_former_labels(data, *map(str, range(65))), 11),
}


@pytest.mark.parametrize("what", RECORDS)
def test_records_that_another_version_wrote(copy, what):
    change, code = RECORDS[what]
    with copy.open() as vault:
        replace_entry(vault, change)
    with copy.open() as vault:
        if isinstance(code, str):
            entry, _ = vault.entry("prod-dns")
            assert entry.versions[0].state_at(int(time.time())) == code
        elif code:
            with pytest.raises(reader.VaultError) as refused:
                vault.entry("prod-dns")
            assert refused.value.code == CODES[code]
    copy.run("get", "prod-dns", code=7 if isinstance(code, str) else code or 0)
    if code is None:
        read_or_refused(copy, None)


def test_a_former_label_without_an_alias_is_found(copy):
    with copy.open() as vault:
        replace_entry(vault, lambda data: with_former_labels(data, "old"))
    with copy.open() as vault, pytest.raises(reader.VaultError, match="aliases"):
        vault.verify()
    copy.run("verify", code=11)


# ---- entries that changed ---------------------------------------------------------------------------------------------


def test_former_labels_lead_to_the_entry(copy):
    for old, new in (("prod-dns", "dns/prod"), ("dns/prod", "dns/live"), ("prod-dns", "dns/prod")):
        copy.run("mv", old, new)
    with copy.open() as vault:
        for label in ("prod-dns", "dns/live", "dns/prod"):
            entry, status = vault.entry(label)
            assert (entry.label, entry.former_labels, status) == ("dns/prod", ["prod-dns", "dns/live"], reader.LIVE)
            assert vault.fields(entry, entry.versions[0]) == {"token": b"tok"}
        [pointer] = vault.find(reader.FINGERPRINT, vault.key_hash(reader.FINGERPRINT, vault.fingerprint(b"tok")))
        assert pointer.value == vault.key_hash(reader.ENTRY, reader.string("dns/prod"))
        vault.verify()
    copy.run("verify")


def test_a_removed_entry_is_hidden_until_it_is_brought_back(copy):
    copy.run("rm", "prod-dns")
    with copy.open() as vault:
        before, status = vault.entry("prod-dns")
        assert status == reader.HIDDEN
        before_hash = vault.current(reader.ENTRY, vault.key_hash(reader.ENTRY, reader.string("prod-dns"))).value
        vault.verify()
    copy.run("undelete", "prod-dns")
    with copy.open() as vault:
        entry, status = vault.entry("prod-dns")
        assert status == reader.LIVE and entry.parent == before_hash and before.parent != reader.ZERO32
        vault.verify()


def test_a_destroyed_entry_keeps_what_is_not_secret(copy):
    copy.run("mv", "web/stripe-live", "web/stripe")
    copy.run("destroy", "web/stripe")
    with copy.open() as vault:
        for label in ("web/stripe", "web/stripe-live"):
            entry, status = vault.entry(label)
            assert status == reader.TOMBSTONE and all(listed.destroyed for listed in entry.versions)
            assert vault.fields(entry, entry.versions[0]) == {"token": None, "user": b"bob", "empty": b""}
        vault.verify()


def test_of_several_tombstones_both_name_the_same(copy):
    copy.run("destroy", "prod-dns")
    for i in range(3):
        copy.run("add", "prod-dns", "--replace-tombstone", stdin=b"another %d" % i)
        with copy.open() as vault:
            entry, status = vault.entry("prod-dns")
            assert status == reader.LIVE and vault.fields(entry, entry.versions[0]) == {"token": b"another %d" % i}
        copy.run("destroy", "prod-dns")
        with copy.open() as vault:
            entry, status = vault.entry("prod-dns")
            assert status == reader.TOMBSTONE
            assert len(vault.find(reader.ENTRY, vault.key_hash(reader.ENTRY, reader.string("prod-dns")))) == i + 2
            vault.verify()
        assert json.loads(copy.run("show", "prod-dns", "--json"))["entry"]["id"] == entry.id.hex()


def test_another_teams_key_seals_an_entry_that_went_to_it(copy):
    with copy.open() as vault:
        before, _ = vault.entry("web/stripe-live")
    copy.run("edit", "web/stripe-live", "--team", "payments", "--attr", "env=test", "--remove-attr", "app", "--note", "moved")
    with copy.open() as vault:
        entry, _ = vault.entry("web/stripe-live")
        assert entry.team != before.team and entry.versions[0].digest != before.versions[0].digest
        assert (entry.attributes, entry.note) == ({"env": "test"}, "moved")
        assert vault.fields(entry, entry.versions[0])["token"] == b"sk_live_0123456789abcdefWXYZ"
        vault.verify()
    shown = json.loads(copy.run("show", "web/stripe-live", "--json"))["entry"]
    with copy.open() as vault:
        item = vault.current(reader.ENTRY, vault.key_hash(reader.ENTRY, reader.string("web/stripe-live")))
        assert shown["revision"] == item.value.hex()


def test_the_log_is_what_the_commits_say(copy):
    copy.run("mv", "prod-dns", "dns/prod")
    copy.run("rm", "binary")
    commits = json.loads(copy.run("log", "--json"))["commits"]
    with copy.open() as vault:
        rows = vault.store.rows("SELECT bytes FROM commits ORDER BY sequence DESC")
        told = [reader.decode_commit(data, vault.vault) for (data,) in rows]
    assert [(c["sequence"], c["hash"], c["operation"], seconds(c["time"])) for c in commits] == [
        (c.sequence, c.hash.hex(), c.operation, c.time) for c in told
    ]
    assert commits[0]["touched"] == [{"what": "hidden", "kind": "entry", "name": "binary"}]
    assert commits[1]["touched"] == [{"what": "renamed", "kind": "entry", "name": "dns/prod"}]


DELTAS = {
    "an item that was not there": ([(1, True, reader.Item(b"k" * 32, b"i" * 16, 1, b"v" * 32))], None),
    "an item that was another": ("other", None),
    "a chunk too many": ([], [b""]),
}


@pytest.mark.parametrize("what", DELTAS)
def test_deltas_in_disorder_are_found(copy, what):
    changes, rows = DELTAS[what]
    with copy.open() as vault:
        if changes == "other":
            item = vault.current(reader.POLICY, vault.key_hash(reader.POLICY, reader.string("audit")))
            changes = [(reader.POLICY, True, dataclasses.replace(item, value=b"v" * 32))]
        write_commit(vault, changes, delta_rows=rows)
    with copy.open() as vault, pytest.raises(reader.VaultError, match="corrupt"):
        vault.verify()
    if what != "a chunk too many":  # a dagger of the text
        copy.run("verify", code=11)


# ---- roles ------------------------------------------------------------------------------------------------------------


def test_a_reader_and_a_metadata_identity_read_what_is_theirs(copy):
    ci, eyes = copy.root / "ci", copy.root / "eyes"
    copy.run("slot", "add", "--name", "ci", "--role", "reader", "--team", "web", "--team", "team 1", "--new-key-file", ci)
    copy.run("slot", "add", "--name", "eyes", "--role", "metadata", "--new-key-file", eyes)
    with copy.open(reader.KeyFile.read(ci)) as vault:
        rows = vault.header.roster
        assert [(row.role, row.closed) for row in rows] == [(3, False), (2, False), (1, False)]
        assert len(vault.header.vault_key_grants) == 3 and len(vault.header.admin_grants) == 1
        assert vault.verify()["commits"] == vault.head.sequence
        for label, value in (("web/stripe-live", b"sk_live_0123456789abcdefWXYZ"), ("many/1", b"token 1")):
            entry, _ = vault.entry(label)
            assert vault.fields(entry, entry.versions[0])["token"] == value
        entry, _ = vault.entry("prod-dns")
        with pytest.raises(reader.VaultError, match="denied"):
            vault.fields(entry, entry.versions[0])
    with copy.open(reader.KeyFile.read(eyes)) as vault:
        assert {entry.label for entry in vault.records(reader.ENTRY)} >= {"prod-dns", "many/1"}
        entry, _ = vault.entry("many/1")
        with pytest.raises(reader.VaultError, match="denied"):
            vault.fields(entry, entry.versions[0])
        vault.verify()


def test_an_identity_that_was_removed_is_gone(copy):
    ci = copy.root / "ci"
    copy.run("slot", "add", "--name", "ci", "--role", "reader", "--team", "web", "--new-key-file", ci)
    with copy.open() as vault:
        head, head_hash = vault.head.sequence, vault.head.hash
    copy.run("slot", "remove", "ci")
    with copy.open() as vault:
        row = vault.header.roster[1]
        assert (row.closed, row.to, row.to_hash) == (True, head, head_hash)
        assert row.identity not in vault.header.vault_key_grants
        names = [record.name for record in vault.records(reader.IDENTITY)]
        grants = [who for team in vault.records(reader.TEAM) for who, _, _ in team.more["grants"]]
        assert "ci" in names and row.identity not in grants
        vault.verify()
    with pytest.raises(reader.VaultError, match="wrong_key"):
        copy.open(reader.KeyFile.read(ci))


# ---- the claims of the text -------------------------------------------------------------------------------------------


def test_no_personal_string_has_two_uses():
    text = (Path(__file__).parents[2] / "docs" / "FORMAT.md").read_text()
    section = text.split("### 3.1 Hashing")[1].split("### 3.2")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `vlt1-")]
    names = [name for row in rows for name in row.replace("`", "").split()]
    assert len(names) == len(set(names)) and all(len(name) <= 16 for name in names)


def test_the_pages_of_the_store_are_as_the_text_says(made):
    with made.open() as vault:
        data = (made.dir / vault.header.store_name).read_bytes()
        key, salt = vault.sub(vault.vk, "vlt1-db"), vault.sub(vault.vk, "vlt1-dbsalt")[:16]
    assert len(data) % 4096 == 0 and data[:16] == salt
    mac_key = hashlib.pbkdf2_hmac("sha1", key, bytes(b ^ 0x3A for b in salt), 2, 32)
    for number in range(1, len(data) // 4096 + 1):
        page = data[(number - 1) * 4096 : number * 4096]
        sealed, tag = page[16 if number == 1 else 0 : 4096 - 32], page[4096 - 32 : 4096 - 12]
        assert reader.hmac.digest(mac_key, sealed + number.to_bytes(4, "little"), "sha1") == tag
