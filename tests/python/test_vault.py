"""Keys stored, read, listed and changed."""

from datetime import datetime, timedelta, timezone

import pytest

import vault


def test_what_is_added_is_got(v):
    v.add("a", b"tok\0en")
    assert bytes(v.get("a")) == b"tok\0en"
    assert v["a"].reveal() == "tok\0en"


def test_what_is_not_there_is_a_key_error(v):
    with pytest.raises(KeyError) as caught:
        v.get("none")
    assert isinstance(caught.value, vault.NotFoundError)
    assert (caught.value.code, caught.value.name) == (3, "not_found")
    assert str(caught.value).startswith("get none: ")


def test_everything_that_was_said_of_a_key_is_known(v):
    issued = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    ends = datetime(2096, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1)))
    v.add("a", b"0123456789012345678901234", issuer="101domain", account="acme", team="web", scopes=["dns:write", "dns:read"], expires=ends,
          issued=issued, period="90d", note="two\nlines", key_name="ci", minted_by="kim", minted_with="2fa",
          attributes={"env": "prod"}, fields={"pin": b"1234"}, plain={"user": "kim"}, hint=True)
    entry = v.entry("a")
    version = entry.current_version
    assert entry[:7] == ("a", "101domain", "acme", "web", "active", "two\nlines", {"env": "prod"})
    assert (entry.current, len(entry.versions), version.number, version.state) == (1, 1, 1, "active")
    assert entry.scopes == version.scopes == ("dns:read", "dns:write")
    assert (version.issued_at, version.expires_at) == (issued, ends)
    assert version.expires_at.utcoffset() == timedelta(0)
    assert (version.period, version.key_name, version.minted_by, version.minted_with) == ("90d", "ci", "kim", "2fa")
    assert version.hint.endswith("1234")
    assert len(version.fingerprint) == 16
    assert version.fields == (("token", 25, True), ("pin", 4, True), ("user", 3, False))
    assert bytes(v.get("a", field="pin")) == b"1234"
    assert bytes(v.get("a", field="user")) == b"kim"


def test_what_is_known_cannot_be_changed(dns):
    entry = dns.entry("prod-dns")
    with pytest.raises(AttributeError):
        entry.team = "other"
    with pytest.raises(TypeError):
        entry.attributes["x"] = "y"


def test_a_secret_says_what_it_is(dns):
    secret = dns.get("prod-dns")
    assert (secret.field, secret.version, secret.expires_at) == ("token", 1, None)


def test_expired_and_expiring_keys_have_errors_of_their_own(v):
    v.add("old", b"1", expires=datetime(2001, 1, 1, tzinfo=timezone.utc))
    v.add("soon", b"2", expires=timedelta(days=1))
    with pytest.raises(vault.ExpiredError):
        v.get("old")
    assert bytes(v.get("old", allow_expired=True)) == b"1"
    with pytest.raises(vault.ExpiringError):
        v.get("soon", min_ttl=timedelta(days=2))
    assert bytes(v.get("soon", min_ttl=timedelta(hours=1))) == b"2"


def test_a_version_or_field_that_is_not_there_is_not_found(dns):
    for options in ({"version": 2}, {"field": "none"}):
        with pytest.raises(vault.NotFoundError):
            dns.get("prod-dns", **options)
    assert bytes(dns.get("prod-dns", version=1)) == b"token-1"


def test_several_are_read_at_once_or_not_at_all(v):
    v.add("a", b"1")
    v.add("b", b"2")
    assert [bytes(secret) for secret in v.get_all(["b", "a", "b"])] == [b"2", b"1", b"2"]
    assert v.get_all([]) == []
    with pytest.raises(vault.NotFoundError):
        v.get_all(["a", "none"])


def test_many_are_added_at_once_or_not_at_all(v):
    v.add_all({"label": f"k/{i}", "secret": b"%d" % i, "team": "web"} for i in range(20))
    assert len(v) == len(v.list(team="web")) == 20
    before = v.status().sequence
    with pytest.raises(vault.ConflictError, match="entry 2"):
        v.add_all([{"label": "new", "secret": b"x"}, {"label": "k/1", "secret": b"y"}])
    assert "new" not in v
    assert v.status().sequence == before
    with pytest.raises(TypeError):
        v.add_all([{"label": "a", "secret": b"x", "colour": "red"}])
    with pytest.raises(TypeError):
        v.add_all([("a", b"x")])


