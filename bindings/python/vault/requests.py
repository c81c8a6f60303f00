"""Authentication for the library `requests`.

    requests.get("https://api.example.com/zones", auth=vault.requests.BearerAuth("prod-dns"))
"""

from __future__ import annotations

import typing
from urllib.parse import urljoin, urlsplit

from requests.auth import AuthBase

from ._bearer import Bearer, is_same_origin

if typing.TYPE_CHECKING:
    from datetime import timedelta

    from requests import PreparedRequest, Response

    from . import Vault


class BearerAuth(AuthBase):
    """Puts ``Authorization: Bearer <token>`` on each request, with the token that the vault has at that moment.

    opened: an open Vault; without one, vault.open(**place) is called for each request (some milliseconds with a key file).
    field, min_ttl: as Vault.get(). header, prefix: for providers that want another header; a redirect to another origin does not get
    it. A request that is not https is refused with UsageError, unless allow_http is True. Errors of the vault are raised as they are.
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
            label, opened, place, field=field, min_ttl=min_ttl, header=header, prefix=prefix, allow_http=allow_http
        )

    def __repr__(self) -> str:
        return f"<vault.requests.BearerAuth {self._bearer.label!r}>"

    def __call__(self, r: PreparedRequest) -> PreparedRequest:
        url = urlsplit(r.url or "")
        self._bearer.check(str(url.scheme), str(url.hostname or ""))
        r.headers[self._bearer.header] = self._bearer.value()
        r.register_hook("response", self._forget_elsewhere)
        return r

    # `requests` itself takes Authorization away alone; what follows a redirect is made of this request.
    def _forget_elsewhere(self, response: Response, *_: object, **__: object) -> None:
        here = str(response.request.url)
        if response.is_redirect and not is_same_origin(here, urljoin(here, response.headers["location"])):
            response.request.headers.pop(self._bearer.header, None)
