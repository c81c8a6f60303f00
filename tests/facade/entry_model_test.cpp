#include <rapidcheck.h>

#include "tests/support/world.hpp"

namespace vault {
namespace {

// What the verbs promise, as a list: the vault must agree with it after any sequence of them.
struct Known {
  std::string label, token, note;
  State state = State::active;
  std::vector<std::string> former{};
  int changed = 0;  // step of its last change

  bool destroyed() const { return state == State::destroyed; }
  bool had(const std::string& name) const { return std::ranges::find(former, name) != former.end(); }
};

class Model {
 public:
  explicit Model(int& step) : step_(step) {}

  Known* find(const std::string& name) {
    Known* best = nullptr;
    for (Known& entry : entries_) {
      if (!entry.destroyed() && entry.label == name) return &entry;
    }
    for (Known& entry : entries_) {
      if (!entry.destroyed() && entry.had(name)) return &entry;
      if (entry.label != name && !entry.had(name)) continue;
      if (best == nullptr || entry.changed > best->changed) best = &entry;
    }
    return best;
  }

  int add(const std::string& name, const std::string& token, bool replace) {
    if (is_used(name, replace)) return code(Errc::conflict);
    entries_.push_back({name, token, "", State::active, {}, step_});
    return 0;
  }
  int edit(const std::string& name, const std::string& note) {
    return change(name, [&](Known& entry) {
      entry.note = note;
      return 0;
    });
  }
  int move(const std::string& from, const std::string& to) {
    return change(from, [&](Known& entry) {
      if (entry.label == to || (!entry.had(to) && is_used(to, false))) return code(Errc::conflict);
      std::erase(entry.former, to);
      entry.former.push_back(entry.label);
      entry.label = to;
      return 0;
    });
  }
  int remove(const std::string& name) {
    return change(name, [&](Known& entry) {
      if (entry.state == State::hidden) return code(Errc::inactive);
      entry.state = State::hidden;
      return 0;
    });
  }
  int undelete(const std::string& name) {
    return change(name, [&](Known& entry) {
      if (entry.state != State::hidden) return code(Errc::conflict);
      entry.state = State::active;
      return 0;
    });
  }
  int destroy(const std::string& name) {
    return change(name, [&](Known& entry) {
      entry.state = State::destroyed;
      return 0;
    });
  }
  std::size_t count(State state) const {
    return static_cast<std::size_t>(std::ranges::count(entries_, state, &Known::state));
  }

 private:
  static int code(Errc error) { return static_cast<int>(error); }

  bool is_used(const std::string& name, bool beside_tombstones) const {
    return std::ranges::any_of(entries_, [&](const Known& entry) {
      return entry.had(name) || (entry.label == name && !(entry.destroyed() && beside_tombstones));
    });
  }
  template <class Apply>
  int change(const std::string& name, Apply apply) {
    Known* entry = find(name);
    if (entry == nullptr) return code(Errc::not_found);
    if (entry->destroyed()) return code(Errc::inactive);
    const int done = apply(*entry);
    if (done == 0) entry->changed = step_;
    return done;
  }

  int& step_;
  std::vector<Known> entries_;
};

class EntryModel : public World {
 protected:
  // One verb on both; they must answer alike.
  void step(Vault& vault, Model& model, int number) {
    const std::string name = any_label();
    const std::string other = any_label();
    const std::string text = "step " + std::to_string(number);
    switch (any_number(0, 10)) {
      case 0: {
        NewEntry made = entry(name, text);
        made.replace_tombstone = *rc::gen::arbitrary<bool>();
        const bool replace = made.replace_tombstone;
        RC_ASSERT(code_of(vault.add(std::move(made))) == model.add(name, text, replace));
        break;
      }
      case 1:
        RC_ASSERT(code_of(vault.edit(label(name), {.note = text, .team = other})) == model.edit(name, text));
        break;
      case 2: RC_ASSERT(code_of(vault.remove(label(name))) == model.remove(name)); break;
      case 3: RC_ASSERT(code_of(vault.undelete(label(name))) == model.undelete(name)); break;
      case 4: RC_ASSERT(code_of(vault.destroy(label(name))) == model.destroy(name)); break;
      default: RC_ASSERT(code_of(vault.move(label(name), label(other))) == model.move(name, other)); break;
    }
  }

  void compare(Vault& vault, Model& model) {
    for (const std::string& name : labels()) {
      const Known* known = model.find(name);
      auto shown = vault.show(label(name));
      RC_ASSERT(static_cast<bool>(shown) == (known != nullptr));
      if (known == nullptr) {
        RC_ASSERT(code_of(shown) == static_cast<int>(Errc::not_found));
        continue;
      }
      RC_ASSERT(shown->label.text() == known->label);
      RC_ASSERT(shown->state == known->state);
      RC_ASSERT(shown->note == known->note);
      RC_ASSERT(shown->former_labels == known->former);
      auto value = vault.get(label(name));
      RC_ASSERT(code_of(value) == (known->state == State::active ? 0 : static_cast<int>(Errc::inactive)));
      if (value) RC_ASSERT(text_of(value->bytes) == known->token);
    }
    for (State state : {State::active, State::hidden, State::destroyed}) {
      Selection selection;
      selection.state = state;
      RC_ASSERT(must(vault.list(selection)).size() == model.count(state));
    }
    RC_ASSERT(must(vault.status()).entries == model.count(State::active));
  }

  static const std::vector<std::string>& labels() {
    static const std::vector<std::string> all{"a", "b", "c", "d", "e", "f"};
    return all;
  }
  // Of the whole range from the first run on: rapidcheck alone would begin with the smallest numbers.
  static int any_number(int from, int below) {
    return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(from, below));
  }
  static std::string any_label() { return *rc::gen::elementOf(labels()); }
};

TEST_F(EntryModel, AnySequenceOfVerbsLeavesWhatTheyPromise) {
  create();
  fs::rename(vault_dir(), dir() / "template");
  const bool held = rc::check([&] {
    fs::remove_all(vault_dir());
    fs::copy(dir() / "template", vault_dir(), fs::copy_options::recursive);
    fs::permissions(vault_dir(), fs::perms::owner_all);
    Vault vault = must(open());
    int number = 0;
    Model model(number);
    for (const char* name : {"a", "b"}) {
      must(vault.add(entry(name, name)));
      RC_ASSERT(model.add(name, name, false) == 0);
    }
    for (const int steps = any_number(1, 32); number < steps; ++number) {
      clock.advance(std::chrono::seconds(1));
      step(vault, model, number);
    }
    compare(vault, model);
    must(vault.verify());
    RC_ASSERT(must(vault.log()).size() == must(vault.status()).head_sequence);
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace vault