def test_lists_are_filtered_and_sorted(v):
    v.add("a", b"1", team="web", scopes=["read", "write"], expires=timedelta(days=300), attributes={"env": "prod"})
    v.add("b", b"2", team="ops", scopes=["read"], expires=timedelta(days=3), account="acme")
    v.add("c/d", b"3", issuer="101domain")

    def labels(**selection):
        return [entry.label for entry in v.list(**selection)]

    assert labels() == ["a", "b", "c/d"]
    assert labels(team="web") == labels(attributes={"env": "prod"}) == labels(scopes={"write", "read"}) == ["a"]
    assert labels(prefix="c/") == labels(issuer="101domain") == ["c/d"]
    assert labels(account="acme") == labels(expiring_within=timedelta(days=30)) == ["b"]
    assert labels(sort="expires") == ["b", "a", "c/d"]
    assert labels(state="active") == ["a", "b", "c/d"]
    v.remove("a")
    assert labels() == ["b", "c/d"]
    assert labels(state="hidden") == ["a"]
    for wrong in ({"state": "sad"}, {"sort": "size"}, {"sort": None}):
        with pytest.raises(vault.UsageError):
            v.list(**wrong)


def test_a_vault_is_a_collection_of_entries(dns):
    assert "prod-dns" in dns
    assert "none" not in dns
    assert "-no label" not in dns
    assert bool(dns)
    assert dns.entry("prod-dns") in dns
    assert [entry.label for entry in dns] == ["prod-dns"]
    assert len(dns) == 1
    dns.remove("prod-dns")
    assert "prod-dns" not in dns
    assert len(dns) == 0
    with pytest.raises(TypeError):
        7 in dns  # noqa: B015


def test_entries_change(dns):
    before = dns.entry("prod-dns")
    dns.edit("prod-dns", note="new", team="web", attributes={"a": "1", "b": "2"})
    dns.edit("prod-dns", remove_attributes=["a"])
    with pytest.raises(vault.NotFoundError):
        dns.edit("prod-dns", remove_attributes=["none"])
    entry = dns.entry("prod-dns")
    assert (entry.note, entry.team, dict(entry.attributes)) == ("new", "web", {"b": "2"})
    with pytest.raises(vault.ConflictError):
        dns.edit("prod-dns", note="late", revision=before.revision)
    dns.edit("prod-dns", note="in time", revision=entry.revision)


def test_an_old_label_leads_to_the_new_one(dns):
    dns.move("prod-dns", to="dns/prod")
    assert dns.entry("prod-dns").label == "dns/prod"
    assert dns.entry("dns/prod").former_labels == ("prod-dns",)
    assert bytes(dns.get("prod-dns")) == b"token-1"


def test_what_is_hidden_comes_back_and_what_is_destroyed_does_not(dns):
    dns.remove("prod-dns")
    with pytest.raises(vault.InactiveError):
        dns.get("prod-dns")
    dns.undelete("prod-dns")
    assert bytes(dns.get("prod-dns")) == b"token-1"
    dns.destroy("prod-dns")
    with pytest.raises(vault.InactiveError):
        dns.get("prod-dns")
    assert dns.entry("prod-dns").state == "destroyed"
    dns.add("prod-dns", b"token-2", replace_tombstone=True)
    assert bytes(dns.get("prod-dns")) == b"token-2"


def test_the_same_token_twice_is_a_conflict_unless_fingerprints_are_off(dns):
    with pytest.raises(vault.ConflictError):
        dns.add("again", b"token-1")
    dns.add("again", b"token-1", fingerprint=False)


def test_an_empty_secret_must_be_allowed(v):
    with pytest.raises(vault.UsageError):
        v.add("a", b"")
    v.add("a", b"", allow_empty=True)
    assert bytes(v.get("a")) == bytes(memoryview(v.get("a"))) == b""


def test_history_status_teams_and_verification(dns):
    newest = dns.log(limit=1)
    assert [commit.operation for commit in newest] == ["add"]
    assert ("added", "entry", "prod-dns") in newest[0].touched
    assert newest[0].time.tzinfo is timezone.utc
    assert [commit.sequence for commit in dns.log("prod-dns")] == [2]
    assert len(dns.log()) == 2
    status = dns.status()
    assert (status.sequence, status.entries, status.teams, status.slots, status.identity, status.role) == (2, 1, 2, 1, "root", "admin")
    assert status.head == newest[0].hash
    assert {team.name: team.entries for team in dns.teams()} == {"default": 0, "platform": 1}
    assert dns.verify().commits == 2
    with pytest.raises(vault.NotFoundError):
        dns.log("none")
    for limit in (0, -1, 2**70):
        with pytest.raises(vault.UsageError):
            dns.log(limit=limit)


