#include "vault/cli/terminal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "vault/base/limits.hpp"

namespace vault::cli {
namespace {

constexpr int kTries = 3;
constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};

volatile std::sig_atomic_t caught_signal = 0;
void remember_signal(int number) { caught_signal = number; }

const Error kCancelled{Errc::cancelled, "cancelled"};

// While it lives, signals are seen only inside wait_for_input(), so that none is lost between a check and a read.
class SignalGuard {
 public:
  SignalGuard() {
    sigset_t block;
    ::sigemptyset(&block);
    for (int number : kSignals) ::sigaddset(&block, number);
    ::sigprocmask(SIG_BLOCK, &block, &outside_);
    caught_signal = 0;
    struct sigaction action {};
    action.sa_handler = remember_signal;
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &action, &before_[i]);
  }
  ~SignalGuard() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
    ::sigprocmask(SIG_SETMASK, &outside_, nullptr);
  }
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

  // Waits for input or a signal; the signal's number, or 0.
  int wait_for_input(int fd) {
    pollfd input{fd, POLLIN, 0};
    while (caught_signal == 0) {
      int ready = ::ppoll(&input, 1, nullptr, &outside_);
      hung_up_ = ready > 0 ? (input.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 : ready < 0 && errno != EINTR;
      if (ready > 0 || hung_up_) break;
    }
    int number = caught_signal;
    caught_signal = 0;
    return number;
  }

  // There will be no more input.
  bool hung_up() const { return hung_up_; }

  // Stops the process as Ctrl-Z would, and returns when it goes on.
  void stop() {
    struct sigaction action {
    }, ours{};
    action.sa_handler = SIG_DFL;
    ::sigaction(SIGTSTP, &action, &ours);
    ::raise(SIGTSTP);
    sigset_t stop_only;
    ::sigemptyset(&stop_only);
    ::sigaddset(&stop_only, SIGTSTP);
    ::sigprocmask(SIG_UNBLOCK, &stop_only, nullptr);
    ::sigprocmask(SIG_BLOCK, &stop_only, nullptr);
    ::sigaction(SIGTSTP, &ours, nullptr);
  }

 private:
  sigset_t outside_{};
  bool hung_up_ = false;
  std::array<struct sigaction, kSignals.size()> before_{};
};

// No echo, and no line editing by the kernel: that would cut a line after 4,095 bytes without a word.
class NoEcho {
 public:
  explicit NoEcho(int fd) : fd_(fd) {
    ::tcgetattr(fd_, &before_);
    enter();
  }
  ~NoEcho() { leave(); }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

  void enter() {
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | IEXTEN);
    quiet.c_lflag |= ISIG;
    quiet.c_cc[VMIN] = 0;  // a signal's key drops what was typed before it: a read must not wait for that again
    quiet.c_cc[VTIME] = 0;
    set(quiet);
  }
  // Input that nobody read yet is dropped: the rest of a pasted secret must not reach the shell.
  void leave() { set(before_); }
  unsigned char key(int which) const { return before_.c_cc[which]; }

 private:
  void set(const termios& wanted) {
    while (::tcsetattr(fd_, TCSAFLUSH, &wanted) != 0 && errno == EINTR) {
    }
  }
  int fd_;
  termios before_{};
};

bool continues_character(std::byte b) { return (b & std::byte{0xc0}) == std::byte{0x80}; }

// The line typed so far.
class Line {
 public:
  explicit Line(std::size_t max) : bytes_(max + 1), max_(max) {}

  void add(std::byte b) {
    if (size_ <= max_) bytes_.expose_for_writing()[size_++] = b;
  }
  void erase_character() {
    while (size_ > 0 && continues_character(bytes_.expose()[--size_])) {
    }
  }
  void erase() { size_ = 0; }
  bool empty() const { return size_ == 0; }
  bool too_long() const { return size_ > max_; }
  SecretBuffer take() && {
    bytes_.truncate(size_);
    return std::move(bytes_);
  }

