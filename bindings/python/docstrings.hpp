#pragma once

// What help() shows. The first line of each is a signature that `inspect` understands; the examples are run by the tests.
namespace doc {

inline constexpr const char* close = R"doc(close(self, /)
--

Wipe the keys; calls that run in other threads end first. More than once does no harm.)doc";

inline constexpr const char* get =
    R"doc(get(self, /, label, *, field=None, version=None, min_ttl=None, allow_expired=False)
--

Read one secret, into locked memory.

field: its name; by default the first secret one, "token". version: its number, from 1; by default the active one. min_ttl: a
timedelta; ExpiringError where less life is left. allow_expired: read an expired key all the same.
Raises NotFoundError (proven; or no such version or field), InactiveError, ExpiredError, ExpiringError, DeniedError,
CorruptError, BusyError.

>>> with v.get("prod-dns") as secret:
...     len(secret)
7
)doc";

inline constexpr const char* get_all =
    R"doc(get_all(self, /, labels, *, field=None, version=None, min_ttl=None, allow_expired=False)
--

Read the secrets of several labels at one moment: all or nothing. Raises as get().)doc";

inline constexpr const char* use =
    R"doc(use(self, /, label, *, field=None, version=None, min_ttl=None, allow_expired=False)
--

Lend a secret for the length of ``with``: a read-only memoryview over locked memory, wiped at the end. Raises as get().

>>> with v.use("prod-dns") as view:
...     len(view)
7
)doc";

inline constexpr const char* entry = R"doc(entry(self, /, label)
--

What is known of an entry, with all its versions; of hidden and destroyed ones too. Raises NotFoundError (proven).

>>> v.entry("prod-dns").team
'platform'
)doc";

inline constexpr const char* list =
    R"doc(list(self, /, *, prefix=None, team=None, issuer=None, account=None, scopes=None, attributes=None, state=None, expiring_within=None, sort='label')
--

The entries that fit all that is named, each with its current version.

prefix: of the label. scopes: all of them are in the key's set. attributes: it has all of them. state: "active", "retiring",
"retired", "expired", "revoked", "hidden" or "destroyed"; by default all but the last two. expiring_within: a timedelta; it ends
between now and then, so that what has ended is left out. sort: "label", "expires", "created", "team" or "issuer".
Raises CorruptError, UsageError, BusyError.

>>> [entry.label for entry in v.list(team="platform")]
['prod-dns']
)doc";

inline constexpr const char* add =
    R"doc(add(self, /, label, secret, *, issuer=None, account=None, team=None, scopes=None, expires=None, issued=None, period=None, note=None, key_name=None, minted_by=None, minted_with=None, attributes=None, fields=None, plain=None, hint=False, fingerprint=True, allow_empty=False, replace_tombstone=False)
--

Store a key under a new label; it is on disk when this returns.

label: 1 to 255 bytes of UTF-8 without control characters, not beginning with a hyphen. secret: bytes, bytearray or memoryview, up to
65,536 bytes, kept exactly.
issuer: "generic" or one that the vault knows ("101domain"); account there; team: whose key seals it. Each is "default" without
one, and account and team are made if they are not there. scopes: what the key may do.
expires: a datetime with a time zone, a timedelta from `issued` or now, or None: never. issued: a datetime; now without one.
period: how often the provider wants it replaced, kept as it is: "90d".
note: up to 16 KiB. key_name: the provider's name for it; minted_by: who made it; minted_with: "2fa" or "sso". attributes: up to
64, name to text. None of these is secret from who may list entries.
fields: more secret fields, name to bytes. plain: fields for everybody who may see the entry, bytes or str.
hint: keep the secret's prefix and last four characters in the clear, from 24 bytes on. fingerprint: False lets the same secret be
stored twice. allow_empty: take a secret of no bytes. replace_tombstone: use the label of a destroyed entry again.
Raises ConflictError (the label is used, or the same secret is stored already), NotFoundError (issuer), UsageError, LimitError,
DeniedError, BusyError.

>>> v.add("ci", b"token-2", team="build", expires=timedelta(days=90))
>>> "ci" in v
True
)doc";

inline constexpr const char* add_all = R"doc(add_all(self, /, entries)
--

Store many in one commit, all or none: dicts of add()'s arguments, label and secret too. Raises as add(); the
message names the place, from 1.

>>> v.add_all({"label": f"web/{n}", "secret": b"key %d" % n} for n in range(3))
>>> len(v.list(prefix="web/"))
3
)doc";

inline constexpr const char* edit =
    R"doc(edit(self, /, label, *, note=None, team=None, attributes=None, remove_attributes=None, revision=None)
--

Change note, team or attributes; what is None stays. revision: of the Entry that was read: ConflictError when it
has changed since.)doc";

inline constexpr const char* move = R"doc(move(self, /, label, to)
--

Give an entry another label; the old one goes on leading to it.)doc";

inline constexpr const char* remove = R"doc(remove(self, /, label)
--

