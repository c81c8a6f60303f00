/* vault.h: the C interface of libvault, an embedded credential vault.
 *
 * Conventions
 *  - Functions that can fail return a vault_code: VAULT_OK or one of VAULT_E_*. The numbers are also the exit status of
 *    the `vault` program. vault_last_error() has the message: the operation, the label and the way out, never a secret.
 *  - Objects are opaque. Who receives one through an output parameter owns it and frees it with the function named there;
 *    on failure the output is NULL. Freeing NULL does nothing.
 *  - Text is UTF-8 and ends with a zero byte; nothing passed in is kept after the call.
 *  - Option structures begin with `struct_size`: set it with the INIT macro beside each; unset members are zero.
 *  - Every function is safe to call from several threads at once, on the same vault too. vault_close waits for the calls that run
 *    on the vault; later ones answer VAULT_E_USAGE, as do all with a vault that is not open. Secrets, entries and lists do not
 *    change, but for vault_list_next and vault_secret_wipe; who frees one sees to it that nobody uses it any more. (Builds without
 *    NDEBUG know every one of them, and answer a freed one with VAULT_E_USAGE, NULL or 0.)
 *  - A thread that is cancelled (pthread_cancel) during a call ends after it.
 *  - After fork(2) a vault answers VAULT_E_LOCKED in the child, and closing it there does nothing; a child opens vaults after exec.
 *    A secret has no bytes in a child: its memory is wiped there.
 *  - The library needs no initialiser, writes nothing to the terminal, installs no signal handler, ends no process.
 *    SQLCipher (and with it OpenSSL, which reads the file that OPENSSL_CONF names) is loaded when a vault is first opened.
 */
#ifndef VAULT_H
#define VAULT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define VAULT_API __attribute__((visibility("default")))
#else
#define VAULT_API
#endif

/* The version of this header; vault_version() is the library's. */
#define VAULT_VERSION_MAJOR 0
#define VAULT_VERSION_MINOR 1
#define VAULT_VERSION_PATCH 0

/* Outcomes. The numbers never change; new ones are added at the end. */
typedef enum vault_code {
  VAULT_OK = 0,
  VAULT_E_INTERNAL = 1,      /* a bug, or the system failed in a way that the message names */
  VAULT_E_USAGE = 2,         /* bad arguments, malformed input */
  VAULT_E_NOT_FOUND = 3,     /* no such label, version, field, slot */
  VAULT_E_LOCKED = 4,        /* needs an unlock; or a handle from before a fork */
  VAULT_E_EXPIRED = 5,       /* the key has expired */
  VAULT_E_EXPIRING = 6,      /* less life left than was asked for */
  VAULT_E_INACTIVE = 7,      /* revoked, retired, hidden or destroyed */
  VAULT_E_DENIED = 8,        /* this identity may not; or files are open to others */
  VAULT_E_BUSY = 9,          /* another process holds the vault */
  VAULT_E_WRONG_KEY = 10,    /* no slot opens with what was given */
  VAULT_E_CORRUPT = 11,      /* damaged or tampered with */
  VAULT_E_AUDIT_FAILED = 12, /* the event could not be logged */
  VAULT_E_NO_VAULT = 13,     /* nothing at that place */
  VAULT_E_CONFLICT = 14,     /* exists already, or changed since it was read */
  VAULT_E_LIMIT = 15,        /* a rule or a resource forbids it */
  VAULT_E_UNSUPPORTED = 16,  /* newer format, unknown suite, SQLCipher missing */
  VAULT_E_STALE = 17,        /* older than what this machine has seen */
  VAULT_E_CANCELLED = 18     /* the person cancelled */
} vault_code;

typedef struct vault_handle vault_handle; /* an open vault */
typedef struct vault_secret vault_secret; /* bytes in locked memory */
typedef struct vault_entry vault_entry;   /* what is known of an entry; no secret */
typedef struct vault_list vault_list;     /* entries, slots, teams or commits */

/* "0.1.0"; static. */
VAULT_API const char* vault_version(void);

/* 1 if this library has a feature, 0 if not or if the name is NULL. So far:
 * "passphrase", "key-file", "recovery-code", "systemd-credential" (factors); "identities", "rekey", "clone", "rollback-guard";
 * "handle-checks" (freed secrets, entries and lists are recognised). */
VAULT_API int vault_supports(const char* feature);

/* The table's name of a code, "not_found"; static. "unknown" for a number that is not in it. */
VAULT_API const char* vault_code_name(int code);

