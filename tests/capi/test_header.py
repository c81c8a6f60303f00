"""vault.h compiles alone in every language it is for; the library exports, and the manual names, what it declares, no more and no less."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TEST_BUILD_DIR", "build/release")).resolve()
HEADER = SOURCE / "capi" / "vault.h"
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Wcast-align", "-Werror"]


def declared() -> set[str]:
    return set(re.findall(r"VAULT_API [^;(]*?\b(vault_[a-z_]+)\(", HEADER.read_text()))


@pytest.mark.parametrize("compiler", ["cc", "clang"])
@pytest.mark.parametrize("language", ["-xc -std=c99 -Wstrict-prototypes", "-xc -std=c11 -Wstrict-prototypes", "-xc++ -std=c++11 -Wold-style-cast",
                                      "-xc++ -std=c++20 -Wold-style-cast"])
def test_the_header_compiles_alone(tmp_path, compiler, language):
    if shutil.which(compiler) is None:
        pytest.skip(f"there is no {compiler}")
    source = tmp_path / "alone"
    source.write_text('#include <vault.h>\nvault_code use(void);\nvault_code use(void) { vault_selection s = VAULT_SELECTION_INIT; '
                      'vault_unlock_options u = VAULT_UNLOCK_OPTIONS_INIT; vault_entry_info i = VAULT_ENTRY_INFO_INIT; '
                      'return s.struct_size + u.struct_size + i.struct_size > 0 ? VAULT_OK : VAULT_E_INTERNAL; }\n')
    done = subprocess.run([compiler, *language.split(), *WARNINGS, f"-I{HEADER.parent}", "-c", str(source), "-o", str(tmp_path / "alone.o")],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_version_script_lists_what_the_header_declares():
    script = (SOURCE / "capi" / "vault.map").read_text()
    assert set(re.findall(r"^ {4}(vault_[a-z_]+);", script, re.M)) == declared()


@pytest.mark.skipif("asan" in BUILD.name or "tsan" in BUILD.name, reason="sanitizers export their own")
def test_the_library_exports_what_the_header_declares():
    lines = subprocess.run(["nm", "-D", "--defined-only", str(BUILD / "libvault.so")], capture_output=True, text=True, check=True).stdout.splitlines()
    exported = {line.split()[-1] for line in lines}
    assert exported - {"VAULT_0"} == {f"{name}@@VAULT_0" for name in declared()}


def test_the_manual_names_what_the_header_declares():
    page = (SOURCE / "docs" / "man" / "vault.h.3.scd").read_text()
    functions = page[page.index("# FUNCTIONS"):page.index("# EXAMPLE")]
    assert {name for line in functions.splitlines() if line.startswith("*") for name in re.findall(r"vault_[a-z_]+", line)} == declared()
    assert set(re.findall(r"\b(vault_[a-z_]+)\*?\(", page)) == declared()


@pytest.mark.skipif(shutil.which("man") is None or shutil.which("groff") is None, reason="no man or no groff")
def test_the_manual_is_formatted_without_warnings():
    page = BUILD / "docs" / "vault.h.3"
    if not page.exists():
        pytest.skip("no scdoc")
    done = subprocess.run(["man", "--warnings", "-l", str(page)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "vault_slot_leaked()" in done.stdout
