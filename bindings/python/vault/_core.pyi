import builtins
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from os import PathLike
from types import TracebackType
from typing import ClassVar, Literal, NoReturn, TypedDict, Union, final

from ._types import Commit, Entry, KdfParameters, RekeyReport, Slot, State, Status, Team, VerifyReport

_Path = Union[str, bytes, PathLike[str], PathLike[bytes]]
_Bytes = Union[bytes, bytearray, memoryview, Secret]
_Passphrase = Union[_Bytes, Callable[[], Union[_Bytes, None]]]
_Sort = Literal["label", "expires", "created", "team", "issuer"]

class _RequiredOfNewEntry(TypedDict):
    label: str
    secret: _Bytes

class _NewEntry(_RequiredOfNewEntry, total=False):
    issuer: str | None
    account: str | None
    team: str | None
    scopes: Iterable[str] | None
    expires: datetime | timedelta | None
    issued: datetime | None
    period: str | None
    note: str | None
    key_name: str | None
    minted_by: str | None
    minted_with: str | None
    attributes: Mapping[str, str] | None
    fields: Mapping[str, _Bytes] | None
    plain: Mapping[str, _Bytes | str] | None
    hint: bool
    fingerprint: bool
    allow_empty: bool
    replace_tombstone: bool

version: str

