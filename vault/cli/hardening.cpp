#include "vault/cli/hardening.hpp"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

namespace vault::cli {
namespace {

// A closed descriptor 0, 1 or 2 would be given to the next file opened, perhaps the store. It is taken by /dev/null, opened the
// wrong way round: reading the "standard input" and writing the "standard output" then still fail, instead of losing data.
void take_standard_descriptors() {
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) != -1) continue;
    int taken = ::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (taken != fd) ::_exit(static_cast<int>(Errc::internal));
  }
}

void end_on_signal(int) {
  static constexpr char text[] = "vault: cancelled\n";
  if (::write(STDERR_FILENO, text, sizeof text - 1) < 0) {
  }
  ::_exit(static_cast<int>(Errc::cancelled));
}

// What the parent ignores (nohup, a background job) stays ignored.
void catch_signal(int number) {
  struct sigaction old {};
  ::sigaction(number, nullptr, &old);
  if (old.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = end_on_signal;
  ::sigaction(number, &action, nullptr);
}

}  // namespace

Status harden_process() {
  if (::getauxval(AT_SECURE) != 0) return Error{Errc::denied, "refusing to run set-user-ID or with extra capabilities"};
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::umask(077);
  take_standard_descriptors();
  ::signal(SIGPIPE, SIG_IGN);
  for (int number : {SIGINT, SIGTERM, SIGHUP}) catch_signal(number);
  return {};
}

}  // namespace vault::cli
