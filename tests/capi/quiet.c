/* What the library leaves alone: terminal, signals, descriptors of other programs, locale, umask, exit. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/stat.h>

#include "capi_test.h"

#define DESCRIPTORS 256

static int open_before[DESCRIPTORS];
static struct sigaction actions_before[NSIG];
static int at_the_end;

/* If the library ended the process, its status would be the library's: say another. */
static void fail_before_the_end(void) {
  if (!at_the_end) _exit(1);
}

static void remember_signal_actions(void) {
  int number;
  for (number = 1; number < NSIG; ++number) sigaction(number, NULL, &actions_before[number]);
}

static void no_signal_action_has_changed(void) {
  int number;
  for (number = 1; number < NSIG; ++number) {
    struct sigaction now;
    memset(&now, 0, sizeof now);
    if (sigaction(number, NULL, &now) != 0) continue;
    CHECK(now.sa_handler == actions_before[number].sa_handler && now.sa_flags == actions_before[number].sa_flags);
  }
}

static void remember_descriptors(void) {
  int fd;
  for (fd = 0; fd < DESCRIPTORS; ++fd) open_before[fd] = fcntl(fd, F_GETFD) >= 0;
}

/* All that was opened since. */
static void every_descriptor_is_closed_on_exec(void) {
  int fd, seen = 0;
  for (fd = 0; fd < DESCRIPTORS; ++fd) {
    const int flags = fcntl(fd, F_GETFD);
    if (flags < 0 || open_before[fd]) continue;
    ++seen;
    CHECK((flags & FD_CLOEXEC) != 0);
  }
  CHECK(seen > 0);
}

/* Standard output and error go to a file meanwhile. */
static int divert(int fd, const char* path) {
  const int kept = fcntl(fd, F_DUPFD_CLOEXEC, 100);
  const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  CHECK(kept >= 0 && file >= 0 && dup2(file, fd) == fd);
  close(file);
  return kept;
}

static void give_back(int fd, int kept) {
  dup2(kept, fd);
  close(kept);
}

static void use_everything_once(vault_handle* vault) {
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  vault_status_info status = VAULT_STATUS_INFO_INIT;
  vault_handle* clone = NULL;
  vault_secret* secret = NULL;
  vault_list* list = NULL;
  CHECK_CODE(vault_add(vault, "a", "token", 5, NULL), VAULT_OK);
  check_token(vault, "a", "token");
  CHECK_CODE(vault_get(vault, "\x1b[2J", NULL, &secret), VAULT_E_USAGE);
  CHECK_CODE(vault_get(vault, "b", NULL, &secret), VAULT_E_NOT_FOUND);
  CHECK_CODE(vault_find(vault, NULL, &list), VAULT_OK);
  vault_list_free(list);
  CHECK_CODE(vault_log(vault, NULL, &list), VAULT_OK);
  vault_list_free(list);
  slot.name = "paper";
  slot.recovery_code = 1;
  CHECK_CODE(vault_slot_add(vault, &slot, &secret), VAULT_OK);
  vault_secret_free(secret);
  slot.key_file = test_path("clone-key");
  slot.recovery_code = 0;
  CHECK_CODE(vault_clone(vault, test_path("clone"), &slot, NULL, &clone), VAULT_OK);
  vault_close(clone);
  CHECK_CODE(vault_rekey(vault, NULL), VAULT_OK);
  CHECK_CODE(vault_status(vault, &status), VAULT_OK);
  CHECK_CODE(vault_verify(vault, NULL), VAULT_OK);
  open_test_vault(test_vault, test_path("clone-key"), VAULT_E_WRONG_KEY);
  open_test_vault(test_path("nothing"), test_key_file, VAULT_E_NO_VAULT);
}

static void numbers_and_texts_do_not_depend_on_the_locale(const vault_handle* vault) {
  const char* const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "tr_TR.UTF-8", "C.UTF-8", "C"};
  char message[1024] = "";
  vault_secret* secret = NULL;
  size_t i;
  for (i = 0; i < sizeof locales / sizeof locales[0]; ++i) {
    vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
    if (setlocale(LC_ALL, locales[i]) == NULL) continue;
    check_token(vault, "a", "token");
    CHECK_CODE(vault_get(vault, "missing", NULL, &secret), VAULT_E_NOT_FOUND);
    if (message[0] == '\0') strcpy(message, vault_last_error());
    CHECK(strcmp(vault_last_error(), message) == 0);
    slot.recovery_code = 1;
    slot.unlock_time_ms = 60001;
    slot.passphrase = "x";
    slot.passphrase_size = 1;
    CHECK_CODE(vault_slot_change((vault_handle*)vault, NULL, &slot, &secret), VAULT_E_LIMIT);
    CHECK(strcmp(vault_last_error(), "unlock_time_ms: at most 60,000") == 0);
    CHECK(strcmp(setlocale(LC_ALL, NULL), locales[i]) == 0); /* and it sets none */
  }
  setlocale(LC_ALL, "C");
}

static void nothing_was_written(const char* path) {
  struct stat info;
  CHECK(stat(path, &info) == 0);
  CHECK(info.st_size == 0);
}

static void only_its_owner_may_read_what_was_made(void) {
  char command[384];
  snprintf(command, sizeof command, "test -z \"$(find '%s' '%s' '%s' -perm /077)\"", test_vault, test_key_file,
           test_state);
  CHECK(system(command) == 0);
}

int main(void) {
  const char* output;
  vault_handle* vault;
  int kept_out, kept_error;
  make_test_dir();
  umask(0); /* the worst there is */
  CHECK(atexit(fail_before_the_end) == 0);
  output = test_path("output");
  remember_signal_actions();
  remember_descriptors();
  kept_out = divert(STDOUT_FILENO, output);
  kept_error = divert(STDERR_FILENO, output);
  vault = make_test_vault();
  use_everything_once(vault);
  numbers_and_texts_do_not_depend_on_the_locale(vault);
  fflush(NULL);
  give_back(STDOUT_FILENO, kept_out);
  give_back(STDERR_FILENO, kept_error);
  every_descriptor_is_closed_on_exec();
  vault_close(vault);
  nothing_was_written(output);
  no_signal_action_has_changed();
  only_its_owner_may_read_what_was_made();
  CHECK(umask(0) == 0); /* nor has it set that */
  at_the_end = 1;
  return 0;
}