/* The message of this thread's last failed call; valid until its next call into the library. Never NULL. */
VAULT_API const char* vault_last_error(void);

/* Asks for a passphrase: writes its `*size` bytes, at most `capacity` (1,024), into `buffer`, which is locked memory and wiped
 * afterwards, and returns VAULT_OK; any other code ends the call with that code (VAULT_E_CANCELLED: the person cancelled). */
typedef vault_code (*vault_passphrase_callback)(void* context, void* buffer, size_t capacity, size_t* size);

/* How to unlock: the factors, all that a slot needs. Where none is given, nor ask_passphrase: as the program does it with nobody there, by
 * $CREDENTIALS_DIRECTORY/vault.key and `key_file` of config.toml; where neither is there, VAULT_E_LOCKED. */
typedef struct vault_unlock_options {
  size_t struct_size;
  const void* passphrase; /* 1 to 1,024 bytes as they are, or NULL */
  size_t passphrase_size;
  const char* key_file; /* path of a key file, mode 0600, or NULL */
  const char* slot;     /* the slot's name or id; NULL: any that fits */
  /* Called once, where no slot opens with the other factors and one needs a passphrase; or NULL. */
  vault_passphrase_callback ask_passphrase;
  void* ask_context;
  const void* recovery_code; /* as it was shown; case and hyphens do not matter; or NULL */
  size_t recovery_code_size;
  const char* credential;   /* path of a key file that systemd hands over as a credential, or NULL */
  int64_t wait_ms;          /* for other processes, each call; 0: 5,000; negative: not at all, VAULT_E_BUSY at once */
  uint32_t accept_rollback; /* 1: take an older copy of the vault for the present state (admins) */
} vault_unlock_options;
#define VAULT_UNLOCK_OPTIONS_INIT \
  { sizeof(vault_unlock_options), NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, 0 }

/* Who a slot is for. */
typedef enum vault_role {
  VAULT_ROLE_OWN = 0,      /* vault_slot_add: the identity that opened the vault */
  VAULT_ROLE_METADATA = 1, /* sees entries, opens no secret */
  VAULT_ROLE_READER = 2,   /* and opens the secrets of its teams */
  VAULT_ROLE_ADMIN = 3
} vault_role;

/* A new slot, or the new factors of one: at least one factor; all of them are needed to open it. */
typedef struct vault_slot_options {
  size_t struct_size;
  const char* name;       /* 1 to 64 bytes, for people: "laptop"; NULL: "first" */
  const void* passphrase; /* 1 to 1,024 bytes as they are, or NULL; stretched with Argon2id (RFC 9106) */
  size_t passphrase_size;
  const char* key_file;    /* path; a file that does not exist is made with mode 0600; or NULL */
  uint32_t recovery_code;  /* 1: a recovery code is made, which the function gives */
  uint32_t unlock_time_ms; /* what a try of the passphrase may cost on this machine, 1 to 60,000; 0: 500 */
  uint32_t
      kdf_memory_kib; /* or its costs by number: 0 in all three: as unlock_time_ms says; else 0: the least there is */
  uint32_t kdf_passes;
  uint32_t kdf_lanes;
  uint32_t role; /* a vault_role; vault_slot_add alone. METADATA or READER: of a new identity with the slot's name */
  const char* const* teams; /* whose secrets a new reader may open; one at least */
  size_t team_count;
} vault_slot_options;
#define VAULT_SLOT_OPTIONS_INIT \
  { sizeof(vault_slot_options), NULL, NULL, 0, NULL, 0, 0, 0, 0, 0, VAULT_ROLE_OWN, NULL, 0 }

/* Make a vault in the directory `dir` (made with mode 0700 if it is not there) and open it.
 * In:      dir: NULL: where the program makes one: $VAULT_DIR, `dir` of config.toml, $XDG_DATA_HOME/vault/default. slot: its first slot. The caller is its root admin.
 * Out:     recovery_code: 41 characters, freed (and wiped) with vault_secret_free; may be NULL where the slot has none.
 *          vault: freed with vault_close.
 * Returns: VAULT_OK; USAGE, CONFLICT (a vault or other files are there), DENIED, LIMIT, UNSUPPORTED, INTERNAL. */
VAULT_API vault_code vault_create(const char* dir, const vault_slot_options* slot, vault_secret** recovery_code,
                                  vault_handle** vault);

