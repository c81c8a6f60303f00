"""vault.Secret: what it gives, and what it refuses."""

import copy
import json
import pickle
import sys

import pytest

import vault


def test_a_view_reads_the_locked_memory_and_cannot_write(dns):
    secret = dns.get("prod-dns")
    view = memoryview(secret)
    assert (bytes(view), view.format, view.readonly, len(secret)) == (b"token-1", "B", True, 7)
    with pytest.raises(TypeError):
        view[0] = 0


def test_it_does_not_show_its_value(dns):
    secret = dns.get("prod-dns")
    for text in (repr(secret), str(secret), f"{secret}", f"{secret:>40}", "%s" % secret, "{!r}".format(secret), repr([secret])):
        assert "token-1" not in text
        assert "7 bytes" in text


def test_closing_wipes_and_later_use_is_a_value_error(dns):
    secret = dns.get("prod-dns")
    view = memoryview(secret)
    secret.close()
    secret.close()
    assert bytes(view) == bytes(7)
    assert secret.closed
    for use in (secret.reveal, lambda: bytes(secret), lambda: len(secret), lambda: secret == b"token-1"):
        with pytest.raises(ValueError, match="closed"):
            use()
    with pytest.raises(BufferError):
        memoryview(secret)
    assert secret != None  # noqa: E711
    with pytest.raises(ValueError, match="closed"):
        dns.add("again", secret)


def test_with_wipes_at_its_end_even_after_an_exception(dns):
    with pytest.raises(RuntimeError), dns.get("prod-dns") as secret:
        view = memoryview(secret)
        raise RuntimeError
    assert bytes(view) == bytes(7)


def test_a_view_outlives_the_name_of_its_secret(dns):
    view = memoryview(dns.get("prod-dns"))
    assert bytes(view) == b"token-1"


def test_it_outlives_its_vault(dns):
    secret = dns.get("prod-dns")
    dns.close()
    assert secret.reveal() == "token-1"


def test_use_lends_and_wipes(dns):
    with dns.use("prod-dns") as view:
        assert bytes(view) == b"token-1"
        inner = memoryview(view)
    assert bytes(inner) == bytes(7)
    lending = dns.use("prod-dns")
    with lending as view:
        assert isinstance(view, memoryview)
    with pytest.raises(ValueError):
        bytes(view)
    with pytest.raises(ValueError), lending:
        pass
    with pytest.raises(vault.NotFoundError):
        dns.use("none")


def test_use_wipes_after_an_exception(dns):
    with pytest.raises(RuntimeError), dns.use("prod-dns") as view:
        kept = memoryview(view)
        raise RuntimeError
    assert bytes(kept) == bytes(7)


def test_it_compares_with_bytes_and_secrets(dns):
    secret, same = dns.get("prod-dns"), dns.get("prod-dns")
    assert secret == same
    assert secret == b"token-1"
    assert secret == bytearray(b"token-1")
    assert secret != b"token-2"
    assert secret != b"token"
    assert secret != "token-1"
    assert secret != None  # noqa: E711
    with pytest.raises(TypeError):
        hash(secret)


def test_it_refuses_copies_and_what_would_write_it(dns):
    secret = dns.get("prod-dns")
    for use in (lambda: pickle.dumps(secret), lambda: copy.copy(secret), lambda: copy.deepcopy(secret), lambda: json.dumps({"a": secret}),
                lambda: "Bearer " + secret, lambda: "".join([secret]), lambda: b"Bearer " + secret.reveal()):
        with pytest.raises(TypeError):
            use()
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(secret, protocol)


def test_what_is_not_utf8_is_not_revealed_and_not_shown(v):
    v.add("a", b"tok\xff\xfeen")
    with pytest.raises(vault.UsageError) as caught:
        v.get("a").reveal()
    assert "tok" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_it_cannot_be_made_derived_or_changed_by_hand(dns):
    lent = dns.use("prod-dns")
    lent.__exit__(None, None, None)
    for kind in (vault.Secret, vault.Vault, type(lent)):
        for use in (kind, lambda kind=kind: kind.__new__(kind), lambda kind=kind: type("Mine", (kind,), {})):
            with pytest.raises(TypeError):
                use()
    for thing in (dns, dns.get("prod-dns"), dns.use("prod-dns")):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError):
                pickle.dumps(thing, protocol)
        if sys.version_info >= (3, 10):
            with pytest.raises(TypeError):
                thing.__class__ = vault.Secret if thing is dns else vault.Vault


def test_wrong_arguments_are_refused_without_being_shown(dns, place):
    for use in (lambda: dns.add("b", b"VALUE", nots="VALUE"), lambda: vault.open(place["path"], passphrase=b"VALUE", keyfile="VALUE"),
                lambda: dns.slot_add("n", b"VALUE"), lambda: vault.open("/x", b"VALUE"), lambda: dns.add_all([{"label": "a", "VALUE": b"VALUE"}]),
                lambda: dns.get(), lambda: vault.open(accept_rollback=b"VALUE", passphase=b"VALUE")):
        with pytest.raises(TypeError) as caught:
            use()
        assert "VALUE" not in str(caught.value)


def test_its_bytes_can_be_stored_without_a_copy(dns):
    with dns.get("prod-dns") as secret:
        dns.add("copy", secret, fingerprint=False)
        dns.add("part", memoryview(secret)[:5])
    assert bytes(dns.get("copy")) == b"token-1"
    assert bytes(dns.get("part")) == b"token"
