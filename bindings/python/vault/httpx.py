"""Authentication for the library `httpx`.

    httpx.get("https://api.example.com/zones", auth=vault.httpx.BearerAuth("prod-dns"))
"""

from __future__ import annotations

import asyncio
import typing

from httpx import Auth, Request, Response

from ._bearer import Bearer

if typing.TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from datetime import timedelta

    from . import Vault


class BearerAuth(Auth):
    """As vault.requests.BearerAuth, with the header Authorization alone: of others httpx would tell the host of a redirect, too.

    An AsyncClient reads the vault in another thread.
    """

    def __init__(
        self,
        label: str,
        opened: Vault | None = None,
        *,
        field: str | None = None,
        min_ttl: timedelta | None = None,
        allow_http: bool = False,
        **place: typing.Any,
    ) -> None:
        self._bearer = Bearer(label, opened, place, field=field, min_ttl=min_ttl, allow_http=allow_http)

    def __repr__(self) -> str:
        return f"<vault.httpx.BearerAuth {self._bearer.label!r}>"

    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        self._bearer.check(request.url.scheme, request.url.host)
        request.headers[self._bearer.header] = self._bearer.value()
        yield request

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        self._bearer.check(request.url.scheme, request.url.host)
        request.headers[self._bearer.header] = await asyncio.to_thread(self._bearer.value)
        yield request