/* Open a vault.
 * In:      dir: NULL: where the program looks, as for vault_create. options: may be NULL.
 * Out:     vault: freed with vault_close.
 * Returns: VAULT_OK; NO_VAULT, LOCKED, WRONG_KEY, CORRUPT, STALE, DENIED, LIMIT, UNSUPPORTED, NOT_FOUND (no such slot), USAGE, BUSY, INTERNAL;
 *          what ask_passphrase returned. */
VAULT_API vault_code vault_open(const char* dir, const vault_unlock_options* options, vault_handle** vault);

/* Which slots a vault says it has, read without a key: good enough to know what to ask for, proof of nothing.
 * In:      dir: as for vault_open.
 * Out:     slots: read with vault_list_slot, freed with vault_list_free.
 * Returns: VAULT_OK; NO_VAULT, CORRUPT, DENIED, UNSUPPORTED, USAGE, INTERNAL. */
VAULT_API vault_code vault_peek(const char* dir, vault_list** slots);

/* Wait for the calls that run on the vault, then wipe the keys and free the handle. Not from a callback of a call on the same vault,
 * but for that of vault_use. */
VAULT_API void vault_close(vault_handle* vault);

/* ---- storing ---- */

/* Times are seconds since 1970 UTC. */
#define VAULT_NEVER INT64_MAX

typedef struct vault_attribute {
  const char* key;   /* 1 to 64 bytes */
  const char* value; /* up to 1,024 bytes */
} vault_attribute;

typedef struct vault_field {
  const char* name; /* 1 to 64 bytes */
  const void* data; /* up to 65,536 bytes, any values */
  size_t size;
  uint32_t secret; /* 1: sealed; 0: for everybody who may see the entry */
} vault_field;

typedef struct vault_add_options {
  size_t struct_size;
  const char* issuer;  /* NULL: "generic" */
  const char* account; /* NULL: "default"; made if it is not there */
  const char* team;    /* NULL: "default"; made if it is not there */
  const char* const* scopes;
  size_t scope_count;
  int64_t expires_at; /* VAULT_NEVER or 0: never */
  int64_t issued_at;  /* 0: now */
  const char* note;   /* NULL: none; so below */
  const char* key_name;
  const char* minted_by;
  const char* minted_with; /* "2fa" or "sso" */
  const vault_attribute* attributes;
  size_t attribute_count;
  const vault_field* fields; /* beside the token */
  size_t field_count;
  const char* period;      /* how often the provider wants it replaced: "90d"; kept as it is */
  uint32_t hint;           /* 1: keep the token's prefix and its last four characters in the clear, from 24 bytes on */
  uint32_t no_fingerprint; /* 1: the same token may be stored again */
  uint32_t allow_empty;    /* 1: the token may have no bytes */
  uint32_t replace_tombstone; /* 1: the label of a destroyed entry may be used again */
} vault_add_options;
#define VAULT_ADD_OPTIONS_INIT                                                                                        \
  {                                                                                                                   \
    sizeof(vault_add_options), NULL, NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, 0, 0, \
        0, 0                                                                                                          \
  }

/* Store a key under a new label. It is on disk when this returns.
 * In:      secret: `size` bytes, up to 65,536, any values; the entry's field "token". options: may be NULL.
 * Returns: VAULT_OK; CONFLICT (the label is used; the same token is stored already), NOT_FOUND (no such issuer), USAGE, LIMIT, DENIED,
 *          BUSY, CORRUPT, INTERNAL. */
VAULT_API vault_code vault_add(vault_handle* vault, const char* label, const void* secret, size_t size,
                               const vault_add_options* options);

typedef struct vault_new_entry {
  const char* label;
  const void* secret;
  size_t size;
  const vault_add_options* options; /* may be NULL */
} vault_new_entry;

/* Store many in one commit: all of them or none.
 * Returns: as vault_add; the message names the place in `entries`, from 1. */
VAULT_API vault_code vault_add_all(vault_handle* vault, const vault_new_entry* entries, size_t count);

/* ---- reading secrets ---- */

typedef struct vault_get_options {
  size_t struct_size;
  const char* field;      /* NULL: the first secret one */
  uint32_t version;       /* 0: the active one */
  uint32_t allow_expired; /* 1: read an expired key all the same */
  uint64_t min_ttl;       /* seconds of life that must be left, or EXPIRING */
} vault_get_options;
#define VAULT_GET_OPTIONS_INIT \
  { sizeof(vault_get_options), NULL, 0, 0, 0 }

