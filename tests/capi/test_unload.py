"""libvault in plug-ins: loaded, used and unloaded again and again, beside another copy of itself, with forks between."""

import os
import pathlib
import shutil
import subprocess

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TEST_BUILD_DIR", "build/release")).resolve()

# host DIR LIBRARY...: twenty rounds with each library in turn. Says which of them are still loaded at the end.
HOST = r"""
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vault.h>

#define CHECK(condition) do { if (!(condition)) { fprintf(stderr, "line %d: %s\n", __LINE__, #condition); return 1; } } while (0)

static int open_descriptors(void) {
  DIR* dir = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(dir) != NULL) ++count;
  closedir(dir);
  return count;
}

static int forks(void) {
  int status = 1;
  const pid_t child = fork();
  if (child == 0) _exit(0);
  return waitpid(child, &status, 0) == child && status == 0;
}

static int round_with(const char* library, const char* dir, int first) {
  char vault_dir[256], key_file[256];
  vault_handle* vault = NULL;
  vault_secret* secret = NULL;
  void* loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  CHECK(loaded != NULL);
#define FUNCTION(name) __typeof__(&name) call_##name = (__typeof__(&name))dlsym(loaded, #name)
  FUNCTION(vault_create);
  FUNCTION(vault_open);
  FUNCTION(vault_add);
  FUNCTION(vault_get);
  FUNCTION(vault_secret_size);
  FUNCTION(vault_secret_free);
  FUNCTION(vault_close);
  snprintf(vault_dir, sizeof vault_dir, "%s/vault", dir);
  snprintf(key_file, sizeof key_file, "%s/key", dir);
  if (first) {
    vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
    slot.key_file = key_file;
    CHECK(call_vault_create(vault_dir, &slot, NULL, &vault) == VAULT_OK);
    CHECK(call_vault_add(vault, "a", "token", 5, NULL) == VAULT_OK);
  } else {
    vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
    unlock.key_file = key_file;
    CHECK(call_vault_open(vault_dir, &unlock, &vault) == VAULT_OK);
  }
  CHECK(call_vault_get(vault, "a", NULL, &secret) == VAULT_OK);
  CHECK(call_vault_secret_size(secret) == 5);
  call_vault_secret_free(secret);
  CHECK(forks());
  call_vault_close(vault);
  CHECK(dlclose(loaded) == 0);
  CHECK(forks());
  return 0;
}

int main(int argc, char** argv) {
  int descriptors = 0;
  for (int round = 0; round < 20; ++round) {
    for (int i = 2; i < argc; ++i) {
      if (round_with(argv[i], argv[1], round == 0 && i == 2) != 0) return 1;
    }
    if (round == 0) descriptors = open_descriptors();
  }
  CHECK(open_descriptors() == descriptors);
  for (int i = 2; i < argc; ++i) puts(dlopen(argv[i], RTLD_NOW | RTLD_NOLOAD) != NULL ? "stays" : "gone");
  return 0;
}
"""

pytestmark = [
    pytest.mark.skipif("asan" in BUILD.name or "tsan" in BUILD.name, reason="a plain program cannot load a sanitized library"),
    pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler"),
]


@pytest.fixture
def host(tmp_path):
    (tmp_path / "host.c").write_text(HOST)
    subprocess.run(["cc", "-std=c11", f"-I{SOURCE / 'capi'}", tmp_path / "host.c", "-o", tmp_path / "host", "-ldl"], check=True)

    def run(*libraries):
        return subprocess.run([tmp_path / "host", tmp_path, *libraries], env=dict(os.environ, XDG_STATE_HOME=str(tmp_path)),
                              capture_output=True, text=True, check=False)
    return run


@pytest.fixture
def plugin(tmp_path):
    path = tmp_path / "plugin.so"
    subprocess.run(["cc", "-shared", "-o", path, "-Wl,--whole-archive", BUILD / "libvault.a", "-Wl,--no-whole-archive",
                    "-lsodium", "-largon2", "-lutf8proc", "-lstdc++"], check=True)
    return path


def answer(done):
    return done.returncode, done.stdout.split(), done.stderr


def test_the_library_stays_when_it_is_unloaded_and_works_when_it_is_loaded_again(host):
    assert answer(host(BUILD / "libvault.so")) == (0, ["stays"], "")


def test_a_plugin_with_the_archive_in_it_comes_and_goes(host, plugin):
    assert answer(host(plugin)) == (0, ["gone"], "")


def test_two_copies_live_in_one_process(host, plugin):
    assert answer(host(plugin, BUILD / "libvault.so")) == (0, ["gone", "stays"], "")
