"""Moves tokens from a .env file into the vault, in one commit: import_from_env.py FILE PREFIX."""

import pathlib
import sys
from collections.abc import Iterator

import vault


def tokens(content: bytearray) -> Iterator[tuple[str, memoryview]]:
    for line in memoryview(content).tobytes().splitlines():
        name, found, value = line.partition(b"=")
        if found and not name.lstrip().startswith(b"#"):
            yield name.decode().strip().lower(), memoryview(value.strip())


def main(file: str, prefix: str) -> int:
    content = bytearray(pathlib.Path(file).read_bytes())
    with vault.open() as v:
        v.add_all({"label": prefix + name, "secret": value, "attributes": {"from": file}} for name, value in tokens(content))
        print(f"{len(v.list(prefix=prefix))} keys under {prefix}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