/* Read one secret.
 * In:      options: may be NULL.
 * Out:     secret: freed (and wiped) with vault_secret_free.
 * Returns: VAULT_OK; NOT_FOUND (proven), INACTIVE, EXPIRED, EXPIRING, DENIED, CORRUPT, USAGE, BUSY, LOCKED, INTERNAL. */
VAULT_API vault_code vault_get(const vault_handle* vault, const char* label, const vault_get_options* options,
                               vault_secret** secret);

/* Read the secrets of several labels at one moment: all or nothing.
 * Out:     secrets: room for `count`; each is freed with vault_secret_free; all NULL on failure.
 * Returns: as vault_get. */
VAULT_API vault_code vault_get_all(const vault_handle* vault, const char* const* labels, size_t count,
                                   const vault_get_options* options, vault_secret** secrets);

/* The bytes; valid until the secret is freed. Not zero-terminated. Of NULL, and in a forked child: NULL and 0. */
VAULT_API const void* vault_secret_data(const vault_secret* secret);
VAULT_API size_t vault_secret_size(const vault_secret* secret);

typedef struct vault_secret_info {
  size_t struct_size;
  const char* field; /* belongs to the secret */
  uint32_t version;
  int64_t expires_at; /* VAULT_NEVER: never */
} vault_secret_info;
#define VAULT_SECRET_INFO_INIT \
  { sizeof(vault_secret_info), NULL, 0, 0 }

/* Which field of which version was read. A recovery code has the field "recovery-code" and the version 0.
 * Returns: VAULT_OK; USAGE. */
VAULT_API vault_code vault_secret_describe(const vault_secret* secret, vault_secret_info* info);

/* 1 if the secret has just these bytes, else 0 (also of NULL). Takes the same time wherever they differ. */
VAULT_API int vault_secret_equal(const vault_secret* secret, const void* data, size_t size);

/* Zero the bytes; their memory stays until the secret is freed, for who still has the pointer. */
VAULT_API void vault_secret_wipe(vault_secret* secret);
VAULT_API void vault_secret_free(vault_secret* secret);

/* Lend a secret's bytes for the length of a call: `use` gets them in locked memory, and they are wiped when it returns. Who reads
 * this way never owns a copy. `use` may call the library, also with the same handle.
 * In:      options: may be NULL. use: called once, if the secret was read; what it returns is the result.
 * Returns: what `use` returned; or as vault_get. */
typedef vault_code (*vault_use_callback)(const void* data, size_t size, void* context);
VAULT_API vault_code vault_use(const vault_handle* vault, const char* label, const vault_get_options* options,
                               vault_use_callback use, void* context);

/* ---- what is known of entries ---- */

typedef enum vault_state {
  VAULT_STATE_ANY = 0, /* in a selection: all but hidden and destroyed */
  VAULT_STATE_ACTIVE = 1,
  VAULT_STATE_RETIRING = 2, /* replaced, and good for some time yet */
  VAULT_STATE_RETIRED = 3,
  VAULT_STATE_EXPIRED = 4,
  VAULT_STATE_REVOKED = 5,
  VAULT_STATE_HIDDEN = 6, /* removed; vault_undelete brings it back */
  VAULT_STATE_DESTROYED = 7
} vault_state;

/* The table's name of a state, "retiring"; static. "unknown" for a number that is not in it. */
VAULT_API const char* vault_state_name(int state);

/* Structures that are filled in begin with `struct_size` too: set it with the INIT macro. Their texts belong to the entry. */
typedef struct vault_entry_info {
  size_t struct_size;
  const char* label;
  const char* issuer;
  const char* account;
  const char* team;
  const char* note;
  const char* revision; /* changes with every change of the entry: for vault_edit */
  uint32_t state;       /* a vault_state */
  uint32_t current;     /* number of the version that vault_get reads; 0: none */
  int64_t created_at;
  int64_t changed_at;
  size_t attribute_count;
  size_t former_label_count; /* that still lead to the entry */
  size_t version_count;      /* that this object knows: from a list the current one alone */
} vault_entry_info;
#define VAULT_ENTRY_INFO_INIT \
  { sizeof(vault_entry_info), NULL, NULL, NULL, NULL, NULL, NULL, VAULT_STATE_ANY, 0, 0, 0, 0, 0, 0 }

