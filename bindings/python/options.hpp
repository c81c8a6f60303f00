#pragma once

#include <optional>

#include "core.hpp"

// Option structures of the C interface from keyword arguments; they keep what their pointers lead to.

struct UnlockArguments {
  py::object path, passphrase, key_file, recovery_code, credential, slot, wait;
  bool accept_rollback = false;
};

class UnlockOptions {
 public:
  explicit UnlockOptions(const UnlockArguments& given);
  const char* dir() const { return dir_.c_str(); }
  const vault_unlock_options* get() const { return &options_; }
  // The exception of the passphrase callable, if it raised one; after the call.
  void raise_what_the_callable_raised();

 private:
  static vault_code ask(void* context, void* buffer, std::size_t capacity, std::size_t* size);
  vault_code answer(void* buffer, std::size_t capacity, std::size_t* size);

  Path dir_, key_file_, credential_;
  BytesLike passphrase_, recovery_code_;
  Text slot_;
  py::object callable_;
  std::optional<py::error_already_set> raised_;
  vault_unlock_options options_ = VAULT_UNLOCK_OPTIONS_INIT;
};

struct SlotArguments {
  py::object name = py::none(), passphrase = py::none(), key_file = py::none(), recovery_code = py::bool_(false),
             unlock_time = py::none(), kdf = py::none(), role = py::none(), teams = py::none();
};

class SlotOptions {
 public:
  explicit SlotOptions(const SlotArguments& given);
  const vault_slot_options* get() const { return &options_; }

 private:
  Text name_;
  BytesLike passphrase_;
  Path key_file_;
  Texts teams_;
  vault_slot_options options_ = VAULT_SLOT_OPTIONS_INIT;
};

struct AddArguments {
  py::object issuer = py::none(), account = py::none(), team = py::none(), scopes = py::none(), expires = py::none(),
             issued = py::none(), period = py::none(), note = py::none(), key_name = py::none(), minted_by = py::none(),
             minted_with = py::none(), attributes = py::none(), fields = py::none(), plain = py::none(),
             hint = py::bool_(false), fingerprint = py::bool_(true), allow_empty = py::bool_(false),
             replace_tombstone = py::bool_(false);
};

class NewEntry {
 public:
  NewEntry(py::handle label, py::handle secret, const AddArguments& given);
  NewEntry(const NewEntry&) = delete;
  NewEntry& operator=(const NewEntry&) = delete;
  const char* label() const { return label_.c_str(); }
  const BytesLike& secret() const { return secret_; }
  const vault_add_options* options() const { return &options_; }

 private:
  void set_times(const AddArguments& given);
  void add_fields(py::handle mapping, bool secret);

  Text label_;
  BytesLike secret_;
  Text issuer_, account_, team_, period_, note_, key_name_, minted_by_, minted_with_;
  Texts scopes_;
  Attributes attributes_;
  std::vector<Text> field_names_;
  std::vector<BytesLike> field_values_;
  std::vector<vault_field> fields_;
  vault_add_options options_ = VAULT_ADD_OPTIONS_INIT;
};

struct GetArguments {
  py::handle field, version, min_ttl, allow_expired;
};

class GetOptions {
 public:
  explicit GetOptions(const GetArguments& given);
  const vault_get_options* get() const { return &options_; }

 private:
  Text field_;
  vault_get_options options_ = VAULT_GET_OPTIONS_INIT;
};

struct SelectionArguments {
  py::object prefix, team, issuer, account, scopes, attributes, state, expiring_within, sort;
};

class SelectionOptions {
 public:
  explicit SelectionOptions(const SelectionArguments& given);
  const vault_selection* get() const { return &selection_; }

 private:
  Text prefix_, team_, issuer_, account_;
  Texts scopes_;
  Attributes attributes_;
  vault_selection selection_ = VAULT_SELECTION_INIT;
};

class EditOptions {
 public:
  EditOptions(py::handle note, py::handle team, py::handle set, py::handle remove, py::handle revision);
  const vault_edit_options* get() const { return &options_; }

 private:
  Text note_, team_, revision_;
  Attributes set_;
  Texts remove_;
  vault_edit_options options_ = VAULT_EDIT_OPTIONS_INIT;
};
