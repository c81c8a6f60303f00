"""Several threads, forked children, other interpreters, and the end of the process."""

import fcntl
import os
import struct
import subprocess
import sys
import threading

import pytest

import vault


def run(program, *arguments):
    """A program of its own; what it prints. A crash is a negative status."""
    done = subprocess.run([sys.executable, "-c", program, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, ""), done
    return done.stdout


def in_threads(count, work):
    failures = []

    def guarded(number):
        try:
            work(number)
        except BaseException as failure:  # noqa: BLE001
            failures.append(failure)

    threads = [threading.Thread(target=guarded, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_other_threads_run_while_a_call_waits(v, place):
    """The change waits for the vault's lock, which another thread gives back: with the GIL held it never could."""
    lock = os.open(place["path"] / "lock", os.O_RDWR)
    whole = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    fcntl.fcntl(lock, fcntl.F_OFD_SETLK, whole) if hasattr(fcntl, "F_OFD_SETLK") else fcntl.fcntl(lock, 37, whole)
    waiting = threading.Thread(target=v.add, args=["a", b"x"])
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    os.close(lock)
    waiting.join(60)
    assert v.get("a") == b"x"


def test_a_lock_that_is_not_given_back_is_a_timeout(v, place):
    lock = os.open(place["path"] / "lock", os.O_RDWR)
    fcntl.fcntl(lock, getattr(fcntl, "F_OFD_SETLK", 37), struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    from datetime import timedelta

    with vault.open(**place, wait=timedelta(0)) as impatient, pytest.raises(TimeoutError) as caught:
        impatient.add("a", b"x")
    os.close(lock)
    assert isinstance(caught.value, vault.BusyError)


def test_readers_and_writers_share_a_vault(v):
    for i in range(8):
        v.add(f"k{i}", b"value %d" % i)

    def work(number):
        for round in range(40):
            if number < 14:
                i = (number + round) % 8
                with v.get(f"k{i}") as secret:
                    assert secret == b"value %d" % i
            else:
                v.edit(f"k{number - 14}", note=str(round))

    in_threads(16, work)
    assert v.verify().commits == 9 + 80


def test_closing_while_others_read_ends_in_results_or_usage_errors(dns):
    started = threading.Barrier(5)

    def work(number):
        started.wait()
        if number == 0:
            dns.close()
            return
        for _ in range(500):
            try:
                assert dns.get("prod-dns") == b"token-1"
            except vault.UsageError:
                assert dns.closed

    in_threads(5, work)


def test_closing_waits_for_the_calls_that_run(dns, tmp_path):
    from datetime import timedelta

    waiting = threading.Thread(target=dns.slot_add, args=["words"], kwargs={"passphrase": b"x", "unlock_time": timedelta(milliseconds=300)})
    before = len(os.listdir("/proc/self/fd"))
    waiting.start()
    waiting.join(0.05)
    dns.close()
    assert len(os.listdir("/proc/self/fd")) < before  # nothing of it is open any more
    waiting.join()


def test_arguments_that_close_the_vault_end_in_a_usage_error(dns):
    def labels():
        yield "prod-dns"
        dns.close()

    with pytest.raises(vault.UsageError):
        dns.get_all(labels())


def test_a_forked_child_finds_a_locked_vault_and_wiped_secrets(place):
    out = run("""
import os, sys, vault
v = vault.create(sys.argv[1], key_file=sys.argv[2])
v.add("a", b"token")
secret = v.get("a")
view = memoryview(secret)
child = os.fork()
if child == 0:
    status = 0
    for use in (lambda: v.get("a"), lambda: bytes(secret), lambda: v.list(), lambda: v.add("b", b"x")):
        try:
            use()
            status = 1
        except vault.LockedError:
            pass
    if bytes(view) != bytes(5):
        status = 2
    v.close()
    secret.close()
    os._exit(status)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), secret.reveal(), v.get("a").reveal())
""", place["path"], place["key_file"])
    assert out == "0 token token\n"


def test_multiprocessing_gets_no_vault(dns):
    import pickle

    with pytest.raises(TypeError):
        pickle.dumps(dns)


@pytest.mark.parametrize("ending", ["pass", "sys.exit(0)", "v.__class__.leak = v", "import threading; threading.Thread(target=lambda: [v.get('a') for _ in range(2000)], daemon=True).start()"])
def test_an_interpreter_that_ends_with_an_open_vault_ends_well(place, ending):
    run(f"""
import sys, vault
v = vault.create(sys.argv[1], key_file=sys.argv[2])
v.add("a", b"token")
secret = v.get("a")
view = memoryview(secret)
iterator = iter(v)
lending = v.use("a").__enter__()
try:
    {ending}
except TypeError:
    pass
""", place["path"], place["key_file"])


def test_a_second_interpreter_is_refused_or_works_but_never_crashes(place):
    out = run("""
import sys, vault
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
v = vault.create(sys.argv[1], key_file=sys.argv[2])
v.add("a", b"token")
try:
    other = interpreters.create("legacy")
except (TypeError, ValueError):
    other = interpreters.create()
program = '''
try:
    import vault
    with vault.open(%r, key_file=%r) as v:
        assert v.get("a").reveal() == "token"
        try:
            v.get("none")
        except KeyError:
            pass
except ImportError:
    pass
''' % (sys.argv[1], sys.argv[2])
interpreters.run_string(other, program)
interpreters.destroy(other)
print(v.get("a").reveal())
try:
    v.get("none")
except vault.NotFoundError as error:
    print(error.code)
""", place["path"], place["key_file"])
    assert out == "token\n3\n"
