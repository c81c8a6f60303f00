"""What Python adds to the C interface: `get` beside vault_get in the same minute, and `import vault`. Run by `./dev bench python`.

usage: python_bench.py BUILD_DIRECTORY
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import timeit

ENTRIES, ROUNDS, CALLS, STARTS = 1000, 15, 20_000, 41


def median_start(*arguments: str) -> float:
    """Milliseconds of wall time of a Python process, from start to exit."""
    took = []
    for _ in range(STARTS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-S", "-E", *arguments], check=True)
        took.append((time.perf_counter() - start) * 1e3)
    return statistics.median(took)


def c_get(build: pathlib.Path) -> float:
    """Microseconds of vault_get and vault_secret_free."""
    out = subprocess.run([build / "vault_bench", f"--benchmark_filter=get_hot_c/{ENTRIES}$", "--benchmark_format=json", "--benchmark_min_time=0.2"],
                         check=True, capture_output=True).stdout
    return json.loads(out)["benchmarks"][0]["cpu_time"]


def main(build: pathlib.Path) -> None:
    package = build / "python"
    sys.path.insert(0, str(package))
    with tempfile.TemporaryDirectory() as directory:
        os.environ.update(XDG_STATE_HOME=directory, XDG_CONFIG_HOME=directory)
        import vault

        place = pathlib.Path(directory)
        with vault.create(place / "v", key_file=place / "key") as v:
            v.add_all({"label": f"entry-{i}", "secret": b"token of entry %d" % i} for i in range(ENTRIES))
            labels = [f"entry-{i}" for i in range(ENTRIES)] * (CALLS // ENTRIES)

            def calls() -> None:
                get = v.get
                for label in labels:
                    get(label)

            calls()
            python, c = [], []
            for _ in range(ROUNDS):  # turn by turn, so that both see the same machine
                python.append(timeit.timeit(calls, number=1) / CALLS * 1e6)
                c.append(c_get(build))
    python_us, c_us = statistics.median(python), statistics.median(c)
    print(f"get, {ENTRIES} labels: Python {python_us:.2f} us, C {c_us:.2f} us, ratio {python_us / c_us:.2f} (medians of {ROUNDS})")
    plain = median_start("-c", "pass")
    ours = median_start("-c", f"import sys; sys.path.insert(0, {str(package)!r}); import vault")
    print(f"import vault: {ours - plain:.1f} ms beyond the {plain:.1f} ms of an empty Python (medians of {STARTS})")


main(pathlib.Path(sys.argv[1]).resolve())
