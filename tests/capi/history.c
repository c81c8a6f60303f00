/* What happened to a vault, who may read its teams, what it is; new keys for it, and a copy of it. */
#include "capi_test.h"

static vault_status_info status_of(const vault_handle* vault) {
  vault_status_info status = VAULT_STATUS_INFO_INIT;
  CHECK_CODE(vault_status(vault, &status), VAULT_OK);
  return status;
}

static int is_hex(const char* text, size_t digits) {
  return strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}

/* create, add web (with team web), add mail, edit mail, move mail to post, remove web, undelete web, destroy gone */
static void make_some_history(vault_handle* vault) {
  vault_add_options add = VAULT_ADD_OPTIONS_INIT;
  vault_edit_options edit = VAULT_EDIT_OPTIONS_INIT;
  add.team = "web";
  edit.note = "changed";
  CHECK_CODE(vault_add(vault, "web", "token-web", 9, &add), VAULT_OK);
  CHECK_CODE(vault_add(vault, "mail", "token-mail", 10, NULL), VAULT_OK);
  CHECK_CODE(vault_edit(vault, "mail", &edit), VAULT_OK);
  CHECK_CODE(vault_move(vault, "mail", "post"), VAULT_OK);
  CHECK_CODE(vault_remove(vault, "web"), VAULT_OK);
  CHECK_CODE(vault_undelete(vault, "web"), VAULT_OK);
}

static void the_log_is_newest_first(const vault_handle* vault) {
  static const char* const operations[] = {"undelete", "rm", "mv", "edit", "add", "add", "init"};
  vault_commit_info info = VAULT_COMMIT_INFO_INIT;
  vault_list* commits = NULL;
  size_t i;
  CHECK_CODE(vault_log(vault, NULL, &commits), VAULT_OK);
  CHECK(vault_list_size(commits) == 7);
  for (i = 0; i < 7; ++i) {
    CHECK_CODE(vault_list_commit(commits, i, &info), VAULT_OK);
    CHECK(strcmp(info.operation, operations[i]) == 0);
    CHECK(info.sequence == 7 - i && info.kind == VAULT_COMMIT_CHANGE && info.epoch == 1 && info.gave_up == 0);
    CHECK(is_hex(info.hash, 64) && info.time > 1700000000 && strcmp(info.identity, "root") == 0);
    if (i == 0) CHECK(strcmp(info.hash, status_of(vault).head) == 0);
  }
  CHECK_CODE(vault_list_commit(commits, 7, &info), VAULT_E_NOT_FOUND);
  vault_list_free(commits);
}

/* What a commit did to a record of this kind: "" where it touched none. */
static const char* touched(const vault_list* commits, size_t index, const char* kind, const char* name) {
  vault_commit_info commit = VAULT_COMMIT_INFO_INIT;
  vault_touched_info info = VAULT_TOUCHED_INFO_INIT;
  size_t i;
  CHECK_CODE(vault_list_commit(commits, index, &commit), VAULT_OK);
  CHECK_CODE(vault_list_touched(commits, index, commit.touched_count, &info), VAULT_E_NOT_FOUND);
  for (i = 0; i < commit.touched_count; ++i) {
    CHECK_CODE(vault_list_touched(commits, index, i, &info), VAULT_OK);
    if (strcmp(info.kind, kind) == 0 && strcmp(info.name, name) == 0) return info.what;
  }
  return "";
}

static void commits_name_what_they_touched(const vault_handle* vault) {
  vault_list* commits = NULL;
  vault_touched_info info = VAULT_TOUCHED_INFO_INIT;
  CHECK_CODE(vault_log(vault, NULL, &commits), VAULT_OK);
  CHECK(strcmp(touched(commits, 5, "entry", "web"), "added") == 0);
  CHECK(strcmp(touched(commits, 5, "team", "web"), "added") == 0);
  CHECK(strcmp(touched(commits, 4, "entry", "post"), "added") == 0); /* as it is called today */
  CHECK(strcmp(touched(commits, 4, "team", "web"), "") == 0);
  CHECK(strcmp(touched(commits, 3, "entry", "post"), "changed") == 0);
  CHECK(strcmp(touched(commits, 2, "entry", "post"), "renamed") == 0);
  CHECK(strcmp(touched(commits, 1, "entry", "web"), "hidden") == 0);
  CHECK_CODE(vault_list_touched(commits, 99, 0, &info), VAULT_E_NOT_FOUND);
  vault_list_free(commits);
}

static size_t count_commits(const vault_handle* vault, const char* label, uint64_t limit) {
  vault_log_options options = VAULT_LOG_OPTIONS_INIT;
  vault_list* commits = NULL;
  size_t count;
  options.label = label;
  options.limit = limit;
  CHECK_CODE(vault_log(vault, &options, &commits), VAULT_OK);
  count = vault_list_size(commits);
  vault_list_free(commits);
  return count;
}

