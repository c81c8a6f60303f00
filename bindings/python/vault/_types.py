"""What is known of a vault's content. Times are datetimes in UTC; nothing here is secret."""

from __future__ import annotations

import typing
from typing import Literal, NamedTuple

if typing.TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

State = Literal["active", "retiring", "retired", "expired", "revoked", "hidden", "destroyed"]


class Field(NamedTuple):
    """A field of a version; its value is read with Vault.get(label, field=name)."""

    name: str
    size: int  # of the value, in bytes; from list(): 0, for it is not read there
    secret: bool


class Version(NamedTuple):
    """One issue of a key. Texts are empty where nothing was said."""

    number: int  # from 1, by age
    state: State
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime | None  # None: never
    stored_at: datetime
    period: str  # how often the provider wants it replaced: "90d"
    key_name: str
    minted_by: str
    minted_with: str
    hint: str
    fingerprint: str  # the first 16 hexadecimal digits
    fields: tuple[Field, ...]


class Entry(NamedTuple):
    """What is known under a label."""

    label: str
    issuer: str
    account: str
    team: str
    state: State
    note: str
    attributes: Mapping[str, str]
    former_labels: tuple[str, ...]  # that still lead to it
    created_at: datetime
    changed_at: datetime
    current: int  # number of the version that get() reads; 0: none
    versions: tuple[Version, ...]  # from list(): the current one only
    revision: str  # changes with every change of the entry: for edit()

    @property
    def current_version(self) -> Version | None:
        """The version that get() reads."""
        return next((version for version in self.versions if version.number == self.current), None)

    @property
    def expires_at(self) -> datetime | None:
        """When the current version ends; None: never, or there is none."""
        return self.current_version.expires_at if self.current_version else None

    @property
    def scopes(self) -> tuple[str, ...]:
        """What the current version may do."""
        return self.current_version.scopes if self.current_version else ()


class KdfParameters(NamedTuple):
    """Costs of Argon2id (RFC 9106 section 3.1)."""

    memory_kib: int
    passes: int = 3
    lanes: int = 1


class Slot(NamedTuple):
    """A way into the vault."""

    id: str
    name: str
    identity: str  # whose it is; empty from peek()
    role: Literal["metadata", "reader", "admin", "unknown"]
    factors: tuple[str, ...]  # all of them are needed: "passphrase", "key-file", "recovery-code", "systemd-credential"
    kdf: KdfParameters | None  # of its passphrase
    created_at: datetime
    counter: int  # raised at each change
    opened: bool  # the vault was opened with it
    last: bool  # its identity's last one: removing it removes the identity


class Team(NamedTuple):
    """Who shares a key that entries are sealed under."""

    id: str
    name: str
    created_at: datetime
    generation: int  # of its key
    entries: int
    members: tuple[str, ...]  # names of the identities that hold its key


class Touched(NamedTuple):
    """A record that a commit touched."""

    what: str  # "added", "changed", "hidden", "destroyed", "renamed"
    kind: str  # "entry", "team", "account", "identity", ...
    name: str  # today's; empty where it cannot be told


class Commit(NamedTuple):
    """One signed change."""

    sequence: int  # from 1
    time: datetime  # as its author's clock had it
    operation: str  # "add"
    identity: str  # its author
    hash: str
    kind: Literal["change", "rollback", "epoch", "clone", "unknown"]
    epoch: int
    gave_up: int | None  # of a rollback: the last commit of what was given up by it
    touched: tuple[Touched, ...]


class Status(NamedTuple):
    """The vault as a whole."""

    id: str
    epoch: int  # of its keys, from 1
    sequence: int  # of the newest commit
    head: str  # its hash
    changed_at: datetime
    entries: int  # neither hidden nor destroyed
    teams: int
    slots: int
    identity: str  # that opened it
    role: Literal["metadata", "reader", "admin", "unknown"]
    audit_policy: str
    sqlcipher_version: str
    suite: int
    rollback_guard: Literal["mark", "first-use", "none"]
    rollback_why: str  # why there is none
    rollbacks: int  # how often an older state was accepted
    header_from_copy: bool  # the header was missing or damaged, and its copy served
    memory_locked: bool  # all memory of secrets is locked against swapping
    network_file_system: str  # its name, where the vault lies on one


class VerifyReport(NamedTuple):
    """How much was checked."""

    commits: int
    records: int
    versions: int
    fields: int  # secret ones, opened
    fields_not_ours: int  # of teams whose key this identity does not hold


class RekeyReport(NamedTuple):
    """What got new keys."""

    epoch: int
    teams: int
    fields: int  # wrapped anew