def test_new_keys_leave_everything_readable(dns):
    report = dns.rekey()
    assert (report.epoch, report.teams, report.fields) == (2, 2, 1)
    assert bytes(dns.get("prod-dns")) == b"token-1"
    assert dns.log(limit=1)[0].kind == "epoch"


def test_a_clone_has_everything_and_other_keys(dns, tmp_path):
    with dns.clone(tmp_path / "other", key_file=tmp_path / "other-key") as clone:
        assert bytes(clone.get("prod-dns")) == b"token-1"
        assert clone.status().id != dns.status().id
    with pytest.raises(vault.WrongKeyError):
        vault.open(tmp_path / "other", key_file=tmp_path / "key")


def test_a_closed_vault_is_a_usage_error(dns):
    dns.close()
    dns.close()
    assert dns.closed
    assert "closed" in repr(dns)
    for use in (lambda: dns.get("prod-dns"), lambda: dns.list(), lambda: dns.add("x", b"y"), lambda: "x" in dns, lambda: len(dns),
                lambda: iter(dns), lambda: dns.slots(), lambda: dns.log(), lambda: dns.verify(), lambda: dns.rekey(), lambda: dns.use("a"),
                lambda: dns.edit("a"), lambda: dns.get_all(["a"]), lambda: dns.add_all([])):
        with pytest.raises(vault.UsageError, match="closed"):
            use()


@pytest.mark.parametrize("label", ["", "a b\n", "x" * 256, "-a", "a\0b", "\ud800"])
def test_what_is_no_label_is_a_value_error(v, label):
    for use in (lambda: v.get(label), lambda: v.add(label, b"x"), lambda: v.entry(label), lambda: v.move(label, "a")):
        with pytest.raises(ValueError) as caught:
            use()
        assert isinstance(caught.value, vault.UsageError)


def test_arguments_of_the_wrong_type_are_type_errors(v):
    for use in (lambda: v.get(b"a"), lambda: v.get(1), lambda: v.add("a", "str"), lambda: v.add("a", 7), lambda: v.add("a", None), lambda: v.add(None, b"x"),
                lambda: v.get(None), lambda: v.move("a", None), lambda: v.add_all([{"label": "a"}]), lambda: v.add("a", b"x", scopes="dns:read"),
                lambda: v.add("a", b"x", scopes=[1]), lambda: v.add("a", b"x", expires=90), lambda: v.add("a", b"x", attributes=["a"]),
                lambda: v.add("a", b"x", attributes={"a": 1}), lambda: v.add("a", b"x", fields={"f": "str"}), lambda: v.get("a", min_ttl=3),
                lambda: v.list(expiring_within=30), lambda: v.get("a", "token"), lambda: v.get(), lambda: v.get("a", colour="red"),
                lambda: v.get("a", version="1"), lambda: v.get("a", version=True), lambda: v.log(limit=1.0)):
        with pytest.raises(TypeError):
            use()
    assert len(v) == 0


def test_times_without_a_zone_or_out_of_range_are_value_errors(v):
    for expires in (datetime(2030, 1, 1), timedelta(seconds=-1), timedelta.max, datetime(1970, 1, 1, tzinfo=timezone.utc)):  # noqa: DTZ001
        with pytest.raises(vault.UsageError):
            v.add("a", b"x", expires=expires)
    with pytest.raises(vault.UsageError):
        v.get("a", min_ttl=timedelta(days=-1))


def test_limits_are_limit_errors(v):
    for options in ({"secret": b"x" * 65537}, {"secret": b"x", "scopes": [f"s{i}" for i in range(257)]},
                    {"secret": b"x", "attributes": {str(i): "" for i in range(65)}}):
        with pytest.raises(vault.LimitError):
            v.add("a", **options)


def test_a_reader_of_metadata_may_not_read_secrets(dns, place, tmp_path):
    assert dns.slot_add("list only", key_file=tmp_path / "list-key", role="metadata") is None
    with vault.open(place["path"], key_file=tmp_path / "list-key") as reader:
        assert [entry.label for entry in reader] == ["prod-dns"]
        with pytest.raises(PermissionError) as caught:
            reader.get("prod-dns")
        assert isinstance(caught.value, vault.DeniedError)
        with pytest.raises(vault.DeniedError):
            reader.add("a", b"x")