static void the_log_can_be_cut(const vault_handle* vault) {
  vault_log_options options = VAULT_LOG_OPTIONS_INIT;
  vault_list* commits = (vault_list*)test_dir;
  CHECK(count_commits(vault, "web", 0) == 3 && count_commits(vault, "post", 0) == 3);
  CHECK(count_commits(vault, "mail", 0) == 3); /* the old label leads there */
  CHECK(count_commits(vault, NULL, 2) == 2 && count_commits(vault, "web", 2) == 2);
  CHECK(count_commits(vault, NULL, UINT64_MAX) == 7);
  options.label = "no such label";
  CHECK_CODE(vault_log(vault, &options, &commits), VAULT_E_NOT_FOUND);
  CHECK(commits == NULL);
  options.label = "\xff";
  CHECK_CODE(vault_log(vault, &options, &commits), VAULT_E_USAGE);
}

static void teams_say_who_reads_them(vault_handle* vault) {
  const char* const teams[] = {"web"};
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  vault_team_info info = VAULT_TEAM_INFO_INIT;
  const char* name = test_dir;
  vault_list* list = NULL;
  size_t i, web = 2;
  slot.name = "web-ci";
  slot.key_file = test_path("ci-key");
  slot.role = VAULT_ROLE_READER;
  slot.teams = teams;
  slot.team_count = 1;
  CHECK_CODE(vault_slot_add(vault, &slot, NULL), VAULT_OK);
  CHECK_CODE(vault_teams(vault, &list), VAULT_OK);
  CHECK(vault_list_size(list) == 2);
  for (i = 0; i < 2; ++i) {
    CHECK_CODE(vault_list_team(list, i, &info), VAULT_OK);
    CHECK(is_hex(info.id, 32) && info.created_at > 1700000000 && info.generation == 1 && info.entries == 1);
    if (strcmp(info.name, "web") == 0) web = i;
    CHECK(info.member_count == (web == i ? 2 : 1));
  }
  CHECK(web < 2);
  CHECK_CODE(vault_list_team_member(list, web, 0, &name), VAULT_OK);
  CHECK(strcmp(name, "root") == 0);
  CHECK_CODE(vault_list_team_member(list, web, 1, &name), VAULT_OK);
  CHECK(strcmp(name, "web-ci") == 0);
  CHECK_CODE(vault_list_team_member(list, web, 2, &name), VAULT_E_NOT_FOUND);
  CHECK(name == NULL);
  CHECK_CODE(vault_list_team_member(list, 2, 0, &name), VAULT_E_NOT_FOUND);
  CHECK_CODE(vault_list_team(list, 2, &info), VAULT_E_NOT_FOUND);
  vault_list_free(list);
}

static void status_says_everything(const vault_handle* vault) {
  const vault_status_info status = status_of(vault);
  CHECK(status.struct_size == sizeof status && status.epoch == 1 && status.sequence >= 8);
  CHECK(status.changed_at > 1700000000 && status.entries == 2 && status.teams == 2 && status.slots == 2);
  CHECK(status.rollbacks == 0 && status.mark_sequence == status.sequence && status.suite >= 1);
  CHECK(status.role == VAULT_ROLE_ADMIN && status.rollback_guard == VAULT_GUARD_FIRST_USE); /* it made the vault */
  CHECK(status.header_from_copy == 0 && status.memory_locked <= 1);
  CHECK(is_hex(status.id, 32) && is_hex(status.head, 64) && strcmp(status.identity, "root") == 0);
  CHECK(strlen(status.audit_policy) > 0 && strlen(status.sqlcipher_version) > 0);
  CHECK(strcmp(status.network_file_system, "") == 0 && strcmp(status.rollback_why, "") == 0);
}

static void a_vault_that_was_seen_before_is_guarded(void) {
  vault_handle* vault = open_test_vault(test_vault, test_key_file, VAULT_OK);
  CHECK(status_of(vault).rollback_guard == VAULT_GUARD_MARK);
  vault_close(vault);
}

static void a_reader_sees_its_own_name_and_role(void) {
  vault_handle* reader = open_test_vault(test_vault, test_path("ci-key"), VAULT_OK);
  const vault_status_info status = status_of(reader);
  CHECK(status.role == VAULT_ROLE_READER && strcmp(status.identity, "web-ci") == 0);
  CHECK(status.rollback_guard == VAULT_GUARD_FIRST_USE);
  vault_close(reader);
}

static void a_damaged_header_is_told(void) {
  vault_handle* vault;
  CHECK(rename(test_path("vault/header"), test_path("header-away")) == 0);
  vault = open_test_vault(test_vault, test_key_file, VAULT_OK);
  CHECK(status_of(vault).header_from_copy == 1);
  vault_close(vault);
  CHECK(rename(test_path("header-away"), test_path("vault/header")) == 0);
}

