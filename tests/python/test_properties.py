"""What goes in comes out, whatever it is."""

import string

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

import vault

label_characters = string.ascii_letters + string.digits + "._-/@äß漢"
labels = some.text(label_characters, min_size=1, max_size=60)
quiet = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quiet
@given(label=labels, secret=some.binary(min_size=1, max_size=2000), note=some.text(max_size=200))
def test_bytes_and_labels_come_back_or_are_refused(v, label, secret, note):
    sequence = v.status().sequence
    try:
        v.add(label, secret, note=note, fingerprint=False, replace_tombstone=True)
    except vault.UsageError:
        assert v.status().sequence == sequence
        assert label not in v
        return
    try:
        with v.get(label) as got:
            assert got == secret
            assert bytes(got) == bytes(memoryview(got)) == secret
        entry = v.entry(label)
        assert entry.label == label
        assert entry.note == note
        assert entry in v
    finally:
        v.destroy(label)


@quiet
@given(text=some.text(max_size=300))
def test_any_text_as_a_label_is_answered(v, text):
    try:
        v.get(text)
    except (vault.NotFoundError, vault.UsageError):
        return
    raise AssertionError("there is nothing in this vault")


@quiet
@given(data=some.binary(max_size=300))
def test_any_bytes_as_a_recovery_code_are_answered(v, place, data):
    try:
        vault.open(place["path"], recovery_code=data)
    except (vault.UsageError, vault.WrongKeyError):
        return
    raise AssertionError("it has no such slot")
