/* What is known of entries, and what changes them. */
#include "capi_test.h"

static const char* const kScopes[] = {"dns:read", "dns:write"};

static void add_some(vault_handle* vault) {
  vault_add_options add = VAULT_ADD_OPTIONS_INIT;
  const vault_attribute attributes[] = {{"app", "shop"}, {"env", "prod"}};
  const vault_field fields[] = {{"user", "bob", 3, 0}, {"second", "\0x\377", 3, 1}};
  add.issuer = "101domain";
  add.team = "platform";
  add.scopes = kScopes;
  add.scope_count = 2;
  add.issued_at = 1700000000;
  add.expires_at = 4000000000;
  add.note = "first line\nsecond";
  add.key_name = "web";
  add.minted_by = "alice";
  add.minted_with = "2fa";
  add.attributes = attributes;
  add.attribute_count = 2;
  add.fields = fields;
  add.field_count = 2;
  CHECK_CODE(vault_add(vault, "prod-dns", "token-1", 7, &add), VAULT_OK);
  CHECK_CODE(vault_add(vault, "ci/registry", "token-2", 7, NULL), VAULT_OK);
}

static void an_entry_says_what_was_said(const vault_handle* vault) {
  vault_entry* entry = NULL;
  vault_entry_info info = VAULT_ENTRY_INFO_INIT;
  vault_version_info version = VAULT_VERSION_INFO_INIT;
  vault_field_info field = VAULT_FIELD_INFO_INIT;
  vault_attribute attribute;
  const char* text = NULL;
  CHECK_CODE(vault_show(vault, "prod-dns", &entry), VAULT_OK);
  CHECK_CODE(vault_entry_describe(entry, &info), VAULT_OK);
  CHECK(strcmp(info.label, "prod-dns") == 0 && strcmp(info.issuer, "101domain") == 0);
  CHECK(strcmp(info.account, "default") == 0 && strcmp(info.team, "platform") == 0);
  CHECK(strcmp(info.note, "first line\nsecond") == 0 && strlen(info.revision) > 0);
  CHECK(info.state == VAULT_STATE_ACTIVE && info.current == 1 && info.version_count == 1);
  CHECK(info.attribute_count == 2 && info.former_label_count == 0 && info.created_at > 1700000000);

  CHECK_CODE(vault_entry_attribute(entry, 1, &attribute), VAULT_OK);
  CHECK(strcmp(attribute.key, "env") == 0 && strcmp(attribute.value, "prod") == 0);
  CHECK_CODE(vault_entry_attribute(entry, 2, &attribute), VAULT_E_NOT_FOUND);

  CHECK_CODE(vault_entry_version(entry, 0, &version), VAULT_OK);
  CHECK(version.number == 1 && version.state == VAULT_STATE_ACTIVE);
  CHECK(version.issued_at == 1700000000 && version.expires_at == 4000000000);
  CHECK(strcmp(version.key_name, "web") == 0 && strcmp(version.minted_with, "2fa") == 0);
  CHECK(strlen(version.fingerprint) == 16 && strcmp(version.hint, "") == 0);
  CHECK(version.scope_count == 2 && version.field_count == 3);
  CHECK_CODE(vault_entry_version(entry, 1, &version), VAULT_E_NOT_FOUND);
  CHECK_CODE(vault_entry_scope(entry, 0, 1, &text), VAULT_OK);
  CHECK(strcmp(text, "dns:write") == 0);
  CHECK_CODE(vault_entry_scope(entry, 0, 2, &text), VAULT_E_NOT_FOUND);
  CHECK_CODE(vault_entry_field(entry, 0, 1, &field), VAULT_OK);
  CHECK(strcmp(field.name, "user") == 0 && field.size == 3 && field.secret == 0);
  CHECK_CODE(vault_entry_field(entry, 0, 3, &field), VAULT_E_NOT_FOUND);
  CHECK_CODE(vault_entry_field(entry, 7, 0, &field), VAULT_E_NOT_FOUND);
  vault_entry_free(entry);

  CHECK_CODE(vault_show(vault, "ci/registry", &entry), VAULT_OK);
  CHECK_CODE(vault_entry_version(entry, 0, &version), VAULT_OK);
  CHECK(version.expires_at == VAULT_NEVER);
  vault_entry_free(entry);
  CHECK_CODE(vault_show(vault, "other", &entry), VAULT_E_NOT_FOUND);
  CHECK(entry == NULL);
}

static size_t count(const vault_handle* vault, const vault_selection* selection) {
  vault_list* list = NULL;
  size_t found;
  CHECK_CODE(vault_find(vault, selection, &list), VAULT_OK);
  found = vault_list_size(list);
  vault_list_free(list);
  return found;
}

