// npverify watch: a command again whenever what it read has changed.
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <iostream>

#include "cli/commands.h"
#include "cli/file_watch.h"

namespace npverify::cli {
namespace {

/// The first SIGINT or SIGTERM makes a descriptor readable; a second one ends the process as ever.
class Interrupt {
 public:
  Interrupt() {
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw Error(Error::Kind::unsupported, "error: no pipe can be made\n");
    struct sigaction action {};
    action.sa_handler = [](int) { [[maybe_unused]] const ssize_t written = write(ends[1], "", 1); };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    for (const int signal : {SIGINT, SIGTERM}) sigaction(signal, &action, nullptr);
  }
  ~Interrupt() {
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);
    for (const int end : ends) close(end);
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  int descriptor() const { return ends[0]; }

 private:
  static inline int ends[2] = {-1, -1};  // a handler has no other way to find it
};

std::string list_of(const std::set<std::string>& changed) {
  std::string text = *changed.begin();
  if (changed.size() > 1) text += " and " + std::to_string(changed.size() - 1) + " more";
  return text;
}

int run_watch(std::vector<std::string> arguments, const RunCommand& run) {
  const Interrupt interrupt;
  FileWatch watch(interrupt.descriptor());
  for (bool again = false;; again = true) {
    const auto begin = std::chrono::system_clock::now();
    std::vector<std::string> inputs;
    const int exit_code = run(arguments, inputs);
    if (inputs.empty()) return exit_code;  // the command itself is wrong, or reads nothing
    for (const std::string& path : inputs)
      if (path == "-") throw Error(Error::Kind::input, "error: watch cannot wait for changes of stdin; name files or folders\n");
    const auto taken = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now() - begin);
    watch.add(inputs);
    if (!again && watch.changed_since(begin)) continue;  // while nobody watched
    std::cerr << "-- answered in " << taken.count() << " ms with exit code " << exit_code << "; waiting for changes, Ctrl-C ends\n";
    const std::set<std::string> changed = watch.wait();
    if (changed.empty()) return exit_code;
    std::cerr << "-- changed: " << list_of(changed) << "\n";
  }
}

}  // namespace

void add_watch_command(Command& app, const RunCommand& run, int& exit_code) {
  Command command = app.add_subcommand("watch", "A command again whenever a file that it read was saved");
  command.takes_any_words();
  command.footer("npverify watch equiv --left calico@3.28 --right cilium@1.16 manifests/\nnpverify watch prove -f manifests/ --cni cilium@1.16 specs/\nWithout the name of a command, equiv is meant. Ctrl-C ends with the exit code of the last answer.");
  command.callback([app, command, run, &exit_code] {
    std::vector<std::string> arguments = command.remaining();
    if (arguments.empty() || arguments[0] == "watch") throw Error(Error::Kind::input, "error: watch what? npverify watch COMMAND ..., such as: npverify watch equiv --left calico@3.28 --right cilium@1.16 manifests/\n");
    if (!app.has_subcommand(arguments[0])) arguments.insert(arguments.begin(), "equiv");
    exit_code = run_watch(arguments, run);
  });
}

}  // namespace npverify::cli
