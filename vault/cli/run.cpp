#include "vault/cli/run.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "vault/cli/commands.hpp"
#include "vault/cli/help.hpp"
#include "vault/cli/manual.hpp"
#include "vault/cli/nearest.hpp"
#include "vault/model/text.hpp"

namespace vault::cli {
namespace {

Error usage(std::string message) { return {Errc::usage, std::move(message)}; }

const CLI::Option* find_option(const CLI::App& app, const std::string& name) { return app.get_option_no_throw(name); }

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }
bool may_repeat(const CLI::Option& option) { return option.get_trigger_on_parse(); }

// -n0 for -n -0.
bool is_flag_cluster(const CLI::App& app, std::string_view argument) {
  return argument.size() > 2 && argument[1] != '-' && std::ranges::all_of(argument.substr(1), [&](char letter) {
           const CLI::Option* option = find_option(app, {'-', letter});
           return option != nullptr && !takes_value(*option);
         });
}

// A command line taken apart, by what `app` knows.
struct Split {
  std::vector<std::string> words;    // what is not an option
  std::vector<std::string> options;  // with their values, as CLI11 takes them
  std::string unknown;               // the first option that `app` does not know
  std::string fault;                 // what else is wrong with the options
};

Split split(const CLI::App& app, const std::vector<std::string>& arguments) {
  Split result;
  std::vector<const CLI::Option*> seen;
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    if (*argument == "--") {
      result.words.insert(result.words.end(), argument + 1, arguments.end());
      break;
    }
    if (argument->size() < 2 || argument->front() != '-') {
      result.words.push_back(*argument);
      continue;
    }
    const std::size_t equals = argument->find('=');
    const std::string name = argument->substr(0, equals);
    const CLI::Option* option = find_option(app, name);
    if (option == nullptr && is_flag_cluster(app, *argument)) {
      for (char letter : argument->substr(1)) result.options.push_back({'-', letter});
      continue;
    }
    if (option == nullptr) {
      if (result.unknown.empty()) result.unknown = name;
      continue;
    }
    const bool again = std::ranges::find(seen, option) != seen.end();
    if (again && takes_value(*option) && !may_repeat(*option)) result.fault = name + " is given twice";
    seen.push_back(option);
    result.options.push_back(name);
    if (!takes_value(*option)) {
      if (equals != std::string::npos) result.fault = name + " takes no value";
    } else if (equals != std::string::npos) {
      result.options.push_back(argument->substr(equals + 1));
    } else if (argument + 1 == arguments.end()) {
      result.fault = name + " needs a value";
    } else {
      result.options.push_back(*++argument);
    }
  }
  return result;
}

std::string nearest_option(const CLI::App& app, const std::string& unknown) {
  std::vector<std::string> options;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) options.push_back("--" + name);
  }
  return nearest(unknown, std::vector<std::string_view>(options.begin(), options.end()));
}

// The words that name the command, taken off the front. Errors: usage.
Result<const Command*> take_command(std::vector<std::string>& words) {
  std::string name = words.front();
  words.erase(words.begin());
  if (is_group(name)) {
    if (words.empty()) return usage(fmt::format("{0} needs a verb of its own; 'vault help {0}' lists them", name));
    name += " " + words.front();
    words.erase(words.begin());
  }
  if (const Command* command = find_command(name)) return command;
  const std::string nearest = nearest_command(name);
  const std::string hint =
      nearest.empty() ? "'vault help' lists the verbs" : fmt::format("did you mean '{}'?", nearest);
  return usage(fmt::format("there is no verb {}; {}", in_quotes(name), hint));
}

// Everything about the options and arguments of the command. The message never holds an argument: it may be a secret.
Status parse(CLI::App& app, const Command& command, const std::vector<std::string>& arguments, Context& context) {
  Split parts = split(app, arguments);
  if (!parts.unknown.empty()) {
    const std::string nearest = nearest_option(app, parts.unknown);
    const std::string hint = nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest);
    return usage(fmt::format("there is no option {}{}", in_quotes(parts.unknown), hint));
  }
  if (!parts.fault.empty()) return usage(parts.fault);
  auto& words = parts.words;
  words.erase(words.begin(), words.begin() + std::ranges::count(command.name, ' ') + 1);
  std::ranges::reverse(parts.options);
  try {
    app.parse(parts.options);
  } catch (const CLI::ValidationError& refused) {
    return usage(refused.what());
  } catch (const CLI::ParseError&) {
    return usage("the options cannot be understood");
  }
  if (context.global.help) return {};
  if (words.size() < command.least) return usage(fmt::format("{} is missing", command.arguments));
  if (words.size() > command.most) {
    return usage(command.most == 0
                     ? "takes no arguments beside options"
                     : fmt::format("takes one {} and nothing more; a secret comes from stdin or a prompt, "
                                   "never from the command line",
                                   command.arguments));
  }
  context.arguments = std::move(words);
  context.output.json = context.global.json;
  return {};
}

