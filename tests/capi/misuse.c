/* Every function with arguments that are wrong: a code, or nothing at all, and never a crash. */
#include <limits.h>
#include <sys/mman.h>

#include "capi_test.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static vault_handle* vault; /* open, with the entry "a" */
static char somewhere;      /* what an output holds before the call that is to make it NULL */

static vault_code nothing(const void* data, size_t size, void* context) {
  (void)data, (void)size, (void)context;
  return VAULT_OK;
}

/* ---- vaults that are not open ---- */

/* Calls every function that takes a vault, with good arguments; each must answer USAGE, and give nothing. */
static void every_function_answers_usage(vault_handle* bad) {
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  vault_status_info status = VAULT_STATUS_INFO_INIT;
  vault_new_entry entry = {"b", "t", 1, NULL};
  const char* label = "a";
  vault_secret* secret = (vault_secret*)&somewhere;
  vault_entry* shown = (vault_entry*)&somewhere;
  vault_list* list = (vault_list*)&somewhere;
  vault_handle* clone = (vault_handle*)&somewhere;
  slot.name = "x";
  slot.key_file = test_key_file;
  CHECK_CODE(vault_add(bad, "b", "t", 1, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_add_all(bad, &entry, 1), VAULT_E_USAGE);
  CHECK_CODE(vault_get(bad, "a", NULL, &secret), VAULT_E_USAGE);
  CHECK(secret == NULL);
  secret = (vault_secret*)&somewhere;
  CHECK_CODE(vault_get_all(bad, &label, 1, NULL, &secret), VAULT_E_USAGE);
  CHECK(secret == NULL);
  CHECK_CODE(vault_use(bad, "a", NULL, nothing, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_show(bad, "a", &shown), VAULT_E_USAGE);
  CHECK(shown == NULL);
  CHECK_CODE(vault_find(bad, NULL, &list), VAULT_E_USAGE);
  CHECK(list == NULL);
  CHECK_CODE(vault_edit(bad, "a", NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_move(bad, "a", "b"), VAULT_E_USAGE);
  CHECK_CODE(vault_remove(bad, "a"), VAULT_E_USAGE);
  CHECK_CODE(vault_undelete(bad, "a"), VAULT_E_USAGE);
  CHECK_CODE(vault_destroy(bad, "a"), VAULT_E_USAGE);
  list = (vault_list*)&somewhere;
  CHECK_CODE(vault_slots(bad, &list), VAULT_E_USAGE);
  CHECK(list == NULL);
  secret = (vault_secret*)&somewhere;
  CHECK_CODE(vault_slot_add(bad, &slot, &secret), VAULT_E_USAGE);
  CHECK(secret == NULL);
  slot.name = NULL;
  secret = (vault_secret*)&somewhere;
  CHECK_CODE(vault_slot_change(bad, NULL, &slot, &secret), VAULT_E_USAGE);
  CHECK(secret == NULL);
  secret = (vault_secret*)&somewhere;
  CHECK_CODE(vault_slot_leaked(bad, NULL, &slot, NULL, &secret, NULL), VAULT_E_USAGE);
  CHECK(secret == NULL);
  CHECK_CODE(vault_slot_remove(bad, "first"), VAULT_E_USAGE);
  list = (vault_list*)&somewhere;
  CHECK_CODE(vault_teams(bad, &list), VAULT_E_USAGE);
  CHECK(list == NULL);
  list = (vault_list*)&somewhere;
  CHECK_CODE(vault_log(bad, NULL, &list), VAULT_E_USAGE);
  CHECK(list == NULL);
  CHECK_CODE(vault_status(bad, &status), VAULT_E_USAGE);
  CHECK_CODE(vault_verify(bad, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_rekey(bad, NULL), VAULT_E_USAGE);
  secret = (vault_secret*)&somewhere;
  CHECK_CODE(vault_clone(bad, test_path("clone"), &slot, &secret, &clone), VAULT_E_USAGE);
  CHECK(secret == NULL && clone == NULL && access(test_path("clone"), F_OK) != 0);
  vault_close(bad);
}

static void what_is_no_open_vault_is_refused(void) {
  static char garbage[4096];
  vault_handle* closed = open_test_vault(test_vault, test_key_file, VAULT_OK);
  void* unmapped = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(unmapped != MAP_FAILED);
  vault_close(closed);
  memset(garbage, 0xa5, sizeof garbage);
  every_function_answers_usage(NULL);
  every_function_answers_usage(closed);
  every_function_answers_usage(closed); /* which has closed it again */
  every_function_answers_usage((vault_handle*)garbage);
  every_function_answers_usage((vault_handle*)1);
  every_function_answers_usage((vault_handle*)unmapped);
  munmap(unmapped, 4096);
  check_token(vault, "a", "token");
}

/* ---- NULL in each place ---- */

static void null_where_something_must_be_is_usage(void) {
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_secret* secret = NULL;
  vault_handle* other = (vault_handle*)&somewhere;
  slot.key_file = unlock.key_file = test_key_file;

  secret = (vault_secret*)&somewhere;
  CHECK_CODE(vault_create(test_path("n"), &slot, &secret, NULL), VAULT_E_USAGE);
  CHECK(secret == NULL);
  CHECK_CODE(vault_create(test_path("n"), NULL, NULL, &other), VAULT_E_USAGE); /* no factor */
  CHECK(access(test_path("n"), F_OK) != 0);
  other = (vault_handle*)&somewhere;
  CHECK_CODE(vault_open(NULL, &unlock, &other), VAULT_E_NO_VAULT); /* where the program looks */
  CHECK(other == NULL);
  other = (vault_handle*)&somewhere;
  CHECK_CODE(vault_open(test_vault, NULL, &other), VAULT_E_LOCKED);
  CHECK(other == NULL);
  CHECK_CODE(vault_open(test_vault, &unlock, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_peek(test_vault, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_slots(vault, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_teams(vault, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_log(vault, NULL, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_find(vault, NULL, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_show(vault, "a", NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_get(vault, "a", NULL, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_status(vault, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_add(vault, NULL, "t", 1, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_add(vault, "b", NULL, 1, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_get(vault, NULL, NULL, &secret), VAULT_E_USAGE);
  CHECK_CODE(vault_use(vault, NULL, NULL, nothing, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_edit(vault, NULL, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_move(vault, NULL, "b"), VAULT_E_USAGE);
  CHECK_CODE(vault_move(vault, "a", NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_remove(vault, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_undelete(vault, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_destroy(vault, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_slot_add(vault, NULL, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_clone(vault, NULL, &slot, NULL, &other), VAULT_E_USAGE);
  CHECK_CODE(vault_clone(vault, test_path("n"), &slot, NULL, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_clone(vault, test_path("n"), NULL, NULL, &other), VAULT_E_USAGE);
  CHECK(access(test_path("n"), F_OK) != 0);
}

static void questions_about_null_have_answers(void) {
  vault_entry_info entry = VAULT_ENTRY_INFO_INIT;
  vault_version_info version = VAULT_VERSION_INFO_INIT;
  vault_field_info field = VAULT_FIELD_INFO_INIT;
  vault_slot_info slot = VAULT_SLOT_INFO_INIT;
  vault_team_info team = VAULT_TEAM_INFO_INIT;
  vault_commit_info commit = VAULT_COMMIT_INFO_INIT;
  vault_touched_info touched = VAULT_TOUCHED_INFO_INIT;
  vault_attribute attribute = {&somewhere, &somewhere};
  const char* text = &somewhere;
  CHECK_CODE(vault_entry_describe(NULL, &entry), VAULT_E_USAGE);
  CHECK_CODE(vault_entry_attribute(NULL, 0, &attribute), VAULT_E_USAGE);
  CHECK(attribute.key == NULL && attribute.value == NULL);
  CHECK_CODE(vault_entry_former_label(NULL, 0, &text), VAULT_E_USAGE);
  CHECK(text == NULL);
  CHECK_CODE(vault_entry_version(NULL, 0, &version), VAULT_E_USAGE);
  CHECK_CODE(vault_entry_scope(NULL, 0, 0, &text), VAULT_E_USAGE);
  CHECK_CODE(vault_entry_field(NULL, 0, 0, &field), VAULT_E_USAGE);
  CHECK_CODE(vault_list_slot(NULL, 0, &slot), VAULT_E_USAGE);
  CHECK_CODE(vault_list_team(NULL, 0, &team), VAULT_E_USAGE);
  CHECK_CODE(vault_list_team_member(NULL, 0, 0, &text), VAULT_E_USAGE);
  CHECK_CODE(vault_list_commit(NULL, 0, &commit), VAULT_E_USAGE);
  CHECK_CODE(vault_list_touched(NULL, 0, 0, &touched), VAULT_E_USAGE);
  CHECK(vault_list_size(NULL) == 0 && vault_list_at(NULL, 0) == NULL && vault_list_next(NULL) == NULL);
  CHECK(vault_secret_equal(NULL, NULL, 0) == 0 && vault_secret_equal(NULL, "x", 1) == 0);
  CHECK(vault_secret_data(NULL) == NULL && vault_secret_size(NULL) == 0 && vault_supports(NULL) == 0);
  CHECK(strcmp(vault_code_name(-1), "unknown") == 0 && strcmp(vault_code_name(INT_MAX), "unknown") == 0);
  CHECK(strcmp(vault_code_name(INT_MIN), "unknown") == 0 && strcmp(vault_code_name(19), "unknown") == 0);
  CHECK(strcmp(vault_state_name(INT_MIN), "unknown") == 0 && strcmp(vault_state_name(8), "unknown") == 0);
  CHECK(vault_supports("no such thing") == 0 && vault_supports("") == 0 && vault_supports("rekey") == 1);
  vault_secret_free(NULL);
  vault_entry_free(NULL);
  vault_list_free(NULL);
  vault_close(NULL);
}

static void outputs_inside_an_entry_must_not_be_null(void) {
  vault_entry* entry = NULL;
  vault_list *slots = NULL, *teams = NULL, *commits = NULL;
  const char* text = &somewhere;
  CHECK_CODE(vault_show(vault, "a", &entry), VAULT_OK);
  CHECK_CODE(vault_slots(vault, &slots), VAULT_OK);
  CHECK_CODE(vault_teams(vault, &teams), VAULT_OK);
  CHECK_CODE(vault_log(vault, NULL, &commits), VAULT_OK);
  CHECK_CODE(vault_entry_describe(entry, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_entry_attribute(entry, 0, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_entry_former_label(entry, 0, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_entry_version(entry, 0, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_entry_scope(entry, 0, 0, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_entry_field(entry, 0, 0, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_entry_scope(entry, (size_t)-1, (size_t)-1, &text), VAULT_E_NOT_FOUND);
  CHECK_CODE(vault_entry_former_label(entry, (size_t)-1, &text), VAULT_E_NOT_FOUND);
  CHECK_CODE(vault_list_slot(slots, 0, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_list_team(teams, 0, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_list_team_member(teams, 0, 0, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_list_commit(commits, 0, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_list_touched(commits, 0, 0, NULL), VAULT_E_USAGE);
  vault_entry_free(entry);
  vault_list_free(slots);
  vault_list_free(teams);
  vault_list_free(commits);
}

/* ---- a list of one kind used as another ---- */

static void a_list_is_only_what_it_is(void) {
  vault_list* lists[4] = {NULL, NULL, NULL, NULL};
  size_t i;
  CHECK_CODE(vault_find(vault, NULL, &lists[0]), VAULT_OK);
  CHECK_CODE(vault_slots(vault, &lists[1]), VAULT_OK);
  CHECK_CODE(vault_teams(vault, &lists[2]), VAULT_OK);
  CHECK_CODE(vault_log(vault, NULL, &lists[3]), VAULT_OK);
  for (i = 0; i < 4; ++i) {
    vault_slot_info slot = VAULT_SLOT_INFO_INIT;
    vault_team_info team = VAULT_TEAM_INFO_INIT;
    vault_commit_info commit = VAULT_COMMIT_INFO_INIT;
    vault_touched_info touched = VAULT_TOUCHED_INFO_INIT;
    const char* member = NULL;
    CHECK(vault_list_size(lists[i]) > 0);
    CHECK((vault_list_at(lists[i], 0) != NULL) == (i == 0));
    CHECK((vault_list_next(lists[i]) != NULL) == (i == 0));
    CHECK_CODE(vault_list_slot(lists[i], 0, &slot), i == 1 ? VAULT_OK : VAULT_E_USAGE);
    CHECK_CODE(vault_list_team(lists[i], 0, &team), i == 2 ? VAULT_OK : VAULT_E_USAGE);
    CHECK_CODE(vault_list_team_member(lists[i], 0, 0, &member), i == 2 ? VAULT_OK : VAULT_E_USAGE);
    CHECK_CODE(vault_list_commit(lists[i], 0, &commit), i == 3 ? VAULT_OK : VAULT_E_USAGE);
    CHECK_CODE(vault_list_touched(lists[i], 0, 0, &touched), i == 3 ? VAULT_OK : VAULT_E_USAGE);
    vault_list_free(lists[i]);
  }
}

/* ---- struct_size ---- */

/* A structure with a size of its choice, in front of memory that nobody may touch. */
struct sized {
  size_t struct_size; /* and more, in memory of 8,192 bytes */
};

static struct sized* sized(size_t real, const void* init) {
  static char* pages;
  if (pages == NULL) {
    pages = (char*)mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != (char*)MAP_FAILED && mprotect(pages + 8192, 4096, PROT_NONE) == 0);
  }
  memset(pages, 0, 8192);
  memcpy(pages, init, real);
  return (struct sized*)(void*)pages;
}

typedef vault_code (*call_with)(void* structure);

/* NULL where the structure cannot be had; sets what a good call needs. */
struct use_of_struct {
  const char* name;
  size_t size;
  call_with call;
  vault_code good;
  int is_output;
};

static vault_entry* shown;
static vault_list *all_slots, *all_teams, *all_commits;
static vault_secret* read_one;

static vault_code with_add(void* s) { return vault_add(vault, "a", "t", 1, (vault_add_options*)s); }
static vault_code with_get(void* s) {
  vault_secret* secret = NULL;
  const vault_code code = vault_get(vault, "a", (vault_get_options*)s, &secret);
  vault_secret_free(secret);
  return code;
}
static vault_code with_use(void* s) { return vault_use(vault, "a", (vault_get_options*)s, nothing, NULL); }
static vault_code with_unlock(void* s) {
  vault_handle* other = NULL;
  const vault_code code = vault_open(test_vault, (vault_unlock_options*)s, &other);
  vault_close(other);
  return code;
}
static vault_code with_slot(void* s) { return vault_slot_add(vault, (vault_slot_options*)s, NULL); }
static vault_code with_change(void* s) { return vault_slot_change(vault, "other", (vault_slot_options*)s, NULL); }
static vault_code with_create(void* s) {
  vault_handle* other = NULL;
  return vault_create(test_vault, (vault_slot_options*)s, NULL, &other);
}
static vault_code with_kept(void* s) {
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  slot.key_file = test_key_file;
  return vault_slot_leaked(vault, "other", &slot, (vault_unlock_options*)s, NULL, NULL);
}
static vault_code with_selection(void* s) {
  vault_list* list = NULL;
  const vault_code code = vault_find(vault, (vault_selection*)s, &list);
  vault_list_free(list);
  return code;
}
static vault_code with_edit(void* s) { return vault_edit(vault, "other", (vault_edit_options*)s); }
static vault_code with_log(void* s) {
  vault_list* list = NULL;
  const vault_code code = vault_log(vault, (vault_log_options*)s, &list);
  vault_list_free(list);
  return code;
}
static vault_code with_secret(void* s) { return vault_secret_describe(read_one, (vault_secret_info*)s); }
static vault_code with_entry(void* s) { return vault_entry_describe(shown, (vault_entry_info*)s); }
static vault_code with_version(void* s) { return vault_entry_version(shown, 0, (vault_version_info*)s); }
static vault_code with_field(void* s) { return vault_entry_field(shown, 0, 0, (vault_field_info*)s); }
static vault_code with_slot_info(void* s) { return vault_list_slot(all_slots, 0, (vault_slot_info*)s); }
static vault_code with_team(void* s) { return vault_list_team(all_teams, 0, (vault_team_info*)s); }
static vault_code with_commit(void* s) { return vault_list_commit(all_commits, 0, (vault_commit_info*)s); }
static vault_code with_touched(void* s) { return vault_list_touched(all_commits, 0, 0, (vault_touched_info*)s); }
static vault_code with_status(void* s) { return vault_status(vault, (vault_status_info*)s); }
static vault_code with_verify(void* s) { return vault_verify(vault, (vault_verify_report*)s); }

static const struct use_of_struct kUses[] = {
    {"add", sizeof(vault_add_options), with_add, VAULT_E_CONFLICT, 0},
    {"get", sizeof(vault_get_options), with_get, VAULT_OK, 0},
    {"use", sizeof(vault_get_options), with_use, VAULT_OK, 0},
    {"unlock", sizeof(vault_unlock_options), with_unlock, VAULT_E_LOCKED, 0},
    {"slot", sizeof(vault_slot_options), with_slot, VAULT_E_USAGE, 0},
    {"change", sizeof(vault_slot_options), with_change, VAULT_E_USAGE, 0},
    {"create", sizeof(vault_slot_options), with_create, VAULT_E_USAGE, 0},
    {"kept", sizeof(vault_unlock_options), with_kept, VAULT_E_NOT_FOUND, 0},
    {"selection", sizeof(vault_selection), with_selection, VAULT_OK, 0},
    {"edit", sizeof(vault_edit_options), with_edit, VAULT_E_NOT_FOUND, 0},
    {"log", sizeof(vault_log_options), with_log, VAULT_OK, 0},
    {"secret info", sizeof(vault_secret_info), with_secret, VAULT_OK, 1},
    {"entry info", sizeof(vault_entry_info), with_entry, VAULT_OK, 1},
    {"version info", sizeof(vault_version_info), with_version, VAULT_OK, 1},
    {"field info", sizeof(vault_field_info), with_field, VAULT_OK, 1},
    {"slot info", sizeof(vault_slot_info), with_slot_info, VAULT_OK, 1},
    {"team info", sizeof(vault_team_info), with_team, VAULT_OK, 1},
    {"commit info", sizeof(vault_commit_info), with_commit, VAULT_OK, 1},
    {"touched info", sizeof(vault_touched_info), with_touched, VAULT_OK, 1},
    {"status info", sizeof(vault_status_info), with_status, VAULT_OK, 1},
    {"verify report", sizeof(vault_verify_report), with_verify, VAULT_OK, 1},
};

static void gives(const struct use_of_struct* use, struct sized* structure, vault_code code) {
  const size_t size = structure->struct_size;
  const vault_code got = use->call(structure);
  if (got == code) return;
  fprintf(stderr, "%s of %zu bytes: %s, not %s: %s\n", use->name, size, vault_code_name(got), vault_code_name(code),
          vault_last_error());
  exit(1);
}

static void a_wrong_size_is_usage(const struct use_of_struct* use) {
  const size_t sizes[] = {0, 1, sizeof(size_t) - 1, sizeof(size_t) + 1, 12, 4097, 4104, (size_t)INT_MAX, (size_t)-1};
  size_t i;
  for (i = 0; i < COUNT(sizes); ++i) {
    struct sized* structure = sized(sizeof(size_t), &sizes[i]);
    gives(use, structure, VAULT_E_USAGE);
    CHECK(structure->struct_size == sizes[i]);
  }
}

/* Of a program from before every member, of a later version that sets nothing new, and of one that does. */
static void other_versions_of_the_structure_work(const struct use_of_struct* use) {
  const size_t first = sizeof(size_t), same = use->size, newer = use->size + 64, largest = 4096;
  char* bytes;
  size_t i;
  bytes = (char*)sized(sizeof first, &first);
  memset(bytes + first, use->is_output ? 0x5a : 0, 64);
  gives(use, (struct sized*)(void*)bytes, use->good);
  for (i = first; use->is_output && i < first + 64; ++i) CHECK(bytes[i] == 0x5a);
  gives(use, sized(sizeof same, &same), use->good);
  gives(use, sized(sizeof largest, &largest), use->good);
  bytes = (char*)sized(sizeof newer, &newer);
  bytes[newer - 1] = 1;
  gives(use, (struct sized*)(void*)bytes, use->is_output ? use->good : VAULT_E_UNSUPPORTED);
  if (use->is_output) CHECK(bytes[newer - 1] == 0 && ((struct sized*)(void*)bytes)->struct_size == newer);
}

static void structures_of_every_size(void) {
  vault_secret* secret = NULL;
  size_t i;
  CHECK_CODE(vault_show(vault, "a", &shown), VAULT_OK);
  CHECK_CODE(vault_get(vault, "a", NULL, &read_one), VAULT_OK);
  CHECK_CODE(vault_slots(vault, &all_slots), VAULT_OK);
  CHECK_CODE(vault_teams(vault, &all_teams), VAULT_OK);
  CHECK_CODE(vault_log(vault, NULL, &all_commits), VAULT_OK);
  for (i = 0; i < COUNT(kUses); ++i) {
    a_wrong_size_is_usage(&kUses[i]);
    other_versions_of_the_structure_work(&kUses[i]);
  }
  vault_secret_free(secret);
  vault_secret_free(read_one);
  vault_entry_free(shown);
  vault_list_free(all_slots);
  vault_list_free(all_teams);
  vault_list_free(all_commits);
}

/* ---- values ---- */

static void odd_labels_are_refused(void) {
  static char long_label[257];
  const char* const labels[] = {
      "",   "-x",   "\xff",      "a\xc3",         "\xed\xa0\x80",     "a\nb",    "\x1b[2J", " a",
      "a ", "a//b", "../escape", "a\xe2\x80\xae", "\xf4\x90\x80\x80", "\xc0\xaf"};
  vault_secret* secret = NULL;
  vault_entry* entry = NULL;
  size_t i;
  for (i = 0; i < COUNT(labels); ++i) {
    CHECK_CODE(vault_add(vault, labels[i], "t", 1, NULL), VAULT_E_USAGE);
    CHECK_CODE(vault_get(vault, labels[i], NULL, &secret), VAULT_E_USAGE);
    CHECK_CODE(vault_show(vault, labels[i], &entry), VAULT_E_USAGE);
    CHECK_CODE(vault_move(vault, "a", labels[i]), VAULT_E_USAGE);
    CHECK_CODE(vault_use(vault, labels[i], NULL, nothing, NULL), VAULT_E_USAGE);
  }
  memset(long_label, 'a', 256);
  CHECK(vault_add(vault, long_label, "t", 1, NULL) != VAULT_OK);
  CHECK(vault_get(vault, long_label, NULL, &secret) != VAULT_OK && secret == NULL);
  long_label[255] = '\0';
  CHECK_CODE(vault_add(vault, long_label, "long", 4, NULL), VAULT_OK);
  check_token(vault, long_label, "long");
  CHECK_CODE(vault_destroy(vault, long_label), VAULT_OK);
}

/* Every text is far too long, and no UTF-8. */
static void monstrous_texts_are_refused(void) {
  const size_t size = (size_t)4 << 20;
  char* monster = (char*)malloc(size + 1);
  vault_add_options add;
  vault_selection selection = VAULT_SELECTION_INIT;
  vault_slot_options slot = VAULT_SLOT_OPTIONS_INIT;
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_edit_options edit = VAULT_EDIT_OPTIONS_INIT;
  const vault_add_options init = VAULT_ADD_OPTIONS_INIT;
  vault_attribute attribute;
  vault_field field = {NULL, "d", 1, 1};
  vault_handle* other = NULL;
  vault_list* list = NULL;
  vault_secret* secret = NULL;
  int i;
  CHECK(monster != NULL);
  memset(monster, 0xff, size);
  monster[size] = '\0';
  for (i = 0; i < 12; ++i) {
    const char* const texts[] = {monster};
    add = init;
    attribute.key = attribute.value = "x";
    if (i == 0) add.issuer = monster;
    if (i == 1) add.account = monster;
    if (i == 2) add.team = monster;
    if (i == 3) add.note = monster;
    if (i == 4) add.key_name = monster;
    if (i == 5) add.minted_by = monster;
    if (i == 6) add.minted_with = monster;
    if (i == 7) add.period = monster;
    if (i == 8) add.scopes = texts, add.scope_count = 1;
    if (i == 9) attribute.key = monster, add.attributes = &attribute, add.attribute_count = 1;
    if (i == 10) attribute.value = monster, add.attributes = &attribute, add.attribute_count = 1;
    if (i == 11) field.name = monster, add.fields = &field, add.field_count = 1;
    CHECK(vault_add(vault, "b", "t", 1, &add) != VAULT_OK);
    CHECK(strlen(vault_last_error()) > 0 && strlen(vault_last_error()) < 1024);
  }
  CHECK(vault_add(vault, monster, "t", 1, NULL) != VAULT_OK);
  CHECK(vault_open(monster, &unlock, &other) != VAULT_OK && other == NULL);
  unlock.key_file = monster;
  CHECK(vault_open(test_vault, &unlock, &other) != VAULT_OK);
  CHECK(strlen(vault_last_error()) < 1024);
  unlock.key_file = test_key_file;
  unlock.slot = monster;
  CHECK(vault_open(test_vault, &unlock, &other) != VAULT_OK && other == NULL);
  selection.prefix = monster;
  CHECK(vault_find(vault, &selection, &list) != VAULT_E_INTERNAL);
  vault_list_free(list);
  edit.note = monster;
  CHECK(vault_edit(vault, "a", &edit) != VAULT_OK);
  edit.note = NULL;
  edit.revision = monster;
  CHECK(vault_edit(vault, "a", &edit) != VAULT_OK);
  slot.key_file = test_key_file;
  slot.name = monster;
  CHECK(vault_slot_add(vault, &slot, NULL) != VAULT_OK);
  CHECK(vault_slot_remove(vault, monster) != VAULT_OK);
  CHECK(vault_slot_change(vault, monster, NULL, NULL) != VAULT_OK);
  CHECK(vault_peek(monster, &list) != VAULT_OK && list == NULL);
  CHECK(vault_get(vault, monster, NULL, &secret) != VAULT_OK && secret == NULL);
  CHECK(vault_supports(monster) == 0);
  free(monster);
}

/* Counts that cannot be, with an array of one or none: refused before anything is read. */
static void impossible_counts_are_refused(void) {
  const char* const text = "x";
  const vault_attribute attribute = {"x", "y"};
  const vault_field field = {"x", "y", 1, 1}, huge_field = {"x", "y", (size_t)-1, 1};
  const vault_add_options init = VAULT_ADD_OPTIONS_INIT;
  vault_add_options add = VAULT_ADD_OPTIONS_INIT;
  vault_selection selection = VAULT_SELECTION_INIT;
  vault_edit_options edit = VAULT_EDIT_OPTIONS_INIT;
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_list* list = NULL;
  vault_handle* other = NULL;
  int with_array;
  for (with_array = 0; with_array < 2; ++with_array) {
    const size_t count = (size_t)-1;
    add = init;
    add.scopes = with_array ? &text : NULL;
    add.scope_count = count;
    CHECK_CODE(vault_add(vault, "b", "t", 1, &add), VAULT_E_LIMIT);
    add = init;
    add.attributes = with_array ? &attribute : NULL;
    add.attribute_count = count;
    CHECK_CODE(vault_add(vault, "b", "t", 1, &add), VAULT_E_LIMIT);
    add = init;
    add.fields = with_array ? &field : NULL;
    add.field_count = count;
    CHECK_CODE(vault_add(vault, "b", "t", 1, &add), VAULT_E_LIMIT);
    selection.scopes = with_array ? &text : NULL;
    selection.scope_count = count;
    CHECK_CODE(vault_find(vault, &selection, &list), VAULT_E_LIMIT);
    selection.scope_count = 0;
    selection.attributes = with_array ? &attribute : NULL;
    selection.attribute_count = count;
    CHECK_CODE(vault_find(vault, &selection, &list), VAULT_E_LIMIT);
    selection.attribute_count = 0;
    edit.set = with_array ? &attribute : NULL;
    edit.set_count = count;
    CHECK_CODE(vault_edit(vault, "a", &edit), VAULT_E_LIMIT);
    edit.set_count = 0;
    edit.remove = with_array ? &text : NULL;
    edit.remove_count = count;
    CHECK_CODE(vault_edit(vault, "a", &edit), VAULT_E_LIMIT);
    edit.remove_count = 0;
  }
  CHECK_CODE(vault_add(vault, "b", "t", (size_t)-1, NULL), VAULT_E_LIMIT);
  add = init;
  add.fields = &huge_field;
  add.field_count = 1;
  CHECK_CODE(vault_add(vault, "b", "t", 1, &add), VAULT_E_LIMIT);
  unlock.passphrase = "x";
  unlock.passphrase_size = (size_t)-1;
  CHECK_CODE(vault_open(test_vault, &unlock, &other), VAULT_E_USAGE);
  unlock.passphrase = NULL;
  unlock.recovery_code = "x";
  unlock.recovery_code_size = (size_t)-1;
  CHECK_CODE(vault_open(test_vault, &unlock, &other), VAULT_E_USAGE);
  CHECK(list == NULL && other == NULL);
}

static void numbers_out_of_range_are_refused(void) {
  const int64_t times[] = {-1, INT64_MIN, INT64_MAX - 1, 253402300800};
  vault_add_options add = VAULT_ADD_OPTIONS_INIT;
  vault_selection selection = VAULT_SELECTION_INIT;
  vault_get_options get = VAULT_GET_OPTIONS_INIT;
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_list* list = NULL;
  vault_secret* secret = NULL;
  vault_handle* other = NULL;
  size_t i;
  for (i = 0; i < COUNT(times); ++i) {
    add.expires_at = times[i];
    add.issued_at = 0;
    CHECK_CODE(vault_add(vault, "b", "t", 1, &add), VAULT_E_USAGE);
    add.expires_at = 0;
    add.issued_at = times[i];
    CHECK_CODE(vault_add(vault, "b", "t", 1, &add), VAULT_E_USAGE);
  }
  add.issued_at = INT64_MAX;
  CHECK_CODE(vault_add(vault, "b", "t", 1, &add), VAULT_E_USAGE);
  selection.state = 8;
  CHECK_CODE(vault_find(vault, &selection, &list), VAULT_E_USAGE);
  selection.state = UINT32_MAX;
  CHECK_CODE(vault_find(vault, &selection, &list), VAULT_E_USAGE);
  selection.state = 0;
  selection.sort = UINT32_MAX;
  CHECK_CODE(vault_find(vault, &selection, &list), VAULT_E_USAGE);
  selection.sort = 0;
  selection.expiring_within = UINT64_MAX;
  CHECK_CODE(vault_find(vault, &selection, &list), VAULT_OK);
  vault_list_free(list);
  get.version = UINT32_MAX;
  CHECK_CODE(vault_get(vault, "a", &get, &secret), VAULT_E_NOT_FOUND);
  get.version = 0;
  get.min_ttl = UINT64_MAX; /* it never ends */
  CHECK_CODE(vault_get(vault, "a", &get, &secret), VAULT_OK);
  vault_secret_free(secret);
  unlock.key_file = test_key_file;
  unlock.wait_ms = INT64_MAX;
  CHECK_CODE(vault_open(test_vault, &unlock, &other), VAULT_OK);
  vault_close(other);
  unlock.wait_ms = INT64_MIN;
  CHECK_CODE(vault_open(test_vault, &unlock, &other), VAULT_OK);
  vault_close(other);
}

static int is_utf8(const char* text) {
  const unsigned char* at = (const unsigned char*)text;
  while (*at != 0) {
    int more = *at < 0x80                  ? 0
               : *at >= 0xc2 && *at < 0xe0 ? 1
               : *at >= 0xe0 && *at < 0xf0 ? 2
                                           : -1; /* enough for here */
    if (more < 0) return 0;
    for (++at; more > 0; --more, ++at) {
      if ((*at & 0xc0) != 0x80) return 0;
    }
  }
  return 1;
}

/* A path of 3-byte characters, so long that the message is cut, at each of three offsets; and one that is no UTF-8. */
static void a_message_is_utf8_also_where_it_is_cut(void) {
  vault_unlock_options unlock = VAULT_UNLOCK_OPTIONS_INIT;
  vault_handle* other = NULL;
  char path[2048];
  size_t offset;
  unlock.key_file = path;
  for (offset = 0; offset < 3; ++offset) {
    size_t i;
    memset(path, 'x', sizeof path);
    memcpy(path, "/nonexistent", 12);
    for (i = 12 + offset; i + 4 < sizeof path; i += 3) memcpy(path + i, i % 100 < 3 ? "/xx" : "\xe2\x82\xac", 3);
    path[sizeof path - 1] = '\0';
    CHECK(vault_open(test_vault, &unlock, &other) != VAULT_OK);
    CHECK(strlen(vault_last_error()) > 1000 && is_utf8(vault_last_error()));
  }
  snprintf(path, sizeof path, "/nonexistent/\xff\xe2\x82");
  CHECK_CODE(vault_open(test_vault, &unlock, &other), VAULT_E_USAGE);
  CHECK(strstr(vault_last_error(), "/nonexistent/?") != NULL && is_utf8(vault_last_error()));
}

/* ---- what was freed, where the library knows it ---- */

static void freed_objects_are_recognised(void) {
  vault_secret* secret = NULL;
  vault_entry* entry = NULL;
  vault_list *list = NULL, *slots = NULL;
  const vault_entry* inside;
  vault_secret_info secret_info = VAULT_SECRET_INFO_INIT;
  vault_entry_info entry_info = VAULT_ENTRY_INFO_INIT;
  vault_slot_info slot_info = VAULT_SLOT_INFO_INIT;
  const char* text = &somewhere;
  if (!vault_supports("handle-checks")) return;
  CHECK_CODE(vault_get(vault, "a", NULL, &secret), VAULT_OK);
  CHECK_CODE(vault_show(vault, "a", &entry), VAULT_OK);
  CHECK_CODE(vault_find(vault, NULL, &list), VAULT_OK);
  CHECK_CODE(vault_slots(vault, &slots), VAULT_OK);
  inside = vault_list_at(list, 0);
  vault_secret_free(secret);
  vault_entry_free(entry);
  vault_list_free(list);
  vault_list_free(slots);
  CHECK(vault_secret_data(secret) == NULL && vault_secret_size(secret) == 0 && !vault_secret_equal(secret, "token", 5));
  CHECK_CODE(vault_secret_describe(secret, &secret_info), VAULT_E_USAGE);
  vault_secret_wipe(secret);
  vault_secret_free(secret);
  CHECK_CODE(vault_entry_describe(entry, &entry_info), VAULT_E_USAGE);
  CHECK_CODE(vault_entry_scope(entry, 0, 0, &text), VAULT_E_USAGE);
  vault_entry_free(entry);
  CHECK_CODE(vault_entry_describe(inside, &entry_info), VAULT_E_USAGE); /* it went with its list */
  CHECK(vault_list_size(list) == 0 && vault_list_at(list, 0) == NULL && vault_list_next(list) == NULL);
  vault_list_free(list);
  CHECK_CODE(vault_list_slot(slots, 0, &slot_info), VAULT_E_USAGE);
  CHECK(strstr(vault_last_error(), "freed") != NULL);
  vault_list_free(slots);
}

int main(void) {
  make_test_dir();
  vault = make_test_vault();
  CHECK_CODE(vault_add(vault, "a", "token", 5, NULL), VAULT_OK);
  what_is_no_open_vault_is_refused();
  null_where_something_must_be_is_usage();
  questions_about_null_have_answers();
  outputs_inside_an_entry_must_not_be_null();
  a_list_is_only_what_it_is();
  structures_of_every_size();
  odd_labels_are_refused();
  monstrous_texts_are_refused();
  impossible_counts_are_refused();
  numbers_out_of_range_are_refused();
  a_message_is_utf8_also_where_it_is_cut();
  freed_objects_are_recognised();
  check_token(vault, "a", "token");
  CHECK_CODE(vault_verify(vault, NULL), VAULT_OK);
  vault_close(vault);
  return 0;
}
