"""A pytest plugin: the fixture `temp_vault` is an empty vault that nobody else sees.

It opens with a key file, so that no key derivation is paid for, and lies in the test's temporary directory, with all that is remembered
of it. VAULT_DIR and the configuration point at it too: `vault.open()` in the code that is tested opens it.
"""

from __future__ import annotations

import json
import typing

import pytest

import vault

if typing.TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterator


@pytest.fixture
def temp_vault(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[vault.Vault]:
    """An open, empty vault; vault.open() finds it as well."""
    place = tmp_path / "temp_vault"
    for directory in (place, place / "config", place / "config" / "vault"):
        directory.mkdir(mode=0o700)
    key_file = place / "key"
    config = place / "config" / "vault" / "config.toml"
    config.touch(mode=0o600)
    config.write_text(f"key_file = {json.dumps(str(key_file))}\n")
    monkeypatch.setenv("XDG_STATE_HOME", str(place / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(place / "config"))
    monkeypatch.setenv("VAULT_DIR", str(place / "vault"))
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with vault.create(place / "vault", key_file=key_file) as opened:
        yield opened
