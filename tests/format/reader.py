"""A reader of vaults, made from docs/FORMAT.md alone: the proof that the text is enough.

It shares no code with the product. It reads and checks everything that FORMAT.md says, and changes nothing. Section numbers in comments are
FORMAT.md's. Needs PyNaCl, and the libraries libsqlcipher and (for passphrases) libargon2, which it calls through ctypes.
"""

import base64
import ctypes
import hashlib
import hmac
import itertools
import os
import sys
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

SUITE = 1
NEVER = 2**64 - 1
ZERO16, ZERO32 = bytes(16), bytes(32)


class VaultError(Exception):
    """`code` is a word of section 10: corrupt, unsupported, wrong_key, not_found, denied, usage, no_vault."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


def require(condition, message, code="corrupt"):
    if not condition:
        raise VaultError(code, message)


def require_private(path):
    try:
        info = os.stat(path)
    except FileNotFoundError:
        raise VaultError("no_vault", f"nothing at {path}") from None
    require(info.st_uid == os.geteuid() and info.st_mode & 0o077 == 0, f"{path} is open to others", "denied")


# ---- 2: the one encoding ----------------------------------------------------------------------------------------------


class Decoder:
    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def raw(self, size):
        require(size <= len(self.data) - self.at, "cut short")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size):
        return int.from_bytes(self.raw(size), "big")

    def u8(self):
        return self.number(1)

    def u16(self):
        return self.number(2)

    def u32(self):
        return self.number(4)

    def u64(self):
        return self.number(8)

    def boolean(self):
        value = self.u8()
        require(value <= 1, "a boolean is 0 or 1")
        return value == 1

    def one_of(self, *values):
        value = self.u8()
        require(value in values, f"a number that the format does not name: {value}")
        return value

    def id(self):
        return self.raw(16)

    def digest(self):
        return self.raw(32)

    def string(self, most):
        size = self.u32()
        require(size <= most, "a string is too long")
        return self.raw(size)

    def text(self, most):
        try:
            return self.string(most).decode("utf-8")
        except UnicodeDecodeError:
            raise VaultError("corrupt", "text that is not UTF-8") from None

    def name(self, most=64):
        name = self.text(most)
        require(not any(c < " " or "\x7f" <= c <= "\x9f" for c in name), "a control character in a name")
        return name

    def layout(self):
        require(self.u8() == 1, "a record of a newer layout", "unsupported")

    def time(self):
        value = self.u64()
        require(value <= 253402300799, "a time out of range")
        return value

    def expiry(self):
        value = self.u64()
        require(value <= 253402300799 or value == NEVER, "a time out of range")
        return value

    def optional(self, read):
        return read() if self.boolean() else None

    def unless_zero(self, size):
        if not self.boolean():
            return bytes(size)
        value = self.raw(size)
        require(any(value), "zeros that stand for nothing")
        return value

    def list(self, read, most):
        count = self.u32()
        require(count <= most, "a list is too long")
        return [read() for _ in range(count)]

    def end(self):
        require(self.at == len(self.data), "bytes left over")


def u8(n):
    return n.to_bytes(1, "big")


def u16(n):
    return n.to_bytes(2, "big")


def u32(n):
    return n.to_bytes(4, "big")


def u64(n):
    return n.to_bytes(8, "big")


def string(value):
    value = value.encode() if isinstance(value, str) else value
    return u32(len(value)) + value


# ---- 3: cryptography --------------------------------------------------------------------------------------------------


def blake(personal, message, key=b"", salt=ZERO16, size=32):
    return hashlib.blake2b(message, digest_size=size, key=key, salt=salt, person=personal.encode().ljust(16, b"\0")).digest()


def unwrap(key, aad, wrapped):
    """3.2. None when it does not open."""
    if len(wrapped) < 72:
        return None
    nonce, sealed, commitment = wrapped[:24], wrapped[24:-32], wrapped[-32:]
    keys = blake("vlt1-wrap", nonce, key=key, size=64)
    expected = blake("vlt1-commit", nonce + len(aad).to_bytes(8, "little") + aad + sealed[-16:], key=keys[32:])
    if not hmac.compare_digest(commitment, expected):
        return None
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, aad, nonce, keys[:32])
    except CryptoError:
        return None


def signed_by(tag, vault, message, public_key, signature):
    text = tag.encode().ljust(16, b"\0") + u16(SUITE) + vault + blake("vlt1-sig", message, size=64)
    try:
        return sodium.crypto_sign_open(signature + text, public_key) == text
    except CryptoError:
        return False


class Identity:
    """3.3: the keys that follow from a seed."""

    def __init__(self, seed, vault):
        self.vault = vault
        self.signing, _ = sodium.crypto_sign_seed_keypair(blake("vlt1-ed", b"", key=seed, salt=vault))
        self.secret = blake("vlt1-x", b"", key=seed, salt=vault)
        self.sealing = sodium.crypto_scalarmult_base(self.secret)

    def open_grant(self, kind, team, generation, grant):
        """3.4. None when it does not open."""
        ephemeral, wrapped = grant[:32], grant[32:]
        try:
            shared = sodium.crypto_scalarmult(self.secret, ephemeral)
        except (CryptoError, RuntimeError):  # all zero
            return None
        context = u8(kind) + team + u64(generation)
        key = blake("vlt1-grant", ephemeral + self.sealing + context, key=shared, salt=self.vault)
        return unwrap(key, string("grant") + u16(SUITE) + self.vault + context, wrapped)


def library(*names):
    for name in names:
        try:
            return ctypes.CDLL(name, mode=os.RTLD_NOW | os.RTLD_LOCAL | os.RTLD_DEEPBIND)
        except OSError:
            continue
    raise VaultError("unsupported", f"no {names[0]} here")


def argon2id(passphrase, salt, memory_kib, passes, lanes):
    argon2 = library("libargon2.so.1", "libargon2.so.0")
    out = ctypes.create_string_buffer(32)
    u, s = ctypes.c_uint32, ctypes.c_size_t
    code = argon2.argon2id_hash_raw(u(passes), u(memory_kib), u(lanes), passphrase, s(len(passphrase)), salt, s(len(salt)), out, s(32))
    require(code == 0, f"Argon2id: error {code}", "limit")
    return out.raw


# ---- 9: factors -------------------------------------------------------------------------------------------------------

PASSPHRASE, KEY_FILE, RECOVERY_CODE, CREDENTIAL = 1, 2, 3, 4


@dataclass
class Passphrase:
    bytes: bytes
    floor: tuple = (19456, 2)  # KiB, passes
    fits = (PASSPHRASE,)

    def output(self, parameters):
        memory, passes, lanes, salt = argon2_parameters(parameters)
        require(memory >= self.floor[0] and passes >= self.floor[1], "Argon2id's costs are too low", "denied")
        return argon2id(self.bytes, salt, memory, passes, lanes)


@dataclass
class KeyFile:
    bytes: bytes
    fits = (KEY_FILE,)

    @classmethod
    def read(cls, path):
        require_private(path)
        return cls.parse(Path(path).read_bytes())

    @classmethod
    def parse(cls, line):
        parts = line.removesuffix(b"\n").split(b" ")
        require(len(parts) == 3 and parts[0] == b"vault-keyfile-1" and len(parts[1]) == 44, "not a key file", "usage")
        try:
            key = base64.b64decode(parts[1], validate=True)
        except ValueError:
            raise VaultError("usage", "a key file with damaged base64") from None
        require(len(key) == 32 and base64.b64encode(key) == parts[1], "a key file with damaged base64", "usage")
        require(parts[2] == b"%08x" % zlib.crc32(key), "a key file with a wrong checksum", "usage")
        return cls(key)

    def output(self, _parameters):
        return self.bytes


class Credential(KeyFile):
    """The same content, from systemd."""

    fits = (KEY_FILE, CREDENTIAL)


CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"


@dataclass
class RecoveryCode:
    bytes: bytes
    fits = (RECOVERY_CODE,)

    @classmethod
    def read(cls, text):
        folded = text.upper().translate(str.maketrans("ILO", "110", "- "))
        require(text.isascii() and len(folded) == 33 and all(c in CROCKFORD for c in folded), "not a recovery code", "usage")
        values = [CROCKFORD.index(c) for c in folded]
        number = sum(value << 5 * (31 - place) for place, value in enumerate(values[:32]))
        require(max(values[:32]) < 32 and number % 37 == values[32], "a recovery code with a mistake", "usage")
        return cls(number.to_bytes(20, "big"))

    def output(self, _parameters):
        return blake("vlt1-recovery", self.bytes)


def argon2_parameters(parameters):
    d = Decoder(parameters)
    memory, passes, lanes, salt = d.u32(), d.u32(), d.u32(), d.raw(16)
    d.end()
    require(1 <= passes <= 32 and 1 <= lanes <= 16 and 8 * lanes <= memory <= 4194304, "Argon2id's costs are out of range")
    return memory, passes, lanes, salt


# ---- 4: the header ----------------------------------------------------------------------------------------------------


@dataclass
class Slot:
    id: bytes
    identity: bytes
    counter: int
    created: int
    name: str
    factors: list  # (type, parameters)
    wrapped: bytes
    signature: bytes
    header: bytes  # its bytes before `wrapped`


@dataclass
class RosterRow:
    identity: bytes
    signing: bytes
    sealing: bytes
    role: int
    since: int
    closed: bool
    to: int
    to_hash: bytes
    bytes: bytes  # encoded


@dataclass
class Header:
    bytes: bytes = b""
    body: bytes = b""
    author: bytes = b""
    signature: bytes = b""
    slots: list = field(default_factory=list)
    sequence: int = 0
    mac: bytes = b""
    # of the body
    vault: bytes = b""
    epoch: int = 0
    store_name: str = ""
    body_sequence: int = 0
    head_sequence: int = 0
    head_hash: bytes = b""
    roster: list = field(default_factory=list)
    list_sequence: int = 0
    admin_signature: bytes = b""
    vault_key_grants: dict = field(default_factory=dict)
    admin_grants: dict = field(default_factory=dict)
    audit_key_number: int = 0
    audit_key: bytes = b""
    successions: list = field(default_factory=list)

    def was_admin(self, key, sequence):
        return any(r.role == 3 and r.signing == key and r.since <= sequence and (not r.closed or sequence <= r.to) for r in self.roster)


def decode_factor(d):
    kind, parameters = d.u8(), d.string(4096)
    require(kind > 0, "a factor of number 0")
    if kind == PASSPHRASE:
        argon2_parameters(parameters)
    elif kind <= CREDENTIAL:
        require(parameters == b"", "parameters where none belong")
    return kind, parameters


def decode_slot(data):
    d = Decoder(data)
    values = d.id(), d.id(), d.u64(), d.time(), d.name(), d.list(lambda: decode_factor(d), 8)
    header = data[: d.at]
    slot = Slot(*values, d.raw(232), d.raw(64), header)
    d.end()
    require(slot.factors, "a slot without factors")
    require(sum(kind == PASSPHRASE for kind, _ in slot.factors) <= 1, "a slot with two passphrases")
    return slot


def decode_roster_row(d):
    start = d.at
    row = RosterRow(d.id(), d.raw(32), d.raw(32), d.one_of(1, 2, 3), d.u64(), d.boolean(), d.u64(), d.digest(), b"")
    row.bytes = d.data[start : d.at]
    require(row.closed or (row.to == 0 and row.to_hash == ZERO32), "an open roster row that ends")
    return row


def decode_grants(d, size):
    grants = {}
    for identity, grant in d.list(lambda: (d.id(), d.raw(size)), 512):
        require(identity not in grants, "two grants for one identity")
        grants[identity] = grant
    return grants


def decode_body(h, body):
    d = Decoder(body)
    h.vault = d.id()
    require(d.u16() == SUITE, "the suite is unknown", "unsupported")
    h.epoch, h.store_name = d.u64(), d.name()
    require(h.store_name == f"store-{h.epoch}.db", "the store has another name")
    h.body_sequence, h.head_sequence, h.head_hash = d.u64(), d.u64(), d.digest()
    require((h.head_sequence == 0) == (h.head_hash == ZERO32), "the hash of no head")
    h.roster = d.list(lambda: decode_roster_row(d), 512)
    open_rows = [row.identity for row in h.roster if not row.closed]
    require(len(open_rows) == len(set(open_rows)), "two open keys of one identity")
    h.list_sequence, h.admin_signature = d.u64(), d.raw(64)
    h.vault_key_grants = decode_grants(d, 136)
    h.admin_grants = decode_grants(d, 272)
    h.audit_key_number, h.audit_key = d.u64(), d.raw(32)
    h.successions = d.list(lambda: (d.raw(32), d.raw(32), d.raw(64)), 64)
    d.end()


def decode_header(data):
    require(32 <= len(data) <= 262144, "the header's size")
    require(blake("vlt1-sum", data[:-32]) == data[-32:], "the header's checksum")
    d = Decoder(data[:-32])
    require(d.raw(8) == b"vaulthdr", "the header's magic")
    require(d.u32() == 1, "the format is newer", "unsupported")
    h = Header(data)
    h.body = d.string(262144)
    decode_body(h, h.body)
    h.author, h.signature = d.raw(32), d.raw(64)
    h.slots = [decode_slot(slot) for slot in d.list(lambda: d.string(262144), 128)]
    require(len({slot.id for slot in h.slots}) == len(h.slots), "two slots of one id")
    h.sequence, h.mac = d.u64(), d.digest()
    require(h.sequence < 2**63, "the header's sequence")
    d.end()
    return h


def read_header(directory):
    require_private(directory)
    wrong = VaultError("no_vault", f"no vault at {directory}")
    for name in ("header", "header.2"):
        try:
            return decode_header((Path(directory) / name).read_bytes())
        except FileNotFoundError:
            continue
        except VaultError as error:
            if error.code != "corrupt" and wrong.code == "no_vault":
                raise
            wrong = error if wrong.code == "no_vault" else wrong
    raise wrong


# ---- 4.4: opening -----------------------------------------------------------------------------------------------------


def open_slot(vault, slot, factors):
    """The payload (seed, pinned root), or None."""
    choices = [[f for f in factors if kind in f.fits] for kind, _ in slot.factors]
    for chosen in itertools.product(*choices):
        key, message = ZERO32, b""
        for (kind, parameters), factor in zip(slot.factors, chosen, strict=True):
            if kind == PASSPHRASE:
                key = factor.output(parameters)
            else:
                message += factor.output(parameters)
        kek = blake("vlt1-kek", message + blake("vlt1-slot", slot.header), key=key, salt=slot.id)
        payload = unwrap(kek, string("slot") + u16(SUITE) + vault + string(slot.header), slot.wrapped)
        if payload is not None:
            require(payload[64:] == bytes(96), "a slot of a newer version", "unsupported")
            return payload[:32], payload[32:64]
    return None


def current_root(h, root):
    for old, new, signature in h.successions:
        if old == root:
            require(signed_by("vlt1-sign-succ", h.vault, old + new, old, signature), "a succession's signature")
            root = new
    return root


def verify_header(h, identity_id, identity, pinned_root):
    root = current_root(h, pinned_root)
    admins = [row.bytes for row in h.roster if row.role == 3]
    admin_list = u64(h.list_sequence) + u32(len(admins)) + b"".join(admins)
    require(signed_by("vlt1-sign-admin", h.vault, admin_list, root, h.admin_signature), "the admin list's signature")
    require(any(r.role == 3 and not r.closed and r.signing == h.author for r in h.roster), "the header's author is no admin")
    require(signed_by("vlt1-sign-body", h.vault, h.body, h.author, h.signature), "the body's signature")
    own = [r for r in h.roster if r.identity == identity_id and not r.closed]
    require(own and (own[0].signing, own[0].sealing) == (identity.signing, identity.sealing), "the identity is not in the roster")
    for slot in h.slots:
        if slot.identity == identity_id:
            signed = slot.header + slot.wrapped
            require(signed_by("vlt1-sign-slot", h.vault, signed, identity.signing, slot.signature), "a slot's signature")


def open_header(h, factors):
    """All of 4.4 after the first step: the slot, its payload (seed, pinned root), VK."""
    opened, refused = None, VaultError("wrong_key", "no slot opens")
    for slot in sorted(h.slots, key=lambda slot: any(kind == PASSPHRASE for kind, _ in slot.factors)):
        try:
            opened = open_slot(h.vault, slot, factors)
        except VaultError as error:  # hides no other slot
            refused = error if refused.code == "wrong_key" else refused
        if opened:
            break
    if not opened:
        raise refused
    seed, pinned_root = opened
    identity = Identity(seed, h.vault)
    verify_header(h, slot.identity, identity, pinned_root)
    grant = h.vault_key_grants.get(slot.identity)
    vk = grant and identity.open_grant(1, ZERO16, h.epoch, grant)
    require(vk, "the vault key's grant")
    mac_key = blake("vlt1-hmac", b"", key=vk, salt=h.vault)
    mac = blake("vlt1-hdr", h.bytes[:-64], key=mac_key, salt=h.vault)
    require(hmac.compare_digest(mac, h.mac), "the header's MAC")
    return slot, opened, vk


# ---- 5: the store -----------------------------------------------------------------------------------------------------


def refuse_strange_journal(path):
    """A journal is not authenticated, and SQLite does as it says."""
    if not path.exists():
        return
    journal, magic = path.read_bytes(), bytes.fromhex("d9d505f920a163d7")
    require(path.is_file() and not path.is_symlink(), "the journal is no file")
    require(not journal.startswith(magic) or journal[24:28] == u32(4096), "a journal of other pages")
    require(not journal.endswith(magic) or len(journal) <= 512, "a journal that names another")


class Store:
    """libsqlcipher through ctypes."""

    def __init__(self, path, key, salt):
        require(path.exists(), f"{path.name} is missing")
        require(not path.read_bytes()[:16].startswith(b"SQLite format 3"), "the store is not encrypted")
        refuse_strange_journal(path.with_name(path.name + "-journal"))
        self.sql = library("libsqlcipher.so.1", "libsqlcipher.so.0")
        self.sql.sqlite3_column_blob.restype = ctypes.c_void_p
        self.sql.sqlite3_column_int64.restype = ctypes.c_int64
        self.db = ctypes.c_void_p()
        code = self.sql.sqlite3_open_v2(os.fsencode(path), ctypes.byref(self.db), 2, None)  # 2: read and write, for a journal
        require(code == 0, "the store cannot be opened")
        text = b"x'" + (key + salt).hex().encode() + b"'"
        require(self.sql.sqlite3_key(self.db, text, len(text)) == 0, "the store's key")
        self.rows("PRAGMA cipher_compatibility = 3")
        self.rows("PRAGMA cipher_page_size = 4096")
        require(self.rows("PRAGMA cipher_version"), "the library does not encrypt", "unsupported")
        self.rows("BEGIN")  # one view of everything
        [(version,)] = self.rows("PRAGMA user_version")
        require(version >= 1, "the store has no tables")
        require(version == 1, "the store's format is newer", "unsupported")

    def rows(self, query, *numbers):
        statement = ctypes.c_void_p()
        require(self.sql.sqlite3_prepare_v2(self.db, query.encode(), -1, ctypes.byref(statement), None) == 0, f"the store: {query}")
        try:
            for place, number in enumerate(numbers, 1):
                self.sql.sqlite3_bind_int64(statement, place, ctypes.c_int64(number))
            out = []
            while (code := self.sql.sqlite3_step(statement)) == 100:
                out.append(tuple(self.column(statement, i) for i in range(self.sql.sqlite3_column_count(statement))))
            require(code == 101, f"the store: {query}")
            return out
        finally:
            self.sql.sqlite3_finalize(statement)

    def column(self, statement, i):
        if self.sql.sqlite3_column_type(statement, i) == 1:
            return self.sql.sqlite3_column_int64(statement, i)
        data = self.sql.sqlite3_column_blob(statement, i)
        return ctypes.string_at(data, self.sql.sqlite3_column_bytes(statement, i)) if data else b""

    def one(self, query, number):
        rows = self.rows(query, number)
        return rows[0] if rows else None

    def close(self):
        self.sql.sqlite3_close_v2(self.db)


def row_of(id16):
    return int.from_bytes(id16[:8], "big", signed=True)


# ---- 6: records -------------------------------------------------------------------------------------------------------

ENTRY, ISSUER, ACCOUNT, TEAM, IDENTITY, POLICY, MINT, FINGERPRINT = range(1, 9)
ACTIVE, RETIRING, REVOKED = 1, 2, 3


@dataclass
class VersionEntry:
    id: bytes
    state: int
    retiring_until: int
    destroyed: bool
    verify_only: bool
    expires_at: int
    digest: bytes

    def state_at(self, now):
        if self.destroyed:
            return "destroyed"
        if self.state == REVOKED:
            return "revoked"
        if self.state == RETIRING and now >= self.retiring_until:
            return "retired"
        if now >= self.expires_at:
            return "expired"
        return "retiring" if self.state == RETIRING else "active"


@dataclass
class Entry:
    id: bytes
    label: str
    parent: bytes
    issuer: str
    account: str
    team: bytes
    created: int
    changed: int
    note: str
    attributes: dict
    former_labels: list
    active: bytes
    versions: list


@dataclass
class Field:
    name: str
    secret: bool
    generation: int
    digest: bytes


@dataclass
class Version:
    id: bytes
    entry: bytes
    scopes: list
    issued_at: int
    stored_at: int
    period: str
    key_name: str
    minted_by: str
    minted_with: str
    replaces: bytes
    hint: str
    fingerprint: bytes
    verifier: bytes
    fields: list


@dataclass
class Record:
    """Any record but an entry: what all have, and `more` by kind."""

    id: bytes
    name: str
    parent: bytes
    created: int
    more: dict


def decode_version_entry(d):
    out = VersionEntry(d.id(), d.one_of(1, 2, 3), d.time(), False, False, 0, b"")
    flags = d.one_of(0, 1, 2, 3)
    out.destroyed, out.verify_only = bool(flags & 1), bool(flags & 2)
    out.expires_at, out.digest = d.expiry(), d.digest()
    require(out.state == RETIRING or out.retiring_until == 0, "a version that is not retiring, with a time")
    return out


def decode_entry(data):
    d = Decoder(data)
    d.layout()
    d.one_of(ENTRY)
    values = [d.id(), d.name(255), d.unless_zero(32), d.name(), d.name(), d.id(), d.time(), d.time(), d.text(16384)]
    pairs = d.list(lambda: (d.name(), d.text(1024)), 64)
    keys = [key.encode() for key, _ in pairs]
    require(keys == sorted(set(keys)), "attributes out of order")
    former = d.list(lambda: d.name(255), 64)
    entry = Entry(*values, dict(pairs), former, d.id(), d.list(lambda: decode_version_entry(d), 1000))
    d.end()
    require(entry.label and all(former), "an empty label")
    require(len(set(former)) == len(former) and entry.label not in former, "a former label said twice")
    ids = [listed.id for listed in entry.versions]
    require(len(ids) == len(set(ids)), "a version listed twice")
    require(entry.active == ZERO16 or entry.active in ids, "the active version is not listed")
    return entry


def decode_version(data):
    d = Decoder(data)
    d.layout()
    values = [d.id(), d.id(), d.list(lambda: d.name(128), 256), d.time(), d.time()]
    values += [d.name(), d.name(), d.name(), d.name(), d.unless_zero(16), d.name(), d.optional(d.digest), d.optional(d.digest)]
    version = Version(*values, d.list(lambda: Field(d.name(), d.boolean(), d.u64(), d.digest()), 64))
    d.end()
    scopes = [scope.encode() for scope in version.scopes]
    require(scopes == sorted(set(scopes)) and b"" not in scopes, "scopes out of order")
    require(len({f.name for f in version.fields}) == len(version.fields), "two fields of one name")
    require(all(f.secret == (f.generation > 0) for f in version.fields), "a field's generation")
    return version


def decode_record(kind, data):
    d = Decoder(data)
    d.layout()
    d.one_of(kind)
    record = Record(d.id(), d.name(), d.unless_zero(32), d.time(), {})
    if kind == ISSUER:
        record.more = {"profile": d.text(65536)}
    elif kind == ACCOUNT:
        record.more = {"issuer": d.name(), "primary_user": d.name(), "note": d.text(16384)}
    elif kind == TEAM:
        record.more = {"generation": d.u64(), "grants": d.list(lambda: (d.id(), d.u64(), d.raw(136)), 8192)}
    elif kind == IDENTITY:
        record.more = {"note": d.text(16384)}
    elif kind == POLICY:
        record.more = {"value": d.name()}
    d.end()
    return record


def decode_values(data):
    d = Decoder(data)
    values = d.list(lambda: d.string(65664), 64)
    d.end()
    return values


def check_field(vault, f, stored):
    message = string(f.name) + u8(f.secret) + u64(f.generation) + string(stored)
    require(blake("vlt1-field", message, salt=vault) == f.digest, "a field is not the one that its version names")


def field_aad(vault, entry, version, f, team):
    return string("field") + u16(SUITE) + vault + entry + version + string(f.name) + u8(1) + team + u64(f.generation)


# ---- 7: the hash tree -------------------------------------------------------------------------------------------------

LIVE, HIDDEN, TOMBSTONE, ALIAS = 1, 2, 3, 4


@dataclass
class Item:
    key: bytes
    id: bytes
    status: int
    value: bytes


def decode_item(d):
    return Item(d.digest(), d.raw(16), d.one_of(1, 2, 3, 4), d.digest())


def encode_item(item):
    return item.key + item.id + u8(item.status) + item.value


def path_of(key):
    return int.from_bytes(key[:3], "big") >> 6


def node_row(kind, level, index):
    return kind << 32 | level << 24 | index


def bucket_row(kind, path):
    return kind << 32 | path


def decode_node(data):
    d = Decoder(data)
    bitmap = d.u64()
    require(bitmap, "a node without children")
    children = {c: d.digest() for c in range(64) if bitmap >> c & 1}
    d.end()
    require(ZERO32 not in children.values(), "an empty child in a node")
    return children


def decode_bucket(data, path):
    d = Decoder(data)
    items = []
    while d.at < len(data):
        items.append(decode_item(d))
    places = [(item.key, item.id) for item in items]
    require(items and places == sorted(set(places)), "a bucket out of order")
    require(all(path_of(item.key) == path for item in items), "an item in another's bucket")
    current = [item.key for item in items if item.status in (LIVE, HIDDEN)]
    require(len(current) == len(set(current)), "two current items of one key")
    return items


def build_tree(vault, items_of):
    """All of the tree from its items alone: {kind: {(key, id): item}} gives node rows, bucket rows, subtrees."""
    nodes, buckets, subtrees = {}, {}, {}
    for kind, items in items_of.items():
        by_path = {}
        for place in sorted(items):
            by_path.setdefault(path_of(place[0]), []).append(items[place])
        below = {}
        for path, there in by_path.items():
            buckets[bucket_row(kind, path)] = data = b"".join(encode_item(item) for item in there)
            below[path] = blake("vlt1-bucket", data, salt=vault)
        for level in (2, 1, 0):
            children = {}
            for index, digest in below.items():
                children.setdefault(index >> 6, {})[index & 63] = digest
            below = {}
            for index, digests in children.items():
                data = u64(sum(1 << c for c in digests)) + b"".join(digests[c] for c in sorted(digests))
                nodes[node_row(kind, level, index)] = data
                below[index] = blake("vlt1-node", data, salt=vault)
        if below:
            subtrees[kind] = (below[0], sum(item.status == LIVE for item in items.values()))
    return nodes, buckets, subtrees


CHANGE, ROLLBACK, EPOCH, CLONE = 1, 2, 3, 4

# ---- 8: commits -------------------------------------------------------------------------------------------------------


@dataclass
class Commit:
    vault: bytes
    epoch: int
    sequence: int
    previous: bytes
    rollbacks: int
    time: int
    author: bytes
    kind: int
    operation: str
    header_sequence: int
    body_sequence: int
    body_hash: bytes
    subtrees: dict
    delta_hash: bytes = b""
    delta_count: int = 0
    audit: tuple = ()
    payload: bytes = b""
    hash: bytes = b""


def decode_subtrees(d):
    rows = d.list(lambda: (d.u8(), d.digest(), d.u64()), 64)
    kinds = [kind for kind, _, _ in rows]
    require(kinds == sorted(set(kinds)) and 0 not in kinds and all(root != ZERO32 for _, root, _ in rows), "subtrees out of order")
    return {kind: (root, live) for kind, root, live in rows}


def decode_commit(data, vault):
    d = Decoder(data)
    layout, suite = d.u8(), d.u16()
    require(layout == 1 and suite == SUITE, "the layout or the suite is unknown", "unsupported")
    values = [d.id(), d.u64(), d.u64(), d.digest(), d.u64(), d.time(), d.raw(32), d.u8(), d.name(), d.u64(), d.u64(), d.digest()]
    commit = Commit(*values, decode_subtrees(d))
    commit.delta_hash, commit.delta_count = d.digest(), d.u32()
    commit.audit, commit.payload = (d.raw(16), d.u64(), d.raw(32)), d.string(256)
    d.end()
    require(1 <= commit.sequence < 2**43, "a commit's sequence")
    require(commit.kind > 0, "a commit's kind")
    require(commit.kind <= CLONE and all(kind <= FINGERPRINT for kind in commit.subtrees), "a commit of a newer version", "unsupported")
    check_payload(commit)
    require(commit.vault == vault, "a commit of another vault")
    commit.hash = blake("vlt1-cmt", data, salt=vault)
    return commit


def check_payload(commit):
    d = Decoder(commit.payload)
    first = commit.sequence == 1
    if commit.kind == ROLLBACK:
        sequence, _, _, rollbacks = d.u64(), d.digest(), d.u64(), d.u64()
        require(not first and commit.rollbacks > rollbacks and sequence > 0, "a rollback's payload")
    elif commit.kind == EPOCH:
        require(not first and d.u64() == commit.epoch and d.name() == f"store-{commit.epoch}.db", "an epoch's payload")
    elif commit.kind == CLONE:
        require(first and (d.id(), d.digest()), "a clone that is not the first commit")
    d.end()


def decode_delta(data):
    d = Decoder(data)
    changes = []
    while d.at < len(data):
        changes.append((d.one_of(*range(1, 9)), d.boolean(), decode_item(d)))
    return changes


# ---- 10: a vault ------------------------------------------------------------------------------------------------------


class Vault:
    def __init__(self, directory, *factors, state=None):
        """`state`: where marks are kept (section 11), if anywhere."""
        h = self.header = read_header(directory)
        self.vault = h.vault
        self.slot, (self.seed, pinned_root), self.vk = open_header(h, factors)
        self.identity_id, self.identity = self.slot.identity, Identity(self.seed, h.vault)
        self.root = current_root(h, pinned_root)
        path = state and Path(state) / h.vault.hex() / self.identity_id.hex()
        mark = read_mark(path.read_bytes(), h, self.identity_id, self.seed, pinned_root, False) if path and path.exists() else None
        try:
            self.store = Store(Path(directory) / h.store_name, self.sub(self.vk, "vlt1-db"), self.sub(self.vk, "vlt1-dbsalt")[:16])
        except VaultError:
            older = mark is not None and header_is_older(mark, h, self.identity_id, self.root)
            require(not older, "the header is older than the mark", age_code(mark, h) if older else None)
            raise
        self.head = self.check_head(mark)
        self.team_keys = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.store.close()

    def sub(self, key, personal):
        return blake(personal, b"", key=key, salt=self.vault)

    def hash(self, personal, message):
        return blake(personal, message, salt=self.vault)

    # -- the head

    def check_signed(self, sequence, data, signature):
        commit = decode_commit(data, self.vault)
        require(commit.sequence == sequence, "a commit in another's row")
        require(self.header.was_admin(commit.author, commit.sequence), "a commit not by an admin")
        require(len(signature) == 64 and signed_by("vlt1-sign-commit", self.vault, data, commit.author, signature), "a commit's signature")
        return commit

    def check_head(self, mark):
        h = self.header
        rows = self.store.rows("SELECT sequence, bytes, signature FROM commits ORDER BY sequence DESC LIMIT 1")
        require(rows, "no history")
        head = self.check_signed(*rows[0])
        require(head.epoch == h.epoch, "the head's epoch")
        if mark:
            self.check_fresh(mark, head)
        require(head.header_sequence <= h.sequence and head.body_sequence <= h.body_sequence, "the header is older than the head")
        body_hash = self.hash("vlt1-body", h.body)
        require(head.body_sequence < h.body_sequence or head.body_hash == body_hash, "the head names another body")
        if h.head_sequence > 0:
            require(head.sequence >= h.head_sequence, "the store is older than the header")
            self.check_in_history(h.head_sequence, h.head_hash)
        for row in h.roster:
            if row.closed and row.role == 3 and row.to > 0:
                self.check_in_history(row.to, row.to_hash)
        return head

    def check_fresh(self, mark, head):
        """Section 11: the history continues from the mark; an older header is right only after a rollback."""
        given_up, commit = None, head
        while (commit.sequence, commit.hash) != (mark["sequence"], mark["hash"]):
            if commit.kind == ROLLBACK:
                d = Decoder(commit.payload)
                sequence, digest, header_sequence, rollbacks = d.u64(), d.digest(), d.u64(), d.u64()
                same = (sequence, digest) == (mark["sequence"], mark["hash"])
                later = sequence > mark["sequence"] and rollbacks >= mark["rollbacks"] and commit.sequence - 1 < mark["sequence"]
                if same or later:
                    given_up = header_sequence
                    break
            far = commit.sequence <= mark["sequence"] and commit.rollbacks <= mark["rollbacks"]
            require(not far and commit.sequence > 1, "the history does not continue from the mark", "stale")
            row = self.store.one("SELECT bytes FROM commits WHERE sequence = ?1", commit.sequence - 1)
            require(row and self.hash("vlt1-cmt", row[0]) == commit.previous, "a gap in the history")
            commit = decode_commit(row[0], self.vault)
        older = header_is_older(mark, self.header, self.identity_id, self.root)
        forgiven = given_up is not None and given_up >= mark["header_sequence"]
        forgiven = forgiven and not admins_are_older(mark, self.header, self.root)
        require(not older or forgiven, "the header is older than the mark", age_code(mark, self.header))

    def check_in_history(self, sequence, expected):
        row = self.store.one("SELECT bytes FROM commits WHERE sequence = ?1", sequence)
        require(row and self.hash("vlt1-cmt", row[0]) == expected, f"the history misses commit {sequence}")

    # -- the tree

    def key_hash(self, kind, key):
        return self.hash("vlt1-path", u8(kind) + key)

    def row(self, table, personal, number, expected):
        row = self.store.one(f"SELECT bytes FROM {table} WHERE id = ?1", number)
        require(row and self.hash(personal, row[0]) == expected, f"a row of {table} is not the one that its parent names")
        return row[0]

    def find(self, kind, key):
        """All items of a key; an empty list is a proof."""
        digest, path = self.head.subtrees.get(kind, (ZERO32, 0))[0], path_of(key)
        for level in (0, 1, 2):
            if digest == ZERO32:
                return []
            node = decode_node(self.row("nodes", "vlt1-node", node_row(kind, level, path >> (18 - 6 * level)), digest))
            digest = node.get((path >> (12 - 6 * level)) & 63, ZERO32)
        if digest == ZERO32:
            return []
        bucket = decode_bucket(self.row("buckets", "vlt1-bucket", bucket_row(kind, path), digest), path)
        return [item for item in bucket if item.key == key]

    def current(self, kind, key):
        return next((item for item in self.find(kind, key) if item.status in (LIVE, HIDDEN)), None)

    def items(self, kind):
        """A complete walk."""
        if kind not in self.head.subtrees:
            return []
        root, live = self.head.subtrees[kind]
        below = {0: root}
        for level in (0, 1, 2):
            children = {}
            for index, digest in below.items():
                node = decode_node(self.row("nodes", "vlt1-node", node_row(kind, level, index), digest))
                children |= {64 * index + c: child for c, child in node.items()}
            below = children
        items = []
        for path, digest in below.items():
            items += decode_bucket(self.row("buckets", "vlt1-bucket", bucket_row(kind, path), digest), path)
        require(sum(item.status == LIVE for item in items) == live, "the count of live items")
        return items

    # -- records

    def record_bytes(self, item):
        row = self.store.one("SELECT bytes FROM records WHERE id = ?1", row_of(item.id))
        require(row and self.hash("vlt1-record", row[0]) == item.value, "a record is not the one that the tree names")
        return row[0]

    def record(self, kind, item):
        data = self.record_bytes(item)
        record = decode_entry(data) if kind == ENTRY else decode_record(kind, data)
        require(record.id == item.id and self.key_of(kind, record) == item.key, "a record in another's place")
        return record

    def key_of(self, kind, record):
        if kind == ENTRY:
            return self.key_hash(kind, string(record.label))
        if kind == ACCOUNT:
            return self.key_hash(kind, string(record.more["issuer"]) + string(record.name))
        if kind == IDENTITY:
            return self.key_hash(kind, record.id)
        return self.key_hash(kind, string(record.name))

    def records(self, kind):
        return [self.record(kind, item) for item in self.items(kind) if item.status != ALIAS]

    def entry(self, label):
        """The entry and its status."""
        items = self.find(ENTRY, self.key_hash(ENTRY, string(label)))
        require(items, f"no entry {label}", "not_found")
        items = [self.follow(item) if item.status == ALIAS else item for item in sorted(items, key=lambda item: item.status == ALIAS)]
        found = [(self.record(ENTRY, item), item.status) for item in items]
        current = [pair for pair in found if pair[1] in (LIVE, HIDDEN)]
        return current[0] if current else max(found, key=lambda pair: (pair[0].changed, pair[0].id))

    def follow(self, alias):
        target = next((item for item in self.find(ENTRY, alias.value) if item.id == alias.id), None)
        require(target and target.status != ALIAS, "an alias that leads nowhere")
        return target

    def version(self, entry, listed):
        row = self.store.one("SELECT version FROM versions WHERE id = ?1", row_of(listed.id))
        require(row and self.hash("vlt1-version", row[0]) == listed.digest, "a version is not the one that its entry names")
        version = decode_version(row[0])
        require(version.id == listed.id and version.entry == entry.id, "a version in another's place")
        return version

    # -- secrets

    def team_key(self, team, generation):
        if (team, generation) not in self.team_keys:
            row = self.store.one("SELECT bytes FROM records WHERE id = ?1", row_of(team))
            require(row, "a team is missing")
            item = self.current(TEAM, self.key_hash(TEAM, string(decode_record(TEAM, row[0]).name)))
            require(item and item.id == team, "a team is missing")
            record = self.record(TEAM, item)
            own = [grant for who, number, grant in record.more["grants"] if (who, number) == (self.identity_id, generation)]
            require(own, f"no key of team {record.name}", "denied")
            key = self.identity.open_grant(2, team, generation, own[0])
            require(key, "a team key's grant")
            self.team_keys[team, generation] = key
        return self.team_keys[team, generation]

    def fields(self, entry, listed, others_are_none=False):
        """Name and value of every field of a version; a destroyed secret is None."""
        version = self.version(entry, listed)
        row = self.store.one("SELECT fields FROM versions WHERE id = ?1", row_of(version.id))
        values = decode_values(row[0])
        require(len(values) == len(version.fields), "as many values as fields")
        opened = {}
        for f, stored in zip(version.fields, values, strict=True):
            try:
                opened[f.name] = self.open_field(entry, listed, f, stored)
            except VaultError as error:
                if error.code != "denied" or not others_are_none:
                    raise
                opened[f.name] = None  # of a team whose key we do not hold
        return opened

    def get(self, label):
        """The token of the active version, checked in the order of section 10."""
        entry, status = self.entry(label)
        require(status == LIVE, f"{label} is hidden or destroyed", "inactive")
        active = [listed for listed in entry.versions if listed.id == entry.active]
        require(active, f"{label} has no active version", "inactive")
        listed, version = active[0], self.version(entry, active[0])
        place = next((i for i, f in enumerate(version.fields) if f.secret), None)
        require(place is not None, f"{label} has no secret", "not_found")
        state = listed.state_at(int(time.time()))
        require(state in ("active", "retiring"), f"{label} is {state}", "expired" if state == "expired" else "inactive")
        row = self.store.one("SELECT fields FROM versions WHERE id = ?1", row_of(version.id))
        values = decode_values(row[0])
        require(len(values) == len(version.fields), "as many values as fields")
        return self.open_field(entry, listed, version.fields[place], values[place])

    def open_field(self, entry, listed, f, stored):
        if listed.destroyed and f.secret:
            require(stored == b"", "the value of a destroyed version")
            return None
        check_field(self.vault, f, stored)
        if not f.secret:
            return stored
        aad = field_aad(self.vault, entry.id, listed.id, f, entry.team)
        value = unwrap(self.team_key(entry.team, f.generation), aad, stored)
        require(value is not None, "a field does not open")
        return value

    def fingerprint(self, token):
        grants = self.header.admin_grants.get(self.identity_id)
        require(grants, "no fingerprint key", "denied")
        key = self.identity.open_grant(3, ZERO16, 1, grants[:136])
        require(key, "the fingerprint key's grant")
        return blake("vlt1-fpr", hashlib.sha256(token).digest(), key=key)

    def audit_secret(self):
        grants = self.header.admin_grants.get(self.identity_id)
        require(grants, "no audit secret", "denied")
        return self.identity.open_grant(4, ZERO16, self.header.audit_key_number, grants[136:])

    # -- everything

    def verify(self):
        """Section 10, the last paragraph. Gives what it counted."""
        items_of, delta_rows = self.replay()
        nodes, buckets, _ = build_tree(self.vault, items_of)
        for table, rows in (("nodes", nodes), ("buckets", buckets)):
            require(dict(self.store.rows(f"SELECT id, bytes FROM {table}")) == rows, f"{table} are not those of the history")
        counts = {"commits": self.head.sequence, "records": 0, "versions": 0, "fields": 0}
        pointers, expected = [], []
        for kind in self.head.subtrees:
            for item in self.items(kind):
                if kind == MINT:
                    require(self.find(ENTRY, item.value), "a pointer to no entry")
                    continue
                if kind == FINGERPRINT or item.status == ALIAS:
                    pointers.append((kind, item.key, item.id, item.status, item.value))
                    continue
                counts["records"] += 1
                record = self.record(kind, item)
                if kind == ENTRY:
                    expected += self.pointers_to(record, item.key)
                    require(item.status != TOMBSTONE or all(listed.destroyed for listed in record.versions), "half a tombstone")
                for listed in record.versions if kind == ENTRY else []:
                    counts["versions"] += 1
                    counts["fields"] += len(self.fields(record, listed, others_are_none=True))
        require(sorted(pointers) == sorted(expected), "aliases and fingerprints are not those that the entries make")
        for table, number in (("records", counts["records"]), ("versions", counts["versions"]), ("deltas", delta_rows)):
            require(self.store.rows(f"SELECT count(*) FROM {table}") == [(number,)], f"{table} has rows that nothing names")
        return counts

    def pointers_to(self, entry, key):
        """The aliases and fingerprints that lead to an entry, as (kind, key, id, status, value)."""
        for label in entry.former_labels:
            yield ENTRY, self.key_hash(ENTRY, string(label)), entry.id, ALIAS, key
        for listed in entry.versions:
            version = self.version(entry, listed)
            if version.fingerprint:
                yield FINGERPRINT, self.key_hash(FINGERPRINT, version.fingerprint), version.id, LIVE, key

    def replay(self):
        items_of, previous, delta_rows, rollbacks, epoch = {}, ZERO32, 0, 0, 1
        for place, row in enumerate(self.store.rows("SELECT sequence, bytes, signature FROM commits ORDER BY sequence"), 1):
            commit = self.check_signed(*row)
            require(commit.sequence == place and commit.previous == previous, "a gap in the history")
            previous = commit.hash
            if commit.kind == ROLLBACK:
                rollbacks = max(rollbacks, int.from_bytes(commit.payload[-8:], "big")) + 1
            epoch += commit.kind == EPOCH
            require((commit.rollbacks, commit.epoch) == (rollbacks, epoch), "rollbacks or epochs are counted wrong")
            chunks = self.store.rows("SELECT id, bytes FROM deltas WHERE id >> 20 = ?1 ORDER BY id", commit.sequence)
            require([i for i, _ in chunks] == [commit.sequence << 20 | n for n in range(len(chunks))], "a gap in a delta")
            require(all(len(data) == 3984 for _, data in chunks[:-1]), "a chunk of another size")
            require(not chunks or 0 < len(chunks[-1][1]) <= 3984, "a chunk of another size")
            delta_rows += len(chunks)
            delta = b"".join(data for _, data in chunks)
            changes = decode_delta(delta)
            require(len(changes) == commit.delta_count and self.hash("vlt1-delta", delta) == commit.delta_hash, "a delta's hash")
            for kind, remove, item in changes:
                items = items_of.setdefault(kind, {})
                if remove:
                    require(items.pop((item.key, item.id), None) == item, "something removed that was not there")
                else:
                    items[item.key, item.id] = item
            require(build_tree(self.vault, items_of)[2] == commit.subtrees, "a commit does not lead to the tree it signed")
        require(previous == self.head.hash, "the history does not end at the head")
        return items_of, delta_rows


def decode_mark(data, vault, seed):
    """Section 11. Gives the mark's fields by name; refuses one that this identity did not write for this vault."""
    mark = decode_mark_form(data, vault)
    key = blake("vlt1-hwmk", b"", key=seed, salt=vault)
    require(hmac.compare_digest(blake("vlt1-hwm", data[:-32], key=key, salt=vault), data[-32:]), "the mark's MAC", "stale")
    return mark