typedef struct vault_version_info {
  size_t struct_size;
  uint32_t number; /* from 1, by age */
  uint32_t state;  /* a vault_state */
  int64_t issued_at;
  int64_t expires_at; /* VAULT_NEVER: never */
  int64_t stored_at;
  const char* period; /* "90d"; texts are empty where nothing was said */
  const char* key_name;
  const char* minted_by;
  const char* minted_with;
  const char* hint;
  const char* fingerprint; /* the first 16 hexadecimal digits */
  size_t scope_count;
  size_t field_count;
} vault_version_info;
#define VAULT_VERSION_INFO_INIT \
  { sizeof(vault_version_info), 0, VAULT_STATE_ANY, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0 }

typedef struct vault_field_info {
  size_t struct_size;
  const char* name;
  size_t size; /* of the value, in bytes; from a list: 0, for it is not read there */
  uint32_t secret;
} vault_field_info;
#define VAULT_FIELD_INFO_INIT \
  { sizeof(vault_field_info), NULL, 0, 0 }

/* One entry with all its versions; hidden and destroyed ones too.
 * Out:     entry: freed with vault_entry_free.
 * Returns: VAULT_OK; NOT_FOUND (proven), CORRUPT, USAGE, BUSY, LOCKED, INTERNAL. */
VAULT_API vault_code vault_show(const vault_handle* vault, const char* label, vault_entry** entry);
VAULT_API void vault_entry_free(vault_entry* entry);

/* What an entry holds. `index` and `version` count from 0. The texts belong to the entry, and are valid until it, or the list it lies
 * in, is freed. An entry never changes: it may be read by several threads.
 * Returns: VAULT_OK; USAGE (NULL, struct_size); NOT_FOUND (there are not so many). */
VAULT_API vault_code vault_entry_describe(const vault_entry* entry, vault_entry_info* info);
VAULT_API vault_code vault_entry_attribute(const vault_entry* entry, size_t index, vault_attribute* attribute);
VAULT_API vault_code vault_entry_former_label(const vault_entry* entry, size_t index, const char** label);
VAULT_API vault_code vault_entry_version(const vault_entry* entry, size_t version, vault_version_info* info);
VAULT_API vault_code vault_entry_scope(const vault_entry* entry, size_t version, size_t index, const char** scope);
VAULT_API vault_code vault_entry_field(const vault_entry* entry, size_t version, size_t index, vault_field_info* info);

typedef enum vault_sort {
  VAULT_SORT_LABEL = 0,
  VAULT_SORT_EXPIRES = 1,
  VAULT_SORT_CREATED = 2,
  VAULT_SORT_TEAM = 3,
  VAULT_SORT_ISSUER = 4
} vault_sort;

/* Which entries a list holds: those that all of it fits. */
typedef struct vault_selection {
  size_t struct_size;
  const char* prefix; /* of the label; NULL: any, so below */
  const char* team;
  const char* issuer;
  const char* account;
  const char* const* scopes; /* all of them are in the key's set */
  size_t scope_count;
  const vault_attribute* attributes;
  size_t attribute_count;
  uint64_t expiring_within; /* seconds: ends between now and then; 0: whenever */
  uint32_t state;           /* a vault_state */
  uint32_t sort;            /* a vault_sort */
} vault_selection;
#define VAULT_SELECTION_INIT \
  { sizeof(vault_selection), NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, 0, VAULT_STATE_ANY, VAULT_SORT_LABEL }

/* The entries of a selection, each with its current version.
 * In:      selection: may be NULL: all that are not hidden or destroyed, by label.
 * Out:     list: freed with vault_list_free.
 * Returns: VAULT_OK; CORRUPT, USAGE, BUSY, LOCKED, INTERNAL. */
VAULT_API vault_code vault_find(const vault_handle* vault, const vault_selection* selection, vault_list** list);
/* How many of whatever it holds. Of NULL: 0. */
VAULT_API size_t vault_list_size(const vault_list* list);
/* The entry at a place, from 0; it belongs to the list. NULL where there is none, or where the list holds something else. */
VAULT_API const vault_entry* vault_list_at(const vault_list* list, size_t index);
/* The next entry, from the first on; NULL at the end, and from the first on again. For one thread at a time. */
VAULT_API const vault_entry* vault_list_next(vault_list* list);
VAULT_API void vault_list_free(vault_list* list);

/* ---- changing entries ---- */