static void lists_hold_what_is_selected(const vault_handle* vault) {
  vault_selection selection = VAULT_SELECTION_INIT;
  vault_list* list = NULL;
  const vault_entry* entry;
  vault_entry_info info = VAULT_ENTRY_INFO_INIT;
  const char* const wanted[] = {"dns:write"};
  const vault_attribute shop = {"app", "shop"};
  const char* const order[] = {"ci/registry", "prod-dns"};
  int round, i;
  CHECK_CODE(vault_find(vault, NULL, &list), VAULT_OK);
  CHECK(vault_list_size(list) == 2 && vault_list_at(list, 2) == NULL);
  for (round = 0; round < 2; ++round) { /* the iteration begins again */
    for (i = 0; (entry = vault_list_next(list)) != NULL; ++i) {
      CHECK(entry == vault_list_at(list, (size_t)i));
      CHECK_CODE(vault_entry_describe(entry, &info), VAULT_OK);
      CHECK(strcmp(info.label, order[i]) == 0 && info.version_count == 1);
    }
    CHECK(i == 2);
  }
  vault_list_free(list);

  selection.prefix = "ci/";
  CHECK(count(vault, &selection) == 1);
  selection.prefix = NULL;
  selection.team = "platform";
  selection.scopes = wanted;
  selection.scope_count = 1;
  selection.attributes = &shop;
  selection.attribute_count = 1;
  selection.state = VAULT_STATE_ACTIVE;
  selection.sort = VAULT_SORT_EXPIRES;
  CHECK(count(vault, &selection) == 1);
  selection.expiring_within = 1;
  CHECK(count(vault, &selection) == 0);
}

static void changes_are_seen(vault_handle* vault) {
  vault_edit_options edit = VAULT_EDIT_OPTIONS_INIT;
  const vault_attribute set = {"env", "staging"};
  const char* const removed[] = {"app"};
  vault_entry *before = NULL, *after = NULL;
  vault_entry_info old = VAULT_ENTRY_INFO_INIT, info = VAULT_ENTRY_INFO_INIT;
  const char* former = NULL;
  vault_secret* secret = NULL;
  vault_selection hidden = VAULT_SELECTION_INIT;
  CHECK_CODE(vault_show(vault, "prod-dns", &before), VAULT_OK);
  CHECK_CODE(vault_entry_describe(before, &old), VAULT_OK);
  edit.note = "new";
  edit.team = "web";
  edit.set = &set;
  edit.set_count = 1;
  edit.remove = removed;
  edit.remove_count = 1;
  edit.revision = old.revision;
  CHECK_CODE(vault_edit(vault, "prod-dns", &edit), VAULT_OK);
  edit.note = "newer";
  CHECK_CODE(vault_edit(vault, "prod-dns", &edit), VAULT_E_CONFLICT); /* that revision is gone */
  vault_entry_free(before);

  CHECK_CODE(vault_move(vault, "prod-dns", "dns/prod"), VAULT_OK);
  CHECK_CODE(vault_show(vault, "prod-dns", &after), VAULT_OK); /* the old label leads there */
  CHECK_CODE(vault_entry_describe(after, &info), VAULT_OK);
  CHECK(strcmp(info.label, "dns/prod") == 0 && strcmp(info.note, "new") == 0 && strcmp(info.team, "web") == 0);
  CHECK(info.attribute_count == 1 && info.former_label_count == 1);
  CHECK_CODE(vault_entry_former_label(after, 0, &former), VAULT_OK);
  CHECK(strcmp(former, "prod-dns") == 0);
  CHECK_CODE(vault_entry_former_label(after, 1, &former), VAULT_E_NOT_FOUND);
  vault_entry_free(after);
  CHECK_CODE(vault_move(vault, "dns/prod", "ci/registry"), VAULT_E_CONFLICT);

  CHECK_CODE(vault_remove(vault, "dns/prod"), VAULT_OK);
  CHECK_CODE(vault_get(vault, "dns/prod", NULL, &secret), VAULT_E_INACTIVE);
  CHECK_CODE(vault_remove(vault, "dns/prod"), VAULT_E_INACTIVE);
  hidden.state = VAULT_STATE_HIDDEN;
  CHECK(count(vault, &hidden) == 1 && count(vault, NULL) == 1);
  CHECK_CODE(vault_undelete(vault, "dns/prod"), VAULT_OK);
  CHECK_CODE(vault_undelete(vault, "dns/prod"), VAULT_E_CONFLICT);
  CHECK_CODE(vault_get(vault, "dns/prod", NULL, &secret), VAULT_OK);
  CHECK(vault_secret_size(secret) == 7 && memcmp(vault_secret_data(secret), "token-1", 7) == 0);
  vault_secret_free(secret);
  CHECK_CODE(vault_destroy(vault, "dns/prod"), VAULT_OK);
  CHECK_CODE(vault_get(vault, "dns/prod", NULL, &secret), VAULT_E_INACTIVE);
}