def decode_mark_form(data, vault):
    try:
        d = Decoder(data[:-32])
        require(d.raw(8) == b"vaultmrk" and d.u32() == 1, "not a mark")
        names = ["vault", "identity", "key", "root", "header_sequence", "body_sequence", "list_sequence", "counters"]
        reads = [d.id, d.id, lambda: d.raw(32), lambda: d.raw(32), d.u64, d.u64, d.u64, lambda: d.list(lambda: (d.id(), d.u64()), 1024)]
        names += ["sequence", "hash", "time", "rollbacks"]
        reads += [d.u64, d.digest, d.time, d.u64]
        mark = {name: read() for name, read in zip(names, reads, strict=True)}
        d.end()
        slots = [slot for slot, _ in mark["counters"]]
        require(mark["vault"] == vault and slots == sorted(set(slots)), "a mark of another vault, or out of order")
    except VaultError as error:
        raise VaultError("stale", str(error)) from None
    return mark


def read_mark(data, h, identity_id, seed, pinned_root, check_age=True):
    """The mark, or None where it counts as absent. `check_age`: the header must not be older."""
    if not data:
        return None
    mark = decode_mark_form(data, h.vault)
    require(mark["identity"] == identity_id, "the mark of another identity", "stale")
    if mark["key"] != Identity(seed, h.vault).signing:
        former = [row.signing for row in h.roster if row.identity == identity_id and row.closed]
        require(mark["key"] in former, "the mark of another key", "stale")
        return None
    decode_mark(data, h.vault, seed)
    older = check_age and header_is_older(mark, h, identity_id, current_root(h, pinned_root))
    require(not older, "the header is older than the mark", age_code(mark, h))
    return mark


