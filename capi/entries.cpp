// What is known of entries, and changing them.

#include "capi/arguments.hpp"
#include "capi/handles.hpp"
#include "vault/base/limits.hpp"

namespace vault::capi {
namespace {

static_assert(static_cast<int>(State::active) + 1 == VAULT_STATE_ACTIVE);
static_assert(static_cast<int>(State::retiring) + 1 == VAULT_STATE_RETIRING);
static_assert(static_cast<int>(State::retired) + 1 == VAULT_STATE_RETIRED);
static_assert(static_cast<int>(State::expired) + 1 == VAULT_STATE_EXPIRED);
static_assert(static_cast<int>(State::revoked) + 1 == VAULT_STATE_REVOKED);
static_assert(static_cast<int>(State::hidden) + 1 == VAULT_STATE_HIDDEN);
static_assert(static_cast<int>(State::destroyed) + 1 == VAULT_STATE_DESTROYED);
static_assert(static_cast<int>(Selection::Sort::label) == VAULT_SORT_LABEL);
static_assert(static_cast<int>(Selection::Sort::expires) == VAULT_SORT_EXPIRES);
static_assert(static_cast<int>(Selection::Sort::created) == VAULT_SORT_CREATED);
static_assert(static_cast<int>(Selection::Sort::team) == VAULT_SORT_TEAM);
static_assert(static_cast<int>(Selection::Sort::issuer) == VAULT_SORT_ISSUER);

std::uint32_t state_of(State state) { return static_cast<std::uint32_t>(state) + 1; }

Result<const VersionView*> version_at(const vault_entry* entry, std::size_t version) {
  if (auto fine = usable(entry, "entry"); !fine) return fine.error();
  if (version >= entry->view.versions.size()) return no_such("version");
  return &entry->view.versions[version];
}

Result<Selection> selection_of(const vault_selection* given) {
  auto options = options_of(given);
  if (!options) return options.error();
  Selection selection;
  selection.prefix = text_or(options->prefix, "");
  selection.team = optional_text(options->team);
  selection.issuer = optional_text(options->issuer);
  selection.account = optional_text(options->account);
  auto scopes = texts_of(options->scopes, options->scope_count, limits::scopes, "scopes");
  if (!scopes) return scopes.error();
  selection.scopes = std::move(*scopes);
  auto attributes = attributes_of(options->attributes, options->attribute_count);
  if (!attributes) return attributes.error();
  selection.attributes = std::move(*attributes);
  selection.expiring_within = seconds_of(options->expiring_within);
  if (options->state > VAULT_STATE_DESTROYED) return Error{Errc::usage, "state: there is none of this number"};
  if (options->sort > VAULT_SORT_ISSUER) return Error{Errc::usage, "sort: there is none of this number"};
  if (options->state != VAULT_STATE_ANY) selection.state = static_cast<State>(options->state - 1);
  selection.sort = static_cast<Selection::Sort>(options->sort);
  return selection;
}

Result<EntryEdit> edit_of(const vault_edit_options* given) {
  auto options = options_of(given);
  if (!options) return options.error();
  EntryEdit edit;
  edit.note = optional_text(options->note);
  edit.team = optional_text(options->team);
  edit.revision = optional_text(options->revision);
  auto set = attributes_of(options->set, options->set_count);
  if (!set) return set.error();
  edit.set_attributes = std::move(*set);
  auto remove = texts_of(options->remove, options->remove_count, limits::attributes, "remove");
  if (!remove) return remove.error();
  edit.remove_attributes = std::move(*remove);
  return edit;
}

Status status_of(const Result<EntryView>& changed) { return changed ? Status{} : changed.error(); }

}  // namespace
}  // namespace vault::capi

using namespace vault::capi;