static void the_vault_verifies(const vault_handle* vault) {
  vault_verify_report report = VAULT_VERIFY_REPORT_INIT;
  CHECK_CODE(vault_verify(vault, &report), VAULT_OK);
  CHECK(report.commits == 8 && report.versions == 2 && report.fields == 1 && report.fields_not_ours == 0);
  CHECK_CODE(vault_verify(vault, NULL), VAULT_OK);
}

static void bad_arguments_are_codes(vault_handle* vault) {
  vault_entry_info info = VAULT_ENTRY_INFO_INIT;
  vault_selection selection = VAULT_SELECTION_INIT;
  vault_add_options add = VAULT_ADD_OPTIONS_INIT;
  const vault_attribute twice[] = {{"a", "1"}, {"a", "2"}}, null_value = {"a", NULL};
  const vault_field no_data = {"a", NULL, 1, 1};
  vault_list* list = NULL;
  vault_entry* entry = NULL;
  const char* text = NULL;
  CHECK_CODE(vault_show(NULL, "a", &entry), VAULT_E_USAGE);
  CHECK_CODE(vault_show(vault, NULL, &entry), VAULT_E_USAGE);
  CHECK_CODE(vault_show(vault, "a", NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_show(vault, "\xff", &entry), VAULT_E_USAGE);
  CHECK_CODE(vault_entry_describe(NULL, &info), VAULT_E_USAGE);
  CHECK_CODE(vault_entry_scope(NULL, 0, 0, &text), VAULT_E_USAGE);
  CHECK_CODE(vault_find(NULL, NULL, &list), VAULT_E_USAGE);
  CHECK_CODE(vault_find(vault, NULL, NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_show(vault, "ci/registry", &entry), VAULT_OK);
  CHECK_CODE(vault_entry_describe(entry, NULL), VAULT_E_USAGE);
  info.struct_size = 0;
  CHECK_CODE(vault_entry_describe(entry, &info), VAULT_E_USAGE);
  info.struct_size = sizeof(size_t) + sizeof(char*); /* of a program from before the other members */
  info.issuer = "untouched";
  CHECK_CODE(vault_entry_describe(entry, &info), VAULT_OK);
  CHECK(strcmp(info.label, "ci/registry") == 0 && strcmp(info.issuer, "untouched") == 0);
  vault_entry_free(entry);

  selection.state = 8;
  CHECK_CODE(vault_find(vault, &selection, &list), VAULT_E_USAGE);
  selection.state = VAULT_STATE_ANY;
  selection.sort = 5;
  CHECK_CODE(vault_find(vault, &selection, &list), VAULT_E_USAGE);
  selection.sort = VAULT_SORT_LABEL;
  selection.scope_count = 1; /* and no scopes */
  CHECK_CODE(vault_find(vault, &selection, &list), VAULT_E_USAGE);
  CHECK(list == NULL);

  add.attributes = twice;
  add.attribute_count = 2;
  CHECK_CODE(vault_add(vault, "x", "t", 1, &add), VAULT_E_USAGE);
  add.attributes = &null_value;
  add.attribute_count = 1;
  CHECK_CODE(vault_add(vault, "x", "t", 1, &add), VAULT_E_USAGE);
  add.attribute_count = 0;
  add.fields = &no_data;
  add.field_count = 1;
  CHECK_CODE(vault_add(vault, "x", "t", 1, &add), VAULT_E_USAGE);
  add.field_count = 64;
  CHECK_CODE(vault_add(vault, "x", "t", 1, &add), VAULT_E_LIMIT);
  add.field_count = 0;
  add.issued_at = -1;
  CHECK_CODE(vault_add(vault, "x", "t", 1, &add), VAULT_E_USAGE);
  CHECK_CODE(vault_move(vault, "ci/registry", NULL), VAULT_E_USAGE);
  CHECK_CODE(vault_edit(vault, "other", NULL), VAULT_E_NOT_FOUND);
  CHECK(strcmp(vault_state_name(VAULT_STATE_RETIRING), "retiring") == 0);
  CHECK(strcmp(vault_state_name(0), "unknown") == 0 && strcmp(vault_state_name(99), "unknown") == 0);
  vault_entry_free(NULL);
  vault_list_free(NULL);
  CHECK(vault_list_size(NULL) == 0 && vault_list_at(NULL, 0) == NULL && vault_list_next(NULL) == NULL);
}

int main(void) {
  vault_handle* vault;
  make_test_dir();
  vault = make_test_vault();
  add_some(vault);
  an_entry_says_what_was_said(vault);
  lists_hold_what_is_selected(vault);
  bad_arguments_are_codes(vault);
  changes_are_seen(vault);
  the_vault_verifies(vault);
  vault_close(vault);
  return 0;
}
