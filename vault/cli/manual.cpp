#include "vault/cli/manual.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>

#include "vault/cli/terminal.hpp"

namespace vault::cli {
namespace {

// man and its pager as a person's shell would start them: with the signals that we catch or ignore as they were. No shell in between.
class Spawn {
 public:
  Spawn() {
    sigset_t defaults, none;
    ::sigemptyset(&none);
    ::sigemptyset(&defaults);
    for (int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&defaults, number);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    ::posix_spawn_file_actions_init(&actions_);
  }
  ~Spawn() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;

  void silent() {
    for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      ::posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", O_RDWR, 0);
  }

  bool succeeds(std::array<std::string, 3> words) {
    std::array<char*, 4> arguments{words[0].data(), words[1].data(), words[2].data(), nullptr};
    pid_t child = 0;
    if (::posix_spawnp(&child, arguments[0], &actions_, &attributes_, arguments.data(), environ) != 0) return false;
    int status = 0;
    while (::waitpid(child, &status, 0) < 0) {
      if (errno != EINTR) return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t actions_{};
};

bool has_page(const std::string& page) {
  Spawn man;
  man.silent();
  return man.succeeds({"man", "-w", page});
}

}  // namespace

bool show_manual(std::string_view verb) {
  if (!is_terminal(STDOUT_FILENO) || !is_terminal(STDIN_FILENO)) return false;
  std::string page = "vault-" + std::string(verb);
  std::ranges::replace(page, ' ', '-');
  if (!has_page(page)) page = "vault-" + std::string(verb.substr(0, verb.find(' ')));
  return has_page(page) && Spawn().succeeds({"man", "--", page});
}

}  // namespace vault::cli