def header_is_older(mark, h, identity_id, root):
    counters = dict(mark["counters"])
    if any(now < mark[f"{name}_sequence"] for now, name in ((h.sequence, "header"), (h.body_sequence, "body"))):
        return True
    if any(slot.identity == identity_id and slot.counter < counters.get(slot.id, 0) for slot in h.slots):
        return True
    return admins_are_older(mark, h, root)


def age_code(mark, h):
    """An older header is an old copy; one that is older in a part was put together by somebody."""
    return "stale" if h.sequence < mark["header_sequence"] else "corrupt"


def admins_are_older(mark, h, root):
    """What no rollback excuses."""
    if h.list_sequence < mark["list_sequence"]:
        return True
    try:
        return current_root(h, mark["root"]) != root
    except VaultError:
        return True


def main(arguments):
    """python reader.py DIR KEY-FILE: labels, states and sizes; no values."""
    with Vault(arguments[0], KeyFile.read(arguments[1])) as vault:
        for entry in sorted(vault.records(ENTRY), key=lambda entry: entry.label):
            for number, listed in enumerate(entry.versions, 1):
                sizes = {name: len(value) for name, value in vault.fields(entry, listed).items() if value is not None}
                print(entry.label, number, vault.version(entry, listed).scopes, sizes)
        print(vault.verify())


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except VaultError as error:
        sys.exit(str(error))
