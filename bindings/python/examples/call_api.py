"""Fetches a page with a key from the vault: call_api.py LABEL URL. The key is read for every request, so a rotation is picked up."""

import sys

import requests

import vault
import vault.requests


def main(label: str, url: str) -> int:
    try:
        answer = requests.get(url, auth=vault.requests.BearerAuth(label), timeout=30)
    except vault.VaultError as error:
        print(f"call_api: {error}", file=sys.stderr)
        return error.code
    print(answer.text)
    return 0 if answer.ok else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
