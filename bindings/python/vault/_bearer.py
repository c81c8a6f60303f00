"""What the authentications of HTTP libraries share."""

from __future__ import annotations

import typing
from urllib.parse import urlsplit

import vault

if typing.TYPE_CHECKING:
    from datetime import timedelta


_PLACE = {"path", "passphrase", "key_file", "recovery_code", "credential", "slot", "wait", "accept_rollback"}


class Bearer:
    """Where a token is, and which header it goes into; read anew for every request, so that a rotation is picked up.

    opened: an open Vault; without one, vault.open() is called for each request, with `place` as its arguments.
    """

    def __init__(
        self,
        label: str,
        opened: vault.Vault | None,
        place: dict[str, typing.Any],
        *,
        field: str | None = None,
        min_ttl: timedelta | None = None,
        header: str = "Authorization",
        prefix: str = "Bearer ",
        allow_http: bool = False,
    ) -> None:
        if opened is not None and place:
            raise TypeError("an open vault, or how to open one: not both")
        if unknown := place.keys() - _PLACE:
            raise TypeError(f"vault.open() does not take {', '.join(sorted(unknown))}")
        if not isinstance(label, str):
            raise TypeError("the label comes first, then the vault")
        self.label, self.header = label, header
        self._vault, self._place = opened, place
        self._field, self._min_ttl, self._prefix, self._allow_http = field, min_ttl, prefix, allow_http

    def value(self) -> str:
        """The header's value, with the token. A str, as HTTP libraries want it: it cannot be wiped."""
        if self._vault is not None:
            return self._read(self._vault)
        with vault.open(**self._place) as opened:
            return self._read(opened)

    def check(self, scheme: str, host: str) -> None:
        """Refuses to send the token in the clear."""
        if scheme == "https" or self._allow_http:
            return
        raise vault.UsageError(
            f"authenticate with {self.label}: {scheme}://{host} is not encrypted; use https, or allow_http=True"
        )

    def __reduce__(self) -> typing.NoReturn:
        raise TypeError("what can open a vault is not pickled")

    def _read(self, opened: vault.Vault) -> str:
        with opened.get(self.label, field=self._field, min_ttl=self._min_ttl) as secret:
            token = secret.reveal()
        value = self._prefix + token
        if not value.isascii() or not value.isprintable() or value != value.strip():
            raise vault.UsageError(f"authenticate with {self.label}: its value does not fit into a header")
        return value


def is_same_origin(one: str, other: str) -> bool:
    """Whether two URLs lead to the same scheme, host and port."""
    places = []
    for url in (one, other):
        parts = urlsplit(url)
        places.append((parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)))
    return places[0] == places[1]