// Everything that a command line of this verb may say.
void add_options(CLI::App& app, Verb& verb, Context& context) {
  app.set_help_flag();
  verb.add_to(app);
  context.factors.add_to(app);
  context.global.add_to(app);
}

int say_help(const Output& output, const std::string& text) {
  auto said = output.data(output.json ? json::help(text) : text);
  return said ? 0 : report(output, said.error());
}

int help(const Output& output, std::vector<std::string> words) {
  if (words.empty() || words.front() == "help") return say_help(output, short_help());
  if (words.size() == 1 && is_group(words.front())) {
    return !output.json && show_manual(words.front()) ? 0 : say_help(output, group_help(words.front()));
  }
  auto command = take_command(words);
  if (!command) return report(output, command.error());
  if (!output.json && show_manual((*command)->name)) return 0;
  Context context{{}, {}, {}, {}, {}, Platform::native()};
  CLI::App app;
  auto verb = (*command)->make();
  add_options(app, *verb, context);
  return say_help(output, command_help(**command, app));
}

int run_command(const Command& command, const std::vector<std::string>& arguments, Output output) {
  Context context{{}, {}, output, {}, {}, Platform::native()};
  CLI::App app;
  auto verb = command.make();
  add_options(app, *verb, context);
  if (auto parsed = parse(app, command, arguments, context); !parsed) {
    const int status = report(output, {Errc::usage, fmt::format("{}: {}", command.name, parsed.error().message)});
    output.note(usage_line(command) + "'vault help " + std::string(command.name) + "' says more");
    return status;
  }
  if (context.global.help) return say_help(output, command_help(command, app));
  Status done = verb->run(context);
  if (done) done = output.finish();
  return done ? 0 : report(output, done.error());
}

int print_version(const Output& output) {
  auto said = output.data(output.json ? json::version(VAULT_VERSION) : "vault " VAULT_VERSION "\n");
  return said ? 0 : report(output, said.error());
}

}  // namespace

int report(const Output& output, const Error& error) {
  output.note(fmt::format("vault: {}", printable(error.message)));
  if (error.code == Errc::corrupt)
    output.note("Keep what is there; 'vault doctor' and 'vault verify' look at it, and a backup brings it back");
  if (output.json) {
    if (auto told = output.data(json::error(error)); !told) output.note(fmt::format("vault: {}", told.error().message));
  }
  return static_cast<int>(error.code);
}

namespace {

int dispatch(const std::vector<std::string>& arguments, const Output& output) {
  GlobalOptions global;
  FactorOptions factors;
  CLI::App app;
  app.set_help_flag();
  factors.add_to(app);
  global.add_to(app);
  Split parts = split(app, arguments);
  if (parts.words.empty()) {
    if (parts.unknown == "--version") return print_version(output);
    if (std::ranges::any_of(parts.options, [](const auto& o) { return o == "-h" || o == "--help"; }))
      return help(output, {});
    const int status = report(output, usage("no verb is given"));
    output.note(short_help());
    return status;
  }
  if (parts.words.front() == "help") return help(output, {parts.words.begin() + 1, parts.words.end()});
  if (parts.words.size() == 1 && is_group(parts.words.front()) &&
      std::ranges::find(parts.options, "--help") != parts.options.end()) {
    return help(output, parts.words);
  }
  auto command = take_command(parts.words);
  if (!command) return report(output, command.error());
  return run_command(**command, arguments, output);
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  Output output;
  output.json = std::ranges::find(arguments, "--json") != arguments.end();
  try {
    return dispatch(arguments, output);
  } catch (const std::bad_alloc&) {
    return report(output, {Errc::internal, "out of memory"});
  } catch (const std::exception& problem) {
    return report(output, {Errc::internal, problem.what()});
  }
}

}  // namespace vault::cli
