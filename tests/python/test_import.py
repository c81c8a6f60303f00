"""`import vault` opens nothing but its own modules, loads no SQLCipher, and no module that takes long."""

import subprocess
import sys

import pytest
from conftest import BUILD, PACKAGE


def run(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_it_opens_only_its_own_modules():
    opened = run("""
import sys
opened = []
sys.addaudithook(lambda event, arguments: opened.append(arguments[0]) if event in ("open", "socket.__new__", "subprocess.Popen") else None)
import vault
print(*opened, sep="\\n")
""").splitlines()
    assert opened
    assert [name for name in opened if "/vault/" not in str(name)] == []


@pytest.mark.skipif("asan" in BUILD.name, reason="there the library links libsqlcipher")
def test_it_loads_neither_sqlcipher_nor_openssl_nor_slow_modules():
    maps, modules = run("""
import sys
before = set(sys.modules)
import vault
print(open("/proc/self/maps").read(), end="\\0")
print(*(set(sys.modules) - before))
""").split("\0")
    for library in ("sqlcipher", "libcrypto", "libssl"):
        assert library not in maps
    assert {name for name in modules.split() if not name.startswith("vault")} <= {"__future__"}


def test_what_is_loaded_later_is_there_when_it_is_asked_for():
    assert run("import vault, sys; print('vault._types' in sys.modules, vault.Entry.__name__, 'vault._types' in sys.modules)") == "False Entry True\n"
    names = run("from vault import *; print(Entry, NotFoundError, open)")
    assert "Entry" in names
    assert run("import vault\ntry: vault.nonsense\nexcept AttributeError as error: print(error)") == "module 'vault' has no attribute 'nonsense'\n"


def test_everything_public_is_described():
    import vault

    for name in vault.__all__:
        thing = getattr(vault, name)
        assert name in ("__version__", "State") or thing.__doc__, name
    for kind in (vault.Vault, vault.Secret):
        for name in dir(kind):
            if not name.startswith("_"):
                assert getattr(kind, name).__doc__, f"{kind.__name__}.{name}"


def test_exceptions_have_the_codes_and_names_of_the_c_interface():
    import ctypes

    import vault

    library = ctypes.CDLL(str(PACKAGE.parent / "libvault.so"))
    library.vault_code_name.restype = ctypes.c_char_p
    kinds = [getattr(vault, name) for name in vault.__all__ if name.endswith("Error") and name != "VaultError"]
    assert sorted(kind.code for kind in kinds) == list(range(1, 19))
    for kind in kinds:
        assert kind.name == library.vault_code_name(kind.code).decode()
        assert issubclass(kind, vault.VaultError)
    builtins = {vault.NotFoundError: KeyError, vault.DeniedError: PermissionError, vault.UsageError: ValueError, vault.NoVaultError: FileNotFoundError,
                vault.BusyError: TimeoutError, vault.InternalError: RuntimeError}
    assert all(issubclass(ours, theirs) for ours, theirs in builtins.items())
