"""Prints the keys that end within 30 days, and exits with 1 if there are any: for a cron job that mails what it prints."""

import sys
from datetime import timedelta

import vault


def main() -> int:
    with vault.open() as v:
        due = v.list(expiring_within=timedelta(days=30), sort="expires")
    for entry in due:
        print(f"{entry.label} of team {entry.team} ends on {entry.expires_at:%Y-%m-%d}")
    return 1 if due else 0


if __name__ == "__main__":
    sys.exit(main())
