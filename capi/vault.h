/* vault.h: the C interface of libvault, an embedded credential vault.
 *
 * Conventions
 *  - Functions that can fail return a vault_code: VAULT_OK or one of VAULT_E_*. The numbers are also the exit status of
 *    the `vault` program. vault_last_error() has the message: the operation, the label and the way out, never a secret.
 *  - Objects are opaque. Who receives one through an output parameter owns it and frees it with the function named there;
 *    on failure the output is NULL. Freeing NULL does nothing.
 *  - Text is UTF-8 and ends with a zero byte; nothing passed in is kept after the call.
 *  - Option structures begin with `struct_size`: set it with the INIT macro beside each; unset members are zero.
 *  - Every function is safe to call from several threads at once, on the same handle too, but for vault_close.
 *  - After fork(2) a handle answers VAULT_E_LOCKED in the child, and closing it there does nothing; a child opens vaults after exec.
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
typedef struct vault_list vault_list;     /* entries */

/* "0.1.0"; static. */
VAULT_API const char* vault_version(void);

/* The table's name of a code, "not_found"; static. "unknown" for a number that is not in it. */
VAULT_API const char* vault_code_name(int code);

/* The message of this thread's last failed call; valid until its next call into the library. Never NULL. */
VAULT_API const char* vault_last_error(void);

/* Asks for a passphrase: writes its `*size` bytes, at most `capacity` (1,024), into `buffer`, which is locked memory and wiped
 * afterwards, and returns VAULT_OK; any other code ends the call with that code (VAULT_E_CANCELLED: the person cancelled). */
typedef vault_code (*vault_passphrase_callback)(void* context, void* buffer, size_t capacity, size_t* size);

/* How to unlock: at least one factor, and all that the slot needs. */
typedef struct vault_unlock_options {
  size_t struct_size;
  const void* passphrase; /* 1 to 1,024 bytes as they are, or NULL */
  size_t passphrase_size;
  const char* key_file; /* path of a key file, mode 0600, or NULL */
  const char* slot;     /* the slot's name or id; NULL: any that fits */
  /* vault_open only: called once, where no slot opens with the other factors and one needs a passphrase. */
  vault_passphrase_callback ask_passphrase;
  void* ask_context;
  const void* recovery_code; /* vault_open only: as it was shown; case and hyphens do not matter; or NULL */
  size_t recovery_code_size;
  const char* credential;   /* vault_open only: path of a key file that systemd hands over as a credential, or NULL */
  int64_t wait_ms;          /* for other processes, each call; 0: 5,000; negative: not at all, VAULT_E_BUSY at once */
  uint32_t accept_rollback; /* vault_open only: 1: take an older copy of the vault for the present state (admins) */
} vault_unlock_options;
#define VAULT_UNLOCK_OPTIONS_INIT \
  { sizeof(vault_unlock_options), NULL, 0, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, 0 }

/* Make a vault in the directory `dir` (made with mode 0700 if it is not there) and open it.
 * In:      options: the factors of its first slot. A key file that does not exist is made. A passphrase is stretched with
 *          Argon2id for about half a second on this machine.
 * Out:     vault: freed with vault_close.
 * Returns: VAULT_OK; USAGE, CONFLICT (a vault or other files are there), DENIED, LIMIT, UNSUPPORTED, INTERNAL. */
VAULT_API vault_code vault_create(const char* dir, const vault_unlock_options* options, vault_handle** vault);

/* Open a vault.
 * Out:     vault: freed with vault_close.
 * Returns: VAULT_OK; NO_VAULT, WRONG_KEY, CORRUPT, STALE, DENIED, LIMIT, UNSUPPORTED, NOT_FOUND (no such slot), USAGE, BUSY, INTERNAL;
 *          what ask_passphrase returned. */
VAULT_API vault_code vault_open(const char* dir, const vault_unlock_options* options, vault_handle** vault);

/* Wipe the keys and free the handle. No other thread may use it any more. */
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
  uint32_t no_fingerprint;    /* 1: the same token may be stored again */
  uint32_t allow_empty;       /* 1: the token may have no bytes */
  uint32_t replace_tombstone; /* 1: the label of a destroyed entry may be used again */
} vault_add_options;
#define VAULT_ADD_OPTIONS_INIT \
  { sizeof(vault_add_options), NULL, NULL, NULL, NULL, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, 0, 0, 0 }

/* Store a key under a new label. It is on disk when this returns.
 * In:      secret: `size` bytes, up to 65,536, any values; the entry's field "token". options: may be NULL.
 * Returns: VAULT_OK; CONFLICT (the label is used; the same token is stored already), NOT_FOUND (no such issuer), USAGE, LIMIT, DENIED,
 *          BUSY, CORRUPT, INTERNAL. */
VAULT_API vault_code vault_add(vault_handle* vault, const char* label, const void* secret, size_t size,
                               const vault_add_options* options);

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

/* The bytes; valid until the secret is freed. Not zero-terminated. */
VAULT_API const void* vault_secret_data(const vault_secret* secret);
VAULT_API size_t vault_secret_size(const vault_secret* secret);
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
  size_t size; /* of the value, in bytes */
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
VAULT_API size_t vault_list_size(const vault_list* list);
/* The entry at a place, from 0; it belongs to the list. NULL where there is none. */
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
  const char* const* remove; /* keys of attributes; one that is not there is no error */
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

/* ---- the vault ---- */

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

#ifdef __cplusplus
}
#endif

#endif
