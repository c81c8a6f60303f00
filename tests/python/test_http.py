"""Authentication of HTTP requests, against a server of the test's own on this machine."""

import asyncio
import http.server
import pickle
import threading

import httpx
import pytest
import requests

import vault
import vault.httpx
import vault.requests


@pytest.fixture
def server():
    """A server that remembers the Authorization headers it got."""
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append((self.headers["Authorization"], self.headers["X-Token"]))
            self.send_response(302 if self.path.startswith("/to/") else 200)
            if self.path.startswith("/to/"):
                self.send_header("Location", self.path.removeprefix("/to/"))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        server.seen = seen
        server.other = f"http://localhost:{server.server_port}/"  # the same server, but another origin
        server.url = f"http://127.0.0.1:{server.server_port}/"
        yield server
        server.shutdown()
        thread.join()


def via_requests(url, *arguments, **options):
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, auth=vault.requests.BearerAuth(*arguments, **{"allow_http": True, **options}))


def via_httpx(url, *arguments, **options):
    with httpx.Client(trust_env=False) as client:
        return client.get(url, auth=vault.httpx.BearerAuth(*arguments, **{"allow_http": True, **options}), follow_redirects=True)


def via_async_httpx(url, *arguments, **options):
    async def work():
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.get(url, auth=vault.httpx.BearerAuth(*arguments, **{"allow_http": True, **options}), follow_redirects=True)

    return asyncio.run(work())


@pytest.fixture(params=[via_requests, via_httpx, via_async_httpx])
def get(request):
    return request.param


def test_the_token_of_the_moment_is_on_every_request(server, dns, get):
    get(server.url, "prod-dns", dns)
    dns.destroy("prod-dns")
    dns.add("prod-dns", b"token-2", replace_tombstone=True)
    get(server.url, "prod-dns", dns)
    assert [seen[0] for seen in server.seen] == ["Bearer token-1", "Bearer token-2"]


def test_without_an_open_vault_one_is_opened_for_each_request(server, dns, place, get):
    get(server.url, "prod-dns", **place)
    assert server.seen[0][0] == "Bearer token-1"


def test_another_header_and_prefix(server, dns):
    via_requests(server.url, "prod-dns", dns, header="X-Token", prefix="")
    assert server.seen == [(None, "token-1")]
    with pytest.raises(TypeError):
        vault.httpx.BearerAuth("prod-dns", dns, header="X-Token")


def test_errors_of_the_vault_come_out_and_nothing_is_sent(server, dns, get):
    with pytest.raises(vault.NotFoundError):
        get(server.url, "none", dns)
    for label, value in (("lines", b"a\r\nX-Evil: 1"), ("blank", b"Evil "), ("bytes", b"Evil\xff")):
        dns.add(label, value)
        with pytest.raises(vault.UsageError) as caught:
            get(server.url, label, dns)
        assert "Evil" not in str(caught.value)
    assert server.seen == []


def test_a_token_is_not_sent_in_the_clear(dns, get):
    for url in ("http://api.example.com/", "http://10.1.2.3/", "http://localhost/"):  # a proxy may stand before that, too
        with pytest.raises(vault.UsageError, match="not encrypted"):
            get(url, "prod-dns", dns, allow_http=False)


@pytest.mark.parametrize("options", [{}, {"header": "X-Token", "prefix": ""}])
def test_a_redirect_to_another_origin_does_not_get_the_token(server, dns, get, options):
    if options and get is not via_requests:
        pytest.skip("this header is for requests alone")
    get(f"{server.url}to/{server.other}", "prod-dns", dns, **options)
    first, second = server.seen
    assert "token-1" in str(first)
    assert second == (None, None)
    get(f"{server.url}to//here", "prod-dns", dns, **options)
    assert server.seen[2] == server.seen[3] == first


def test_an_open_vault_and_a_way_to_open_one_are_too_much(dns, place):
    for module in (vault.requests, vault.httpx):
        with pytest.raises(TypeError):
            module.BearerAuth("prod-dns", dns, **place)
        assert "prod-dns" in repr(module.BearerAuth("prod-dns", dns))
        with pytest.raises(TypeError):
            module.BearerAuth(dns, "prod-dns")
        with pytest.raises(TypeError):
            pickle.dumps(module.BearerAuth("prod-dns", passphrase=b"secret"))
