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

/* "0.1.0"; static. */
VAULT_API const char* vault_version(void);

/* The table's name of a code, "not_found"; static. "unknown" for a number that is not in it. */
VAULT_API const char* vault_code_name(int code);

/* The message of this thread's last failed call; valid until its next call into the library. Never NULL. */
VAULT_API const char* vault_last_error(void);

/* How to unlock. At least one of passphrase and key_file; both for a slot that needs both. */
typedef struct vault_unlock_options {
  size_t struct_size;
  const void* passphrase; /* 1 to 1,024 bytes as they are, or NULL */
  size_t passphrase_size;
  const char* key_file; /* path of a key file, mode 0600, or NULL */
  const char* slot;     /* the slot's name or id; NULL: any that fits */
} vault_unlock_options;
#define VAULT_UNLOCK_OPTIONS_INIT \
  { sizeof(vault_unlock_options), NULL, 0, NULL, NULL }

/* Make a vault in the directory `dir` (made with mode 0700 if it is not there) and open it.
 * In:      options: the factors of its first slot. A key file that does not exist is made. A passphrase is stretched with
 *          Argon2id for about half a second on this machine.
 * Out:     vault: freed with vault_close.
 * Returns: VAULT_OK; USAGE, CONFLICT (a vault or other files are there), DENIED, LIMIT, UNSUPPORTED, INTERNAL. */
VAULT_API vault_code vault_create(const char* dir, const vault_unlock_options* options, vault_handle** vault);

/* Open a vault.
 * Out:     vault: freed with vault_close.
 * Returns: VAULT_OK; NO_VAULT, WRONG_KEY, CORRUPT, STALE, DENIED, LIMIT, UNSUPPORTED, NOT_FOUND (no such slot), USAGE, BUSY, INTERNAL. */
VAULT_API vault_code vault_open(const char* dir, const vault_unlock_options* options, vault_handle** vault);

/* Wipe the keys and free the handle. No other thread may use it any more. */
VAULT_API void vault_close(vault_handle* vault);

#define VAULT_NEVER INT64_MAX

typedef struct vault_add_options {
  size_t struct_size;
  const char* issuer;  /* NULL: "generic" */
  const char* account; /* NULL: "default"; made if it is not there */
  const char* team;    /* NULL: "default"; made if it is not there */
  const char* const* scopes;
  size_t scope_count;
  int64_t expires_at; /* seconds since 1970 UTC; VAULT_NEVER or 0: never */
} vault_add_options;
#define VAULT_ADD_OPTIONS_INIT \
  { sizeof(vault_add_options), NULL, NULL, NULL, NULL, 0, 0 }

/* Store a key under a new label. It is on disk when this returns.
 * In:      secret: `size` bytes, 1 to 65,536, any values. options: may be NULL.
 * Returns: VAULT_OK; CONFLICT (the label is used; the same token is stored already), NOT_FOUND (no such issuer), USAGE, LIMIT, DENIED,
 *          BUSY, CORRUPT, INTERNAL. */
VAULT_API vault_code vault_add(vault_handle* vault, const char* label, const void* secret, size_t size,
                               const vault_add_options* options);

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

#ifdef __cplusplus
}
#endif

#endif
