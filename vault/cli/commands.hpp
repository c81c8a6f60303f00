#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "vault/cli/context.hpp"

namespace vault::cli {

// A verb: its option table, then its work.
class Verb {
 public:
  virtual ~Verb() = default;
  virtual void add_to(CLI::App& app) = 0;
  virtual Status run(Context& context) = 0;
};

struct Command {
  std::string_view name;       // "get", "slot add"
  std::string_view arguments;  // "LABEL..."
  std::size_t least, most;     // how many of them
  std::string_view summary;
  std::string_view example;
  std::unique_ptr<Verb> (*make)();
};

std::span<const Command> commands();
const Command* find_command(std::string_view name);
bool is_group(std::string_view word);                // "slot": the first word of several commands
std::string nearest_command(std::string_view word);  // empty where none is near

// Makers of the verbs, each in its cmd_<verb>.cpp.
std::unique_ptr<Verb> make_add();
std::unique_ptr<Verb> make_clone();
std::unique_ptr<Verb> make_destroy();
std::unique_ptr<Verb> make_doctor();
std::unique_ptr<Verb> make_edit();
std::unique_ptr<Verb> make_get();
std::unique_ptr<Verb> make_init();
std::unique_ptr<Verb> make_list();
std::unique_ptr<Verb> make_log();
std::unique_ptr<Verb> make_mv();
std::unique_ptr<Verb> make_rekey();
std::unique_ptr<Verb> make_rm();
std::unique_ptr<Verb> make_show();
std::unique_ptr<Verb> make_slot_add();
std::unique_ptr<Verb> make_slot_calibrate();
std::unique_ptr<Verb> make_slot_list();
std::unique_ptr<Verb> make_slot_passwd();
std::unique_ptr<Verb> make_slot_remove();
std::unique_ptr<Verb> make_status();
std::unique_ptr<Verb> make_team_list();
std::unique_ptr<Verb> make_team_show();
std::unique_ptr<Verb> make_undelete();
std::unique_ptr<Verb> make_verify();

}  // namespace vault::cli