extern "C" {

const char* vault_state_name(int state) {
  if (state < VAULT_STATE_ACTIVE || state > VAULT_STATE_DESTROYED) return "unknown";
  return vault::name(static_cast<vault::State>(state - 1)).data();  // literals, so they end with zero
}

vault_code vault_show(const vault_handle* vault, const char* label, vault_entry** entry) {
  clear(entry);
  return on(vault, label, [&](vault::Vault& open, const vault::Label& wanted) -> vault::Status {
    if (auto fine = required(entry, "entry"); !fine) return fine;
    auto shown = open.show(wanted);
    if (!shown) return shown.error();
    *entry = new vault_entry{std::move(*shown)};
    return {};
  });
}

void vault_entry_free(vault_entry* entry) {
  if (is_alive(entry)) delete entry;
}

vault_code vault_entry_describe(const vault_entry* entry, vault_entry_info* info) {
  return guard([&]() -> vault::Status {
    if (auto fine = usable(entry, "entry"); !fine) return fine;
    const vault::EntryView& view = entry->view;
    vault_entry_info out = VAULT_ENTRY_INFO_INIT;
    out.label = view.label.text().c_str();
    out.issuer = view.issuer.c_str();
    out.account = view.account.c_str();
    out.team = view.team.c_str();
    out.note = view.note.c_str();
    out.revision = view.revision.c_str();
    out.state = state_of(view.state);
    out.current = view.current;
    out.created_at = to_seconds(view.created);
    out.changed_at = to_seconds(view.changed);
    out.attribute_count = view.attributes.size();
    out.former_label_count = view.former_labels.size();
    out.version_count = view.versions.size();
    return fill(info, out);
  });
}

vault_code vault_entry_attribute(const vault_entry* entry, size_t index, vault_attribute* attribute) {
  if (attribute != nullptr) *attribute = {nullptr, nullptr};
  return guard([&]() -> vault::Status {
    if (auto fine = usable(entry, "entry"); !fine) return fine;
    if (auto fine = required(attribute, "attribute"); !fine) return fine;
    if (index >= entry->view.attributes.size()) return no_such("attribute");
    const auto& [key, value] = *std::next(entry->view.attributes.begin(), static_cast<std::ptrdiff_t>(index));
    *attribute = {key.c_str(), value.c_str()};
    return {};
  });
}

vault_code vault_entry_former_label(const vault_entry* entry, size_t index, const char** label) {
  clear(label);
  return guard([&]() -> vault::Status {
    if (auto fine = usable(entry, "entry"); !fine) return fine;
    if (auto fine = required(label, "label"); !fine) return fine;
    if (index >= entry->view.former_labels.size()) return no_such("former label");
    *label = entry->view.former_labels[index].c_str();
    return {};
  });
}

vault_code vault_entry_version(const vault_entry* entry, size_t version, vault_version_info* info) {
  return guard([&]() -> vault::Status {
    auto found = version_at(entry, version);
    if (!found) return found.error();
    const vault::VersionView& view = **found;
    vault_version_info out = VAULT_VERSION_INFO_INIT;
    out.number = view.number;
    out.state = state_of(view.state);
    out.issued_at = to_seconds(view.issued_at);
    out.expires_at = to_seconds(view.expires_at);
    out.stored_at = to_seconds(view.stored_at);
    out.period = view.period.c_str();
    out.key_name = view.key_name.c_str();
    out.minted_by = view.minted_by.c_str();
    out.minted_with = view.minted_with.c_str();
    out.hint = view.hint.c_str();
    out.fingerprint = view.fingerprint.c_str();
    out.scope_count = view.scopes.size();
    out.field_count = view.fields.size();
    return fill(info, out);
  });
}

vault_code vault_entry_scope(const vault_entry* entry, size_t version, size_t index, const char** scope) {
  clear(scope);
  return guard([&]() -> vault::Status {
    if (auto fine = required(scope, "scope"); !fine) return fine;
    auto found = version_at(entry, version);
    if (!found) return found.error();
    if (index >= (*found)->scopes.size()) return no_such("scope");
    *scope = (*found)->scopes.items()[index].c_str();
    return {};
  });
}

vault_code vault_entry_field(const vault_entry* entry, size_t version, size_t index, vault_field_info* info) {
  return guard([&]() -> vault::Status {
    auto found = version_at(entry, version);
    if (!found) return found.error();
    if (index >= (*found)->fields.size()) return no_such("field");
    const vault::FieldView& view = (*found)->fields[index];
    vault_field_info out = VAULT_FIELD_INFO_INIT;
    out.name = view.name.c_str();
    out.size = view.size;
    out.secret = view.secret ? 1 : 0;
    return fill(info, out);
  });
}

vault_code vault_find(const vault_handle* vault, const vault_selection* selection, vault_list** list) {
  clear(list);
  return on(vault, [&](vault::Vault& open) -> vault::Status {
    if (auto fine = required(list, "list"); !fine) return fine;
    auto wanted = selection_of(selection);
    if (!wanted) return wanted.error();
    return give_list<vault_entry>(list, open.list(*wanted),
                                  [](vault::EntryView view) { return vault_entry{std::move(view)}; });
  });
}

size_t vault_list_size(const vault_list* list) {
  if (!is_alive(list)) return 0;
  return std::visit([](const auto& items) { return items.size(); }, list->items);
}

const vault_entry* vault_list_at(const vault_list* list, size_t index) {
  const auto* entries = is_alive(list) ? std::get_if<std::vector<vault_entry>>(&list->items) : nullptr;
  return entries != nullptr && index < entries->size() ? &(*entries)[index] : nullptr;
}

const vault_entry* vault_list_next(vault_list* list) {
  if (!is_alive(list)) return nullptr;
  const vault_entry* entry = vault_list_at(list, list->next);
  list->next = entry == nullptr ? 0 : list->next + 1;
  return entry;
}

void vault_list_free(vault_list* list) {
  if (is_alive(list)) delete list;
}

vault_code vault_edit(vault_handle* vault, const char* label, const vault_edit_options* options) {
  return on(vault, label, [&](vault::Vault& open, const vault::Label& wanted) -> vault::Status {
    auto edit = edit_of(options);
    if (!edit) return edit.error();
    return status_of(open.edit(wanted, *edit));
  });
}

vault_code vault_move(vault_handle* vault, const char* from, const char* to) {
  return on(vault, from, [&](vault::Vault& open, const vault::Label& wanted) -> vault::Status {
    if (auto fine = required(to, "to"); !fine) return fine;
    auto other = vault::Label::parse(to);
    if (!other) return other.error();
    return status_of(open.move(wanted, *other));
  });
}

vault_code vault_remove(vault_handle* vault, const char* label) {
  return on(vault, label, [](vault::Vault& open, const auto& wanted) { return status_of(open.remove(wanted)); });
}

vault_code vault_undelete(vault_handle* vault, const char* label) {
  return on(vault, label, [](vault::Vault& open, const auto& wanted) { return status_of(open.undelete(wanted)); });
}

vault_code vault_destroy(vault_handle* vault, const char* label) {
  return on(vault, label, [](vault::Vault& open, const auto& wanted) { return status_of(open.destroy(wanted)); });
}

}  // extern "C"
