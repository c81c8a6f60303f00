"""A credential vault for issued API keys: encrypted, local, embedded.

>>> with vault.open(key_file=key_file, path=path) as v:
...     with v.get("prod-dns") as secret:      # wiped at the end of `with`
...         header = "Bearer " + secret.reveal()
>>> header
'Bearer token-1'

Secrets are bytes in locked memory (`Secret`); what is known of a key comes as named tuples (`Entry`, `Version`, ...), with times as
aware datetimes in UTC. Every error is a `VaultError` with `.code` and `.name`, and also the builtin that a caller would expect: a
`NotFoundError` is a KeyError, a `DeniedError` a PermissionError. `import vault.aio` has the same for asyncio, `vault.requests`
and `vault.httpx` authenticate requests, and the pytest plugin has the fixture `temp_vault`.
"""

from ._core import Secret, Vault, create, open, peek
from ._core import version as __version__
from ._errors import (
    AuditFailedError,
    BusyError,
    CancelledError,
    ConflictError,
    CorruptError,
    DeniedError,
    ExpiredError,
    ExpiringError,
    InactiveError,
    InternalError,
    LimitError,
    LockedError,
    NotFoundError,
    NoVaultError,
    StaleError,
    UnsupportedError,
    UsageError,
    VaultError,
    WrongKeyError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._types import Commit, Entry, Field, KdfParameters, RekeyReport, Slot, State, Status, Team, Touched, VerifyReport, Version

__all__ = [
    "AuditFailedError",
    "BusyError",
    "CancelledError",
    "Commit",
    "ConflictError",
    "CorruptError",
    "DeniedError",
    "Entry",
    "ExpiredError",
    "ExpiringError",
    "Field",
    "InactiveError",
    "InternalError",
    "KdfParameters",
    "LimitError",
    "LockedError",
    "NoVaultError",
    "NotFoundError",
    "RekeyReport",
    "Secret",
    "Slot",
    "StaleError",
    "State",
    "Status",
    "Team",
    "Touched",
    "UnsupportedError",
    "UsageError",
    "Vault",
    "VaultError",
    "VerifyReport",
    "Version",
    "WrongKeyError",
    "__version__",
    "create",
    "open",
    "peek",
]


if not TYPE_CHECKING:  # a type checker would take any name then

    def __getattr__(name):
        # The named tuples need `typing`, which takes longer to import than all the rest: not before somebody asks for one.
        if name in __all__:
            from . import _types

            globals()[name] = value = getattr(_types, name)
            return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__():
        return __all__