typedef struct vault_edit_options {
  size_t struct_size;
  const char* note; /* NULL: stays; so below */
  const char* team; /* made if it is not there; every secret field is wrapped anew under its key */
  const vault_attribute* set;
  size_t set_count;
  const char* const* remove; /* keys of attributes; NOT_FOUND where the entry has none such */
  size_t remove_count;
  const char* revision; /* of vault_entry_info: CONFLICT when the entry has changed since; NULL: whatever it is */
} vault_edit_options;
#define VAULT_EDIT_OPTIONS_INIT \
  { sizeof(vault_edit_options), NULL, NULL, NULL, 0, NULL, 0, NULL }

/* Change note, team or attributes. Scopes, times and values never change: a new version has others. On disk when it returns.
 * Returns: VAULT_OK; NOT_FOUND, INACTIVE (destroyed), CONFLICT, USAGE, LIMIT, DENIED, BUSY, CORRUPT, LOCKED, INTERNAL. */
VAULT_API vault_code vault_edit(vault_handle* vault, const char* label, const vault_edit_options* options);

/* Give an entry another label; the old one goes on leading to it.
 * Returns: as vault_edit; CONFLICT (the new label is used). */
VAULT_API vault_code vault_move(vault_handle* vault, const char* from, const char* to);

/* Hide an entry (vault_undelete brings it back), or destroy the values of all its versions for good and keep its record.
 * Returns: as vault_edit; INACTIVE (hidden or destroyed already); CONFLICT (vault_undelete: it is not hidden). */
VAULT_API vault_code vault_remove(vault_handle* vault, const char* label);
VAULT_API vault_code vault_undelete(vault_handle* vault, const char* label);
VAULT_API vault_code vault_destroy(vault_handle* vault, const char* label);

/* ---- slots: the ways in ---- */

/* Bits of vault_slot_info.factors. */
#define VAULT_FACTOR_PASSPHRASE 1u
#define VAULT_FACTOR_KEY_FILE 2u
#define VAULT_FACTOR_RECOVERY_CODE 4u
#define VAULT_FACTOR_CREDENTIAL 8u
#define VAULT_FACTOR_OTHER 0x80000000u /* one that a newer version knows */

