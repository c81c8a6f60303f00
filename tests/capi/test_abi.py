"""The interface that libvault has is the one in capi/vault.abi.

Any difference fails. After a clean addition (a function, an enumerator at the end, a member at the end of a structure that begins with
struct_size) `./dev abi` rewrites the file, and its change is read with the header's. Anything else breaks programs that exist: not
within libvault.so.0.
"""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TEST_BUILD_DIR", "build/release")).resolve()
COMMITTED = SOURCE / "capi" / "vault.abi"
BUILT = BUILD / "abi" / "vault.abi"

pytestmark = [
    pytest.mark.skipif("asan" in BUILD.name or "tsan" in BUILD.name, reason="sanitizers have their own"),
    pytest.mark.skipif(shutil.which("abidiff") is None, reason="abigail-tools is not installed"),
]


def difference(old, new):
    """What changed, in abidiff's words. Meaning is compared: other compilers may write the file in another order."""
    done = subprocess.run(["abidiff", "--harmless", old, new], capture_output=True, text=True, check=False)
    assert done.returncode & 3 == 0, f"abidiff could not compare: {done.stdout}{done.stderr}"
    return done.stdout if done.returncode != 0 else ""


def test_the_library_has_the_interface_that_is_committed():
    assert difference(COMMITTED, BUILT) == "", "tests/capi/test_abi.py says when `./dev abi` is right"


def test_the_file_names_no_machine():
    text = COMMITTED.read_text()
    assert not [word for word in ("/capi", "comp-dir", "/usr", "/work", "/home", str(SOURCE)) if word in text]


@pytest.mark.parametrize("part, changed, said", [
    ("name='VAULT_STATE_RETIRED' value='3'", "name='VAULT_STATE_RETIRED' value='4'", "VAULT_STATE_RETIRED"),
    ("name='VAULT_E_STALE' value='17'", "name='VAULT_E_STALE' value='19'", "VAULT_E_STALE"),
    (r" *<data-member [^>]*>\n *<var-decl name='min_ttl'[^>]*>\n *</data-member>\n", "", "min_ttl"),
    ("elf-symbol name='vault_use'", "elf-symbol name='vault_lend'", "vault_use"),
    ("name='gave_up'", "name='given_up'", "gave_up"),
    ("<enumerator name='VAULT_COMMIT_CLONE' value='4'/>",
     "<enumerator name='VAULT_COMMIT_CLONE' value='4'/><enumerator name='VAULT_COMMIT_NEW' value='5'/>", "VAULT_COMMIT_NEW"),
])
def test_a_change_is_seen(tmp_path, part, changed, said):
    text, count = re.subn(part, changed, BUILT.read_text())
    assert count == 1
    (tmp_path / "changed.abi").write_text(text)
    assert said in difference(BUILT, tmp_path / "changed.abi")
