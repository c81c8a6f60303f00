/* Asks a server for a page, with a key as its bearer token: curl_auth DIR KEY_FILE LABEL URL */
#define _DEFAULT_SOURCE /* explicit_bzero */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <vault.h>

struct request {
  CURL* curl;
  char why[CURL_ERROR_SIZE]; /* it failed */
};

/* Called by vault_use, whose bytes are gone when this returns. What is copied of them is wiped; libcurl's own buffer of the
 * request, which is freed as it is, is out of our reach. */
static vault_code send_with_key(const void* key, size_t size, void* context) {
  static const char name[] = "Authorization: Bearer ";
  struct request* request = (struct request*)context;
  struct curl_slist* headers = NULL;
  CURLcode done = CURLE_OUT_OF_MEMORY;
  char line[1024];
  if (sizeof name + size > sizeof line) {
    strcpy(request->why, "the key is too long for a header");
    return VAULT_E_LIMIT;
  }
  memcpy(line, name, sizeof name - 1);
  memcpy(line + sizeof name - 1, key, size);
  line[sizeof name - 1 + size] = '\0';

  headers = curl_slist_append(NULL, line); /* a copy */
  if (headers != NULL) {
    curl_easy_setopt(request->curl, CURLOPT_HTTPHEADER, headers);
    done = curl_easy_perform(request->curl);
    explicit_bzero(headers->data, strlen(headers->data));
  }
  curl_slist_free_all(headers);
  explicit_bzero(line, sizeof line);
  return done == CURLE_OK ? VAULT_OK : VAULT_E_DENIED;
}

int main(int argc, char** argv) {
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  struct request request = {NULL, ""};
  vault_handle* vault = NULL;
  vault_code code;
  if (argc != 5 || (request.curl = curl_easy_init()) == NULL) return VAULT_E_USAGE;
  curl_easy_setopt(request.curl, CURLOPT_URL, argv[4]);
  curl_easy_setopt(request.curl, CURLOPT_FAILONERROR, 1L); /* status 401 is a failure */
  curl_easy_setopt(request.curl, CURLOPT_ERRORBUFFER, request.why);

  unlock.key_file = argv[2];
  code = vault_open(argv[1], &unlock, &vault);
  if (code == VAULT_OK) code = vault_use(vault, argv[3], NULL, send_with_key, &request);
  if (code != VAULT_OK) fprintf(stderr, "curl_auth: %s\n", request.why[0] != '\0' ? request.why : vault_last_error());
  vault_close(vault);
  curl_easy_cleanup(request.curl);
  return code;
}