@final
class Secret:
    __hash__: ClassVar[None]  # type: ignore[assignment]
    @property
    def closed(self) -> bool: ...
    @property
    def field(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def expires_at(self) -> datetime | None: ...
    def reveal(self) -> str: ...
    def close(self) -> None: ...
    def __enter__(self) -> Secret: ...
    def __exit__(
        self, kind: type[BaseException] | None = ..., value: BaseException | None = ..., traceback: TracebackType | None = ..., /
    ) -> None: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...
    def __bytes__(self) -> bytes: ...
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __format__(self, spec: str, /) -> str: ...
    def __reduce_ex__(self, *args: object, **kwargs: object) -> NoReturn: ...
    def __reduce__(self, *args: object, **kwargs: object) -> NoReturn: ...
    def __copy__(self, *args: object, **kwargs: object) -> NoReturn: ...
    def __deepcopy__(self, *args: object, **kwargs: object) -> NoReturn: ...

@final
class Use:
    def __reduce_ex__(self, *args: object, **kwargs: object) -> NoReturn: ...
    def __enter__(self) -> memoryview: ...
    def __exit__(
        self, kind: type[BaseException] | None = ..., value: BaseException | None = ..., traceback: TracebackType | None = ..., /
    ) -> None: ...

@final
class Vault:
    @property
    def closed(self) -> bool: ...
    def close(self) -> None: ...
    def __enter__(self) -> Vault: ...
    def __exit__(
        self, kind: type[BaseException] | None = ..., value: BaseException | None = ..., traceback: TracebackType | None = ..., /
    ) -> None: ...
    def __bool__(self) -> Literal[True]: ...
    def __reduce_ex__(self, *args: object, **kwargs: object) -> NoReturn: ...
    def __reduce__(self, *args: object, **kwargs: object) -> NoReturn: ...
    def __copy__(self, *args: object, **kwargs: object) -> NoReturn: ...
    def __deepcopy__(self, *args: object, **kwargs: object) -> NoReturn: ...
    def __contains__(self, label: str | Entry, /) -> bool: ...
    def __iter__(self) -> Iterator[Entry]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, label: str, /) -> Secret: ...
    def get(
        self,
        label: str,
        *,
        field: str | None = None,
        version: int | None = None,
        min_ttl: timedelta | None = None,
        allow_expired: bool = False,
    ) -> Secret: ...
    def get_all(
        self,
        labels: Iterable[str],
        *,
        field: str | None = None,
        version: int | None = None,
        min_ttl: timedelta | None = None,
        allow_expired: bool = False,
    ) -> builtins.list[Secret]: ...
    def use(
        self,
        label: str,
        *,
        field: str | None = None,
        version: int | None = None,
        min_ttl: timedelta | None = None,
        allow_expired: bool = False,
    ) -> Use: ...
    def entry(self, label: str) -> Entry: ...
    def add(
        self,
        label: str,
        secret: _Bytes,
        *,
        issuer: str | None = None,
        account: str | None = None,
        team: str | None = None,
        scopes: Iterable[str] | None = None,
        expires: datetime | timedelta | None = None,
        issued: datetime | None = None,
        period: str | None = None,
        note: str | None = None,
        key_name: str | None = None,
        minted_by: str | None = None,
        minted_with: str | None = None,
        attributes: Mapping[str, str] | None = None,
        fields: Mapping[str, _Bytes] | None = None,
        plain: Mapping[str, _Bytes | str] | None = None,
        hint: bool = False,
        fingerprint: bool = True,
        allow_empty: bool = False,
        replace_tombstone: bool = False,
    ) -> None: ...
    def add_all(self, entries: Iterable[_NewEntry]) -> None: ...
    def edit(
        self,
        label: str,
        *,
        note: str | None = None,
        team: str | None = None,
        attributes: Mapping[str, str] | None = None,
        remove_attributes: Iterable[str] | None = None,
        revision: str | None = None,
    ) -> None: ...
    def move(self, label: str, to: str) -> None: ...
    def remove(self, label: str) -> None: ...
    def undelete(self, label: str) -> None: ...
    def destroy(self, label: str) -> None: ...
    def slots(self) -> builtins.list[Slot]: ...
    def slot_add(
        self,
        name: str,
        *,
        passphrase: _Bytes | None = None,
        key_file: _Path | None = None,
        recovery_code: bool = False,
        unlock_time: timedelta | None = None,
        kdf: KdfParameters | None = None,
        role: Literal["metadata", "reader"] | None = None,
        teams: Iterable[str] | None = None,
    ) -> Secret | None: ...
    def slot_change(
        self,
        slot: str | None = None,
        *,
        passphrase: _Bytes | None = None,
        key_file: _Path | None = None,
        recovery_code: bool = False,
        unlock_time: timedelta | None = None,
        kdf: KdfParameters | None = None,
    ) -> Secret | None: ...
    def slot_leaked(
        self,
        slot: str | None = None,
        *,
        passphrase: _Bytes | None = None,
        key_file: _Path | None = None,
        recovery_code: bool = False,
        unlock_time: timedelta | None = None,
        kdf: KdfParameters | None = None,
        kept_passphrase: _Bytes | None = None,
        kept_key_file: _Path | None = None,
        kept_recovery_code: _Bytes | None = None,
    ) -> Secret | None: ...
    def slot_remove(self, slot: str) -> None: ...
    def teams(self) -> builtins.list[Team]: ...
    def log(self, label: str | None = None, *, limit: int | None = None) -> builtins.list[Commit]: ...
    def status(self) -> Status: ...
    def verify(self) -> VerifyReport: ...
    def rekey(self) -> RekeyReport: ...
    def clone(
        self,
        path: _Path,
        *,
        name: str | None = None,
        passphrase: _Bytes | None = None,
        key_file: _Path | None = None,
        unlock_time: timedelta | None = None,
        kdf: KdfParameters | None = None,
    ) -> Vault: ...
    def list(
        self,
        *,
        prefix: str | None = None,
        team: str | None = None,
        issuer: str | None = None,
        account: str | None = None,
        scopes: Iterable[str] | None = None,
        attributes: Mapping[str, str] | None = None,
        state: State | None = None,
        expiring_within: timedelta | None = None,
        sort: _Sort = "label",
    ) -> builtins.list[Entry]: ...

def open(
    path: _Path | None = None,
    *,
    passphrase: _Passphrase | None = None,
    key_file: _Path | None = None,
    recovery_code: _Bytes | None = None,
    credential: _Path | None = None,
    slot: str | None = None,
    wait: timedelta | None = None,
    accept_rollback: bool = False,
) -> Vault: ...
def create(
    path: _Path | None = None,
    *,
    name: str | None = None,
    passphrase: _Bytes | None = None,
    key_file: _Path | None = None,
    unlock_time: timedelta | None = None,
    kdf: KdfParameters | None = None,
) -> Vault: ...
def peek(path: _Path | None = None) -> list[Slot]: ...