 private:
  SecretBuffer bytes_;
  std::size_t max_;
  std::size_t size_ = 0;
};

enum class Key { more, done, cancelled };

Key handle_key(Line& line, std::byte typed, const NoEcho& mode) {
  const auto c = std::to_integer<unsigned char>(typed);
  if (c == '\n' || c == '\r') return Key::done;
  if (c == mode.key(VEOF)) return line.empty() ? Key::cancelled : Key::done;
  if (c == mode.key(VERASE) || c == 0x7f || c == '\b') {
    line.erase_character();
  } else if (c == mode.key(VKILL)) {
    line.erase();
  } else {
    line.add(typed);
  }
  return Key::more;
}

bool input_pending(int fd) {
  int waiting = 0;
  return ::ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0;
}

}  // namespace

bool is_terminal(int fd) { return ::isatty(fd) == 1; }

std::size_t terminal_width(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool wants_colour(int fd) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return is_terminal(fd) && (no_colour == nullptr || *no_colour == '\0') && term != nullptr &&
         std::string_view(term) != "dumb";
}

std::optional<Terminal> Terminal::open() {
  int fd = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  return Terminal(fd);
}

Terminal::~Terminal() {
  if (fd_ >= 0) ::close(fd_);
}

bool Terminal::write(ByteView bytes) {
  while (!bytes.empty()) {
    ssize_t put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

void Terminal::say(std::string_view text) { write(as_bytes(text)); }

Status Terminal::show(const SecretBuffer& secret) {
  if (write(secret.expose())) return {};
  return Error{Errc::internal, fmt::format("cannot write to the terminal: {}", std::strerror(errno))};
}

Result<SecretBuffer> Terminal::read_secret(std::string_view prompt, std::size_t max) {
  Line line(max);
  SignalGuard signals;
  NoEcho mode(fd_);
  say(prompt);
  for (Key key = Key::more; key == Key::more;) {
    if (int number = signals.wait_for_input(fd_); number == SIGTSTP) {
      mode.leave();
      signals.stop();
      mode.enter();
      line.erase();
      say(prompt);
      continue;
    } else if (number != 0) {
      say("\n");
      return kCancelled;
    }
    std::byte typed{};
    ssize_t got = ::read(fd_, &typed, 1);
    if (got == 0 ? !signals.hung_up() : got < 0 && errno == EINTR) continue;
    key = got == 1 ? handle_key(line, typed, mode) : Key::cancelled;
    wipe({&typed, 1});
    if (key == Key::cancelled) {
      say("\n");
      return kCancelled;
    }
  }
  say("\n");
  if (line.too_long()) return Error{Errc::usage, fmt::format("what was typed is longer than {} bytes", max)};
  if (input_pending(fd_)) {
    return Error{Errc::usage,
                 "several lines were pasted, and a prompt takes one; use the standard input, or a descriptor"};
  }
  return std::move(line).take();
}

Result<SecretBuffer> Terminal::read_new_passphrase(std::string_view prompt) {
  for (int i = 0; i < kTries; ++i) {
    auto first = read_secret(fmt::format("{}: ", prompt), limits::passphrase_bytes);
    if (!first) return first.error();
    if (first->empty()) {
      say("An empty passphrase protects nothing; try again.\n");
      continue;
    }
    auto second = read_secret(fmt::format("{} again: ", prompt), limits::passphrase_bytes);
    if (!second) return second.error();
    if (*first == *second) return first;
    say("The two differ; try again.\n");
  }
  return Error{Errc::usage, "no new passphrase was given"};
}

Result<bool> Terminal::confirm(std::string_view question) {
  say(fmt::format("{} [y/N] ", question));
  std::string answer;
  for (char c = 0; c != '\n';) {
    ssize_t got = ::read(fd_, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return kCancelled;
    if (c != '\n' && answer.size() < 16) answer += c;
  }
  return answer == "y" || answer == "Y" || answer == "yes" || answer == "Yes";
}

}  // namespace vault::cli
