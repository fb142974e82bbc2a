#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

/// Subcommands and their options, over CLI11. Only this piece and failure.cpp see that library: each file that did would spend most of its
/// compilation on it.
namespace npverify::cli {

/// An option or a positional argument of a command. A handle, valid as long as the command line it was added to.
class Option {
 public:
  Option& type_name(const std::string& name);  ///< what its value is called in the help
  Option& required();
  Option& once_each();          ///< every occurrence takes one value: "-f a -f b", and what follows is an argument
  Option& delimiter(char sign);  ///< one value may hold several
  Option& shows_default();      ///< its value before parsing stands in the help
  Option& excludes(const Option& other);

 private:
  friend class Command;
  explicit Option(CLI::Option* option) : option_(option) {}
  CLI::Option* option_;
};

/// The program or a subcommand. A handle, valid as long as the CommandLine. Variables given to it must live until the command line is parsed.
class Command {
 public:
  explicit Command(CLI::App* app) : app_(app) {}

  Command add_subcommand(const std::string& name, const std::string& help);
  void require_subcommand();
  void footer(const std::string& text);
  void callback(std::function<void()> run);

  Option add_flag(const std::string& names, bool& value, const std::string& help);
  Option add_option(const std::string& names, std::string& value, const std::string& help);
  Option add_option(const std::string& names, std::vector<std::string>& values, const std::string& help);
  Option add_option(const std::string& names, double& value, const std::string& help);
  Option add_option(const std::string& names, unsigned& value, const std::string& help);
  Option add_option(const std::string& names, std::size_t& value, const std::string& help);
  Option add_option(const std::string& names, std::function<void(const std::string&)> take, const std::string& help);
  /// Two values: "--rollout OLD NEW".
  Option add_pair(const std::string& names, std::vector<std::string>& values, const std::string& help);

  /// Everything after the command's name is left alone, for `remaining`.
  void takes_any_words();
  std::vector<std::string> remaining() const;
  bool has_subcommand(const std::string& name) const;

 private:
  CLI::App* app_;
};

/// The whole command line.
class CommandLine {
 public:
  CommandLine(const std::string& help, const std::string& name, const std::string& version);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  Command program() { return Command(app_.get()); }

  /// Runs the callback of the subcommand that was named. Where the words are wrong, or ask for help or the version, that is told in its place,
  /// and `exit_code` is set.
  void parse(int argc, const char* const* argv, int& exit_code);

 private:
  std::unique_ptr<CLI::App> app_;
};

}  // namespace npverify::cli
