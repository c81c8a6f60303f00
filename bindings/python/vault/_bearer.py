"""What the authentications of HTTP libraries share."""

from __future__ import annotations

import ipaddress
import typing

import vault

if typing.TYPE_CHECKING:
    from datetime import timedelta


class Bearer:
    """Where a token is, and which header it goes into; read anew for every request, so that a rotation is picked up.

    opened: an open Vault; without one, vault.open() is called for each request, with `place` as its arguments.
    """

    def __init__(
        self,
        label: str,
        opened: vault.Vault | None,
        *,
        field: str | None = None,
        min_ttl: timedelta | None = None,
        header: str = "Authorization",
        prefix: str = "Bearer ",
        allow_http: bool = False,
        **place: typing.Any,
    ) -> None:
        if opened is not None and place:
            raise TypeError("an open vault, or how to open one: not both")
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
        """Refuses to send the token in the clear over a network."""
        if scheme == "https" or self._allow_http or _is_local(host):
            return
        raise vault.UsageError(
            f"authenticate with {self.label}: {scheme}://{host} is not encrypted; use https, or allow_http=True"
        )

    def _read(self, opened: vault.Vault) -> str:
        with opened.get(self.label, field=self._field, min_ttl=self._min_ttl) as secret:
            token = secret.reveal()
        if not token.isascii() or not token.isprintable():
            raise vault.UsageError(f"authenticate with {self.label}: its value does not fit into a header")
        return self._prefix + token


def _is_local(host: str) -> bool:
    name = host.strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")