typedef struct vault_slot_info {
  size_t struct_size;
  const char* id; /* 32 hexadecimal digits; texts belong to the list */
  const char* name;
  const char* identity; /* whose it is; empty after vault_peek */
  uint32_t role;        /* a vault_role: of the identity */
  uint32_t factors;     /* VAULT_FACTOR_ bits: all of them are needed */
  int64_t created_at;
  uint64_t counter;        /* raised at each change */
  uint32_t kdf_memory_kib; /* what its passphrase costs; 0: it has none */
  uint32_t kdf_passes;
  uint32_t kdf_lanes;
  uint32_t opened; /* 1: the vault was opened with it */
  uint32_t last;   /* 1: its identity's last one: removing it removes the identity */
} vault_slot_info;
#define VAULT_SLOT_INFO_INIT \
  { sizeof(vault_slot_info), NULL, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/* Every slot.
 * Out:     slots: freed with vault_list_free.
 * Returns: VAULT_OK; CORRUPT, USAGE, BUSY, LOCKED, INTERNAL. */
VAULT_API vault_code vault_slots(const vault_handle* vault, vault_list** slots);
/* Returns: VAULT_OK; NOT_FOUND (there are not so many); USAGE (not a list of slots). */
VAULT_API vault_code vault_list_slot(const vault_list* slots, size_t index, vault_slot_info* info);

/* Make a slot: of the identity that opened the vault, or of a new identity with a role of its own (admins).
 * Out:     recovery_code: as vault_create.
 * Returns: VAULT_OK; CONFLICT (the name is used), NOT_FOUND (team), DENIED, LIMIT, USAGE, BUSY, CORRUPT, LOCKED, INTERNAL. */
VAULT_API vault_code vault_slot_add(vault_handle* vault, const vault_slot_options* slot, vault_secret** recovery_code);

/* Give a slot of the own identity new factors in place of those it has: the new ones are all that it needs then. Copies of the vault
 * from before still open with the old ones.
 * In:      slot: its name or id; NULL: the one that the vault was opened with. factors: name and role are not set.
 * Out:     recovery_code: as vault_create.
 * Returns: VAULT_OK; NOT_FOUND, DENIED (another's), LIMIT, USAGE, BUSY, CORRUPT, LOCKED, INTERNAL. */
VAULT_API vault_code vault_slot_change(vault_handle* vault, const char* slot, const vault_slot_options* factors,
                                       vault_secret** recovery_code);

/* Remove a slot of the own identity; admins: also one of an identity that is no admin, which is gone with its last slot.
 * Returns: VAULT_OK; NOT_FOUND, DENIED, LIMIT (the own last one that needs no hardware), USAGE, BUSY, CORRUPT, LOCKED, INTERNAL. */
VAULT_API vault_code vault_slot_remove(vault_handle* vault, const char* slot);

/* ---- teams ---- */

typedef struct vault_team_info {
  size_t struct_size;
  const char* id; /* 32 hexadecimal digits; texts belong to the list */
  const char* name;
  int64_t created_at;
  uint64_t generation; /* of its key */
  uint64_t entries;
  size_t member_count; /* identities that hold its key */
} vault_team_info;
#define VAULT_TEAM_INFO_INIT \
  { sizeof(vault_team_info), NULL, NULL, 0, 0, 0, 0 }

/* Every team.
 * Out:     teams: freed with vault_list_free.
 * Returns: VAULT_OK; CORRUPT, USAGE, BUSY, LOCKED, INTERNAL. */
VAULT_API vault_code vault_teams(const vault_handle* vault, vault_list** teams);
/* Returns: VAULT_OK; NOT_FOUND (there are not so many); USAGE (not a list of teams). */
VAULT_API vault_code vault_list_team(const vault_list* teams, size_t index, vault_team_info* info);
VAULT_API vault_code vault_list_team_member(const vault_list* teams, size_t index, size_t member, const char** name);

/* ---- history ---- */

typedef enum vault_commit_kind {
  VAULT_COMMIT_CHANGE = 1,
  VAULT_COMMIT_ROLLBACK = 2, /* an older state was accepted */
  VAULT_COMMIT_EPOCH = 3,    /* new keys: vault_rekey */
  VAULT_COMMIT_CLONE = 4
} vault_commit_kind;

typedef struct vault_commit_info {
  size_t struct_size;
  uint64_t sequence;     /* from 1 */
  int64_t time;          /* as its author's clock had it */
  const char* operation; /* "add"; texts belong to the list */
  const char* identity;  /* its author */
  const char* hash;      /* 64 hexadecimal digits */
  uint32_t kind;         /* a vault_commit_kind */
  uint64_t epoch;
  uint64_t gave_up; /* of a rollback: the last commit of what was given up by it; else 0 */
  size_t touched_count;
} vault_commit_info;
#define VAULT_COMMIT_INFO_INIT \
  { sizeof(vault_commit_info), 0, 0, NULL, NULL, NULL, 0, 0, 0, 0 }

typedef struct vault_touched_info {
  size_t struct_size;
  const char* what; /* "added", "changed", "hidden", "destroyed" or "renamed" */
  const char* kind; /* of the record: "entry", "team", "account", "identity", ... */
  const char* name; /* today's; empty where it cannot be told */
} vault_touched_info;
#define VAULT_TOUCHED_INFO_INIT \
  { sizeof(vault_touched_info), NULL, NULL, NULL }

typedef struct vault_log_options {
  size_t struct_size;
  const char* label; /* only commits that touched this entry; NULL: all */
  uint64_t limit;    /* the newest so many; 0: all */
} vault_log_options;
#define VAULT_LOG_OPTIONS_INIT \
  { sizeof(vault_log_options), NULL, 0 }

/* The commits, newest first, verified back from the signed head.
 * In:      options: may be NULL.
 * Out:     commits: freed with vault_list_free.
 * Returns: VAULT_OK; NOT_FOUND (label), CORRUPT, USAGE, BUSY, LOCKED, INTERNAL. */
VAULT_API vault_code vault_log(const vault_handle* vault, const vault_log_options* options, vault_list** commits);
/* Returns: VAULT_OK; NOT_FOUND (there are not so many); USAGE (not a list of commits). */
VAULT_API vault_code vault_list_commit(const vault_list* commits, size_t index, vault_commit_info* info);
VAULT_API vault_code vault_list_touched(const vault_list* commits, size_t index, size_t touched,
                                        vault_touched_info* info);

/* ---- the vault ---- */

typedef enum vault_rollback_guard {
  VAULT_GUARD_NONE = 0,      /* an older copy would be taken for the vault: rollback_why */
  VAULT_GUARD_FIRST_USE = 1, /* this machine remembers from this call on; what came before cannot be judged */
  VAULT_GUARD_MARK = 2       /* it remembers the newest state it saw, and refuses an older one */
} vault_rollback_guard;

/* Texts are in the structure, cut where they are longer. */
typedef struct vault_status_info {
  size_t struct_size;
  uint64_t epoch;     /* of the vault's keys, from 1 */
  uint64_t sequence;  /* of the newest commit */
  int64_t changed_at; /* when that was */
  uint64_t entries;   /* neither hidden nor destroyed */
  uint64_t teams;
  uint64_t slots;
  uint64_t rollbacks;        /* how often an older state was accepted */
  uint64_t mark_sequence;    /* what this machine remembers: the commit, 0 where nothing */
  uint32_t suite;            /* of the cryptography: docs/FORMAT.md */
  uint32_t role;             /* a vault_role: of the identity that opened the vault */
  uint32_t rollback_guard;   /* a vault_rollback_guard */
  uint32_t header_from_copy; /* 1: the header was missing or damaged, and its copy served */
  uint32_t memory_locked;    /* 0: the system did not lock all memory of secrets: it may be swapped out */
  char id[40];               /* 32 hexadecimal digits */
  char head[72];             /* hash of the newest commit: 64 hexadecimal digits */
  char identity[72];
  char audit_policy[16];
  char sqlcipher_version[64];
  char network_file_system[32]; /* its name, where the vault lies on one; else empty */
  char rollback_why[256];
} vault_status_info;
#define VAULT_STATUS_INFO_INIT \
  { sizeof(vault_status_info), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, "", "", "", "", "", "", "" }

/* What there is to say about the vault as a whole.
 * Returns: VAULT_OK; CORRUPT, USAGE, BUSY, LOCKED, INTERNAL. */
VAULT_API vault_code vault_status(const vault_handle* vault, vault_status_info* info);

typedef struct vault_verify_report {
  size_t struct_size;
  uint64_t commits;
  uint64_t records;
  uint64_t versions;
  uint64_t fields;          /* secret ones, opened */
  uint64_t fields_not_ours; /* of teams whose key this identity does not hold */
} vault_verify_report;
#define VAULT_VERIFY_REPORT_INIT \
  { sizeof(vault_verify_report), 0, 0, 0, 0, 0 }

/* Walk and check everything: every commit and what it changed, every record, version and field.
 * Out:     report: may be NULL.
 * Returns: VAULT_OK; CORRUPT (the message says what), USAGE, BUSY, LOCKED, INTERNAL. */
VAULT_API vault_code vault_verify(const vault_handle* vault, vault_verify_report* report);

typedef struct vault_rekey_report {
  size_t struct_size;
  uint64_t epoch; /* the new one */
  uint64_t teams;
  uint64_t fields;      /* wrapped anew */
  size_t dropped_slots; /* of vault_slot_leaked */
} vault_rekey_report;
#define VAULT_REKEY_REPORT_INIT \
  { sizeof(vault_rekey_report), 0, 0, 0, 0 }

/* New keys for the vault, its teams and its log (admins). Readers see the old state until it is replaced at once.
 * Out:     report: may be NULL.
 * Returns: VAULT_OK; DENIED, USAGE, BUSY, CORRUPT, LOCKED, INTERNAL. */
VAULT_API vault_code vault_rekey(vault_handle* vault, vault_rekey_report* report);

/* For a slot whose secret somebody may know: new factors, new keys for its identity, and vault_rekey (root admins).
 * In:      as vault_slot_change. kept: the factors of the identity's other slots that are to stay; what does not open with them is
 *          dropped; its other members are not set; may be NULL.
 * Out:     recovery_code: as vault_create. report: may be NULL.
 * Returns: as vault_slot_change and vault_rekey. */
VAULT_API vault_code vault_slot_leaked(vault_handle* vault, const char* slot, const vault_slot_options* factors,
                                       const vault_unlock_options* kept, vault_secret** recovery_code,
                                       vault_rekey_report* report);

/* Make a new vault of one admin in `dir` with everything this one holds, under new keys, and open it (admins).
 * In:      slot: its first slot, as vault_create.
 * Returns: as vault_create; DENIED, BUSY, CORRUPT, LOCKED. */
VAULT_API vault_code vault_clone(const vault_handle* vault, const char* dir, const vault_slot_options* slot,
                                 vault_secret** recovery_code, vault_handle** clone);

#ifdef __cplusplus
}
#endif

#endif