Hide an entry; undelete() brings it back.)doc";

inline constexpr const char* undelete = R"doc(undelete(self, /, label)
--

Bring back an entry that remove() hid.)doc";

inline constexpr const char* destroy = R"doc(destroy(self, /, label)
--

Destroy the values of all versions of an entry for good; its record stays.)doc";

inline constexpr const char* slots = R"doc(slots(self, /)
--

The ways in.)doc";

inline constexpr const char* slot_add =
    R"doc(slot_add(self, /, name, *, passphrase=None, key_file=None, recovery_code=False, unlock_time=None, kdf=None, role=None, teams=None)
--

Make a slot that opens with all the factors that are given; a key file that is not there is made. With
recovery_code=True a code is made and returned, this once. unlock_time: a timedelta, what a try of the passphrase
may cost here (Argon2id, RFC 9106), 500 ms by default; or kdf, its costs by number. role: "metadata" or "reader"
(of `teams`) makes a new identity with its slot. Raises ConflictError (name), DeniedError, LimitError.)doc";

inline constexpr const char* slot_change =
    R"doc(slot_change(self, /, slot=None, *, passphrase=None, key_file=None, recovery_code=False, unlock_time=None, kdf=None)
--

Give a slot of one's own new factors in place of those it has; None: the slot that the vault was opened with.
Copies of the vault from before still open with the old ones. Returns a recovery code as slot_add().)doc";

inline constexpr const char* slot_leaked =
    R"doc(slot_leaked(self, /, slot=None, *, passphrase=None, key_file=None, recovery_code=False, unlock_time=None, kdf=None, kept_passphrase=None, kept_key_file=None, kept_recovery_code=None)
--

For a slot whose secret somebody may know: new factors, new keys for its identity and for all that is stored.
One's other slots stay where their factors are given as kept_...; the rest is dropped.)doc";

inline constexpr const char* slot_remove = R"doc(slot_remove(self, /, slot)
--

Remove a slot, by name or id. LimitError: the last way in.)doc";

inline constexpr const char* teams = R"doc(teams(self, /)
--

The teams and who is in them.)doc";

inline constexpr const char* log = R"doc(log(self, /, label=None, *, limit=None)
--

The commits, newest first, verified back from the signed head. label: those that touched this entry. limit: the newest so many.

>>> v.log(limit=1)[0].operation
'add'
)doc";

inline constexpr const char* status = R"doc(status(self, /)
--

What there is to say about the vault as a whole, the rollback guard too.)doc";

inline constexpr const char* verify = R"doc(verify(self, /)
--

Check everything: every commit, record, version and field. Raises CorruptError, and says what.)doc";

inline constexpr const char* rekey = R"doc(rekey(self, /)
--

New keys for the vault and its teams. Raises DeniedError (no admin), BusyError.)doc";

inline constexpr const char* clone =
    R"doc(clone(self, /, path, *, name=None, passphrase=None, key_file=None, unlock_time=None, kdf=None)
--

Make a new vault with everything this one holds, under new keys, and open it. Arguments as create().)doc";

inline constexpr const char* open =
    R"doc(open(path=None, *, passphrase=None, key_file=None, recovery_code=None, credential=None, slot=None, wait=None, accept_rollback=False)
--

Open a vault: ``with vault.open() as v:``.

path: its directory; None: where the program looks ($VAULT_DIR, config.toml, the standard place). In paths `~` means nothing.
passphrase: bytes, bytearray or memoryview, up to 1,024 bytes; or a callable that gives one, called once, and only where no slot
opens without it (None: cancelled). key_file, credential: paths. recovery_code: bytes, as it was shown.
Without any of these: $CREDENTIALS_DIRECTORY/vault.key and key_file of config.toml.
slot: name or id of the one to open with. wait: a timedelta, how long each call waits for other processes; 5 s by default.
accept_rollback: take an older copy for the present state (admins).
Raises NoVaultError, WrongKeyError, LockedError (nothing to open it with), CorruptError, StaleError, BusyError, DeniedError (files
that are open to others), UnsupportedError (SQLCipher is missing, or a newer format), CancelledError.
)doc";

inline constexpr const char* create =
    R"doc(create(path=None, *, name=None, passphrase=None, key_file=None, unlock_time=None, kdf=None)
--

Make a vault with one slot, and open it. name: the slot's, "first" by default; factors as Vault.slot_add(), which
makes more of them, a recovery code too. Raises ConflictError (something is there already), DeniedError.)doc";

inline constexpr const char* peek = R"doc(peek(path=None)
--

Which slots a vault says it has, read without a key: good enough to know what to ask for, proof of nothing.)doc";

inline constexpr const char* secret_reveal = R"doc(reveal(self, /)
--

The secret as str, from UTF-8: a copy that cannot be wiped. UsageError where it is no UTF-8.)doc";

inline constexpr const char* secret_close = R"doc(close(self, /)
--

Wipe the bytes; more than once does no harm.)doc";

}  // namespace doc