static void after_a_rekey_other_handles_go_on(vault_handle* vault) {
  vault_rekey_report report = VAULT_REKEY_REPORT_INIT;
  vault_commit_info info = VAULT_COMMIT_INFO_INIT;
  vault_list* commits = NULL;
  vault_handle* other = open_test_vault(test_vault, test_key_file, VAULT_OK);
  check_token(other, "web", "token-web");
  CHECK_CODE(vault_rekey(vault, &report), VAULT_OK);
  CHECK(report.epoch == 2 && report.teams == 2 && report.fields == 2 && report.dropped_slots == 0);
  check_token(other, "web", "token-web");
  CHECK(status_of(other).epoch == 2);
  CHECK_CODE(vault_add(other, "after", "token-after", 11, NULL), VAULT_OK);
  check_token(vault, "after", "token-after");
  CHECK_CODE(vault_log(vault, NULL, &commits), VAULT_OK);
  CHECK_CODE(vault_list_commit(commits, 1, &info), VAULT_OK);
  CHECK(info.kind == VAULT_COMMIT_EPOCH && info.epoch == 2 && strcmp(info.operation, "rekey") == 0);
  vault_list_free(commits);
  CHECK_CODE(vault_rekey(other, NULL), VAULT_OK);
  check_token(vault, "post", "token-mail");
  vault_close(other);
}

static void a_clone_has_the_entries_and_another_id(const vault_handle* vault) {
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  vault_handle* clone = NULL;
  vault_secret* code = NULL;
  vault_commit_info info = VAULT_COMMIT_INFO_INIT;
  vault_list* commits = NULL;
  slot.key_file = test_path("clone-key");
  slot.recovery_code = 1;
  CHECK_CODE(vault_clone(vault, test_vault, &slot, &code, &clone), VAULT_E_CONFLICT);
  CHECK(clone == NULL && code == NULL);
  CHECK_CODE(vault_clone(vault, test_path("clone"), &slot, NULL, &clone), VAULT_E_USAGE); /* whose code is it? */
  CHECK_CODE(vault_clone(vault, test_path("clone"), &slot, &code, &clone), VAULT_OK);
  CHECK(vault_secret_size(code) == 41);
  check_token(clone, "web", "token-web");
  check_token(clone, "post", "token-mail");
  CHECK(status_of(clone).entries == status_of(vault).entries && status_of(clone).slots == 1);
  CHECK(strcmp(status_of(clone).id, status_of(vault).id) != 0);
  CHECK_CODE(vault_log(clone, NULL, &commits), VAULT_OK);
  CHECK_CODE(vault_list_commit(commits, vault_list_size(commits) - 1, &info), VAULT_OK);
  CHECK(info.kind == VAULT_COMMIT_CLONE);
  vault_list_free(commits);
  CHECK_CODE(vault_add(clone, "own", "o", 1, NULL), VAULT_OK);
  CHECK(status_of(clone).entries == status_of(vault).entries + 1);
  CHECK_CODE(vault_verify(clone, NULL), VAULT_OK);
  vault_secret_free(code);
  vault_close(clone);
  open_test_vault(test_path("clone"), test_key_file, VAULT_E_WRONG_KEY);
}

static void copy_directory(const char* from, const char* to) {
  char command[320];
  snprintf(command, sizeof command, "rm -rf '%s' && cp -a '%s' '%s'", to, from, to);
  CHECK(system(command) == 0);
}

/* A backup is put in the vault's place: refused, until an admin accepts it, by a commit that says so. */
static void an_older_copy_is_stale_until_it_is_accepted(void) {
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_commit_info info = VAULT_COMMIT_INFO_INIT;
  vault_list* commits = NULL;
  uint64_t gone;
  vault_handle* vault;
  copy_directory(test_vault, test_path("backup"));
  vault = open_test_vault(test_vault, test_key_file, VAULT_OK);
  CHECK_CODE(vault_add(vault, "late", "token-late", 10, NULL), VAULT_OK);
  gone = status_of(vault).sequence;
  vault_close(vault);
  copy_directory(test_path("backup"), test_vault);
  open_test_vault(test_vault, test_key_file, VAULT_E_STALE);
  unlock.key_file = test_path("ci-key");
  unlock.accept_rollback = 1;
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_OK); /* this reader has not seen the newer one */
  vault_close(vault);
  unlock.key_file = test_key_file;
  CHECK_CODE(vault_open(test_vault, &unlock, &vault), VAULT_OK);
  CHECK(status_of(vault).rollbacks == 1);
  CHECK_CODE(vault_log(vault, NULL, &commits), VAULT_OK);
  CHECK_CODE(vault_list_commit(commits, 0, &info), VAULT_OK);
  CHECK(info.kind == VAULT_COMMIT_ROLLBACK && info.gave_up == gone);
  vault_list_free(commits);
  vault_close(vault);
  vault_close(open_test_vault(test_vault, test_key_file, VAULT_OK));
}

int main(void) {
  vault_handle* vault;
  make_test_dir();
  vault = make_test_vault();
  make_some_history(vault);
  the_log_is_newest_first(vault);
  commits_name_what_they_touched(vault);
  the_log_can_be_cut(vault);
  teams_say_who_reads_them(vault);
  status_says_everything(vault);
  a_vault_that_was_seen_before_is_guarded();
  a_reader_sees_its_own_name_and_role();
  a_damaged_header_is_told();
  after_a_rekey_other_handles_go_on(vault);
  a_clone_has_the_entries_and_another_id(vault);
  vault_close(vault);
  an_older_copy_is_stale_until_it_is_accepted();
  return 0;
}
