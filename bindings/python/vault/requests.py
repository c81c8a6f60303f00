"""Authentication for the library `requests`.

    requests.get("https://api.example.com/zones", auth=vault.requests.BearerAuth("prod-dns"))
"""

from __future__ import annotations

import typing
from urllib.parse import urlsplit

from requests.auth import AuthBase

from ._bearer import Bearer

if typing.TYPE_CHECKING:
    from datetime import timedelta

    from requests import PreparedRequest

    from . import Vault


class BearerAuth(AuthBase):
    """Puts ``Authorization: Bearer <token>`` on each request, with the token that the vault has at that moment.

    opened: an open Vault; without one, vault.open(**place) is called for each request (some milliseconds with a key file).
    field, min_ttl: as Vault.get(). header, prefix: for providers that want another header. A request that is not https and not
    to this machine is refused with UsageError, unless allow_http is True. Errors of the vault are raised as they are.
    """

    def __init__(
        self,
        label: str,
        opened: Vault | None = None,
        *,
        field: str | None = None,
        min_ttl: timedelta | None = None,
        header: str = "Authorization",
        prefix: str = "Bearer ",
        allow_http: bool = False,
        **place: typing.Any,
    ) -> None:
        self._bearer = Bearer(
            label, opened, field=field, min_ttl=min_ttl, header=header, prefix=prefix, allow_http=allow_http, **place
        )

    def __repr__(self) -> str:
        return f"<vault.requests.BearerAuth {self._bearer.label!r}>"

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        url = urlsplit(r.url or "")
        self._bearer.check(str(url.scheme), str(url.hostname or ""))
        r.headers[self._bearer.header] = self._bearer.value()
        return r
