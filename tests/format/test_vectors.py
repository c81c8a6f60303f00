"""Every vector of tests/vectors, read by reader.py, which knows docs/FORMAT.md alone. The program's own code reads the same files in
tests/vectors/read_vectors_test.cpp."""

import json
import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("nacl", reason="PyNaCl is not installed: pip install -r tests/requirements.txt")

import reader  # noqa: E402  (beside this file)

for names in (("libsqlcipher.so.1", "libsqlcipher.so.0"), ("libargon2.so.1", "libargon2.so.0")):
    try:
        reader.library(*names)
    except reader.VaultError as missing:
        pytest.skip(str(missing), allow_module_level=True)

VECTORS = Path(__file__).parents[1] / "vectors"
PAGE = 4096
NO_FLOOR = (64, 1)  # KiB and passes: vectors must be cheap to read


def factors_of(given):
    read = {
        "passphrase": lambda text: reader.Passphrase(text.encode(), floor=NO_FLOOR),
        "key_file": lambda text: reader.KeyFile.parse(text.encode()),
        "credential": lambda text: reader.Credential.parse(text.encode()),
        "recovery_code": reader.RecoveryCode.read,
    }
    return [read[kind](value) for one in given["factors"] for kind, value in one.items()]


def opened_header(given):
    header = reader.decode_header(bytes.fromhex(given["header"]))
    return header, *reader.open_header(header, factors_of(given))


def read_header(given, _):
    header, slot, _, vk = opened_header(given)
    [row] = [row for row in header.roster if row.identity == slot.identity and not row.closed]
    return {"slot": slot.id.hex(), "identity": slot.identity.hex(), "role": row.role, "vault_key": vk.hex()}


def read_mark(given, _):
    header, slot, opened, _ = opened_header(given)
    mark = reader.read_mark(bytes.fromhex(given["mark"]), header, slot.identity, *opened)
    return {"found": True, "sequence": mark["sequence"]} if mark else {"found": False}


def read_wrap(given, _):
    plain = reader.unwrap(*(bytes.fromhex(given[name]) for name in ("key", "aad", "wrapped")))
    reader.require(plain is not None, "a wrap that does not open")
    return {"plaintext": plain.hex()}


def read_grant(given, _):
    identity = reader.Identity(bytes.fromhex(given["seed"]), bytes.fromhex(given["vault"]))
    grant = bytes.fromhex(given["ephemeral"] + given["wrapped"])
    key = identity.open_grant(given["kind"], bytes.fromhex(given["team"]), given["generation"], grant)
    reader.require(key is not None, "a grant that does not open")
    return {"key": key.hex()}


def read_signature(given, _):
    vault, message, key, signature = (bytes.fromhex(given[name]) for name in ("vault", "message", "key", "signature"))
    reader.require(reader.signed_by("vlt1-sign-" + given["type"], vault, message, key, signature), "a signature")
    return {}


def read_key_file(given, _):
    return {"output": reader.KeyFile.parse(bytes.fromhex(given["text"])).output(b"").hex()}


def read_recovery_code(given, _):
    text = bytes.fromhex(given["text"]).decode("latin-1")
    return {"output": reader.RecoveryCode.read(text).output(b"").hex()}


def read_record(given, _):
    record = reader.decode_record(given["kind"], bytes.fromhex(given["bytes"]))
    return {"id": record.id.hex(), "name": record.name}


def read_entry(given, _):
    entry = reader.decode_entry(bytes.fromhex(given["bytes"]))
    return {
        "id": entry.id.hex(),
        "label": entry.label,
        "former_labels": entry.former_labels,
        "attributes": entry.attributes,
        "active": entry.active.hex(),
        "states": [listed.state_at(given["now"]) for listed in entry.versions],
    }


def read_version(given, _):
    version = reader.decode_version(bytes.fromhex(given["bytes"]))
    names = [field.name for field in version.fields]
    return {"id": version.id.hex(), "entry": version.entry.hex(), "scopes": version.scopes, "fields": names}


def read_field(given, _):
    vault, team, team_key = (bytes.fromhex(given[name]) for name in ("vault", "team", "team_key"))
    version = reader.decode_version(bytes.fromhex(given["version"]))
    [place] = [i for i, f in enumerate(version.fields) if f.name == given["field"]] or [None]
    reader.require(place is not None, "no such field", "not_found")
    values = reader.decode_values(bytes.fromhex(given["values"]))
    reader.require(len(values) == len(version.fields), "as many values as fields")
    field = version.fields[place]
    reader.check_field(vault, field, values[place])
    if not field.secret:
        return {"value": values[place].hex()}
    value = reader.unwrap(team_key, reader.field_aad(vault, version.entry, version.id, field, team), values[place])
    reader.require(value is not None, "a field that does not open")
    return {"value": value.hex()}


