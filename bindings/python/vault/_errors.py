"""One exception for each outcome of the C interface; `code` and `name` are those of its table."""


class VaultError(Exception):
    """Something failed; the message names the operation, the label and the way out, never a secret.

    `code` is the C interface's number, the exit status of the `vault` program too; `name` is its name in the table.
    """

    code: int = 1
    name: str = "internal"

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else self.name  # KeyError would quote it


class InternalError(VaultError, RuntimeError):
    """A bug, or the system failed in a way that the message names."""

    code, name = 1, "internal"


class UsageError(VaultError, ValueError):
    """Bad arguments, malformed input, or a use after close()."""

    code, name = 2, "usage"


class NotFoundError(VaultError, KeyError):
    """No such label, version, field or slot; of a label it is proven."""

    code, name = 3, "not_found"


class LockedError(VaultError):
    """Nothing to unlock it with, or an object from before a fork."""

    code, name = 4, "locked"


class ExpiredError(VaultError):
    """The key has expired; allow_expired=True reads it all the same."""

    code, name = 5, "expired"


class ExpiringError(VaultError):
    """Less life is left than min_ttl asks for."""

    code, name = 6, "expiring"


class InactiveError(VaultError):
    """Revoked, retired, hidden or destroyed."""

    code, name = 7, "inactive"


class DeniedError(VaultError, PermissionError):
    """This identity may not; or files are open to others."""

    code, name = 8, "denied"


class BusyError(VaultError, TimeoutError):
    """Another process holds the vault past the wait."""

    code, name = 9, "busy"


class WrongKeyError(VaultError):
    """No slot opens with what was given."""

    code, name = 10, "wrong_key"


class CorruptError(VaultError):
    """Damaged or tampered with."""

    code, name = 11, "corrupt"


class AuditFailedError(VaultError):
    """The event could not be logged."""

    code, name = 12, "audit_failed"


class NoVaultError(VaultError, FileNotFoundError):
    """There is no vault at that place."""

    code, name = 13, "no_vault"


class ConflictError(VaultError):
    """It exists already, or has changed since it was read."""

    code, name = 14, "conflict"


class LimitError(VaultError):
    """A rule or a resource forbids it."""

    code, name = 15, "limit"


class UnsupportedError(VaultError):
    """A newer format, an unknown suite, or SQLCipher is missing."""

    code, name = 16, "unsupported"


class StaleError(VaultError):
    """Older than what this machine has seen."""

    code, name = 17, "stale"


class CancelledError(VaultError):
    """The person cancelled."""

    code, name = 18, "cancelled"


BY_CODE = {error.code: error for error in VaultError.__subclasses__()}
