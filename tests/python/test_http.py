"""Authentication of HTTP requests, against a server of the test's own on this machine."""

import asyncio
import http.server
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
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        server.seen = seen
        server.url = f"http://127.0.0.1:{server.server_port}/"
        yield server
        server.shutdown()
        thread.join()


def via_requests(url, *arguments, **options):
    with requests.Session() as session:
        session.trust_env = False
        return session.get(url, auth=vault.requests.BearerAuth(*arguments, **options))


def via_httpx(url, *arguments, **options):
    with httpx.Client(trust_env=False) as client:
        return client.get(url, auth=vault.httpx.BearerAuth(*arguments, **options))


def via_async_httpx(url, *arguments, **options):
    async def work():
        async with httpx.AsyncClient(trust_env=False) as client:
            return await client.get(url, auth=vault.httpx.BearerAuth(*arguments, **options))

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


def test_another_header_and_prefix(server, dns, get):
    get(server.url, "prod-dns", dns, header="X-Token", prefix="")
    assert server.seen == [(None, "token-1")]


def test_errors_of_the_vault_come_out_and_nothing_is_sent(server, dns, get):
    with pytest.raises(vault.NotFoundError):
        get(server.url, "none", dns)
    dns.add("lines", b"a\r\nX-Evil: 1")
    with pytest.raises(vault.UsageError) as caught:
        get(server.url, "lines", dns)
    assert "Evil" not in str(caught.value)
    assert server.seen == []


def test_a_token_is_not_sent_in_the_clear(dns, get):
    for url in ("http://api.example.com/", "http://10.1.2.3/", "http://localhost.example.com/"):
        with pytest.raises(vault.UsageError, match="not encrypted"):
            get(url, "prod-dns", dns)


def test_an_open_vault_and_a_way_to_open_one_are_too_much(dns, place):
    for module in (vault.requests, vault.httpx):
        with pytest.raises(TypeError):
            module.BearerAuth("prod-dns", dns, **place)
        assert "prod-dns" in repr(module.BearerAuth("prod-dns", dns))