class Tree(reader.Vault):
    """Nothing but the tree of a vault, over rows that the vector gives."""

    def __init__(self, given):
        kind, root = given["kind"], bytes.fromhex(given["root"])
        self.vault = bytes.fromhex(given["vault"])
        self.head = reader.Commit(*[None] * 12, {kind: (root, given["live"])} if root != reader.ZERO32 else {})
        self.given, self.store = given, self

    def one(self, query, number):
        table = "nodes" if "FROM nodes" in query else "buckets"
        row = self.given[table].get(str(number))
        return row and (bytes.fromhex(row),)


def listed(items):
    return {"items": [reader.encode_item(item).hex() for item in items]}


def list_tree(given, _):
    return listed(Tree(given).items(given["kind"]))


def find_in_tree(given, _):
    return listed(Tree(given).find(given["kind"], bytes.fromhex(given["key"])))


def build_tree(given, _):
    items = [reader.decode_item(reader.Decoder(bytes.fromhex(item))) for item in given["items"]]
    rows = reader.build_tree(bytes.fromhex(given["vault"]), {1: {(item.key, item.id): item for item in items}})
    nodes, buckets = ({str(number): data.hex() for number, data in table.items()} for table in rows[:2])
    root, live = rows[2][1]
    return {"root": root.hex(), "live": live, "nodes": nodes, "buckets": buckets}


def read_commit(given, _):
    commit = reader.decode_commit(bytes.fromhex(given["bytes"]), bytes.fromhex(given["vault"]))
    return {"sequence": commit.sequence, "kind": commit.kind, "operation": commit.operation, "hash": commit.hash.hex()}


def read_delta(given, _):
    return {"changes": len(reader.decode_delta(bytes.fromhex(given["bytes"])))}


def lay(layer, root):
    """The files of a layer over those of the layers before it, as tests/vectors/README.md says."""
    assert layer.is_dir(), layer
    for source in layer.rglob("*"):
        if not source.is_file():
            continue
        target, data = root / source.relative_to(layer), source.read_bytes()
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if source.suffix == ".pages":
            target = target.with_suffix("")
            pages = bytearray(target.read_bytes())
            size, data = PAGE * int.from_bytes(data[:4], "big"), data[4:]
            pages = pages[:size].ljust(size, b"\0")
            for at in range(0, len(data), 4 + PAGE):
                place = PAGE * (int.from_bytes(data[at : at + 4], "big") - 1)
                pages[place : place + PAGE] = data[at + 4 : at + 4 + PAGE]
            data = pages
        target.write_bytes(data)
        target.chmod(0o600)
    for directory in [root, *(path for path in root.rglob("*") if path.is_dir())]:
        directory.chmod(0o700)


def read_vault(given, root):
    for layer in given["layers"]:
        lay(VECTORS / "vaults" / layer, root)
    with reader.Vault(root / "vault", *factors_of(given), state=root / "state") as vault:
        values = {}
        for label in given["labels"]:
            try:
                values[label] = vault.get(label).decode()
            except reader.VaultError as error:
                values[label] = f"({error.code})"
        counts = vault.verify()
        return {"commits": counts["commits"], "epoch": vault.header.epoch, "rollbacks": vault.head.rollbacks, "values": values}


READERS = {
    "header": read_header,
    "mark": read_mark,
    "wrap": read_wrap,
    "grant": read_grant,
    "signature": read_signature,
    "key_file": read_key_file,
    "recovery_code": read_recovery_code,
    "record": read_record,
    "entry": read_entry,
    "version": read_version,
    "field": read_field,
    "tree list": list_tree,
    "tree find": find_in_tree,
    "tree build": build_tree,
    "commit": read_commit,
    "delta": read_delta,
    "vault": read_vault,
}


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.json")), ids=lambda path: path.stem)
def test_every_vector_comes_out_as_it_says(path, tmp_path):
    os.umask(0o077)
    wrong = []
    for vector in json.loads(path.read_text()):
        root = tmp_path / "root"
        try:
            output, code = READERS[vector["run"]](vector["input"], root), "ok"
        except reader.VaultError as error:
            output, code = None, error.code
        if (code, output) != (vector["expect"], vector.get("output")):
            wrong.append((vector["name"], vector["expect"], code, output))
        shutil.rmtree(root, ignore_errors=True)
    assert wrong == []


def test_there_are_vectors_of_every_kind():
    runs = [vector["run"] for path in VECTORS.glob("*.json") for vector in json.loads(path.read_text())]
    assert len(runs) >= 150 and set(runs) == set(READERS)
