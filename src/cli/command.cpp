#include "cli/command.h"

#include <CLI/CLI.hpp>

#include "cli/failure.h"

namespace npverify::cli {

Option& Option::type_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option& Option::required() {
  option_->required();
  return *this;
}

Option& Option::once_each() {
  option_->allow_extra_args(false);
  return *this;
}

Option& Option::delimiter(char sign) {
  option_->delimiter(sign);
  return *this;
}

Option& Option::shows_default() {
  option_->capture_default_str();
  return *this;
}

Option& Option::excludes(const Option& other) {
  option_->excludes(other.option_);
  return *this;
}

Command Command::add_subcommand(const std::string& name, const std::string& help) { return Command(app_->add_subcommand(name, help)); }
void Command::require_subcommand() { app_->require_subcommand(1); }
void Command::footer(const std::string& text) { app_->footer(text); }
void Command::callback(std::function<void()> run) { app_->callback(std::move(run)); }

Option Command::add_flag(const std::string& names, bool& value, const std::string& help) { return Option(app_->add_flag(names, value, help)); }
Option Command::add_option(const std::string& names, std::string& value, const std::string& help) { return Option(app_->add_option(names, value, help)); }
Option Command::add_option(const std::string& names, std::vector<std::string>& values, const std::string& help) { return Option(app_->add_option(names, values, help)); }
Option Command::add_option(const std::string& names, double& value, const std::string& help) { return Option(app_->add_option(names, value, help)); }
Option Command::add_option(const std::string& names, unsigned& value, const std::string& help) { return Option(app_->add_option(names, value, help)); }
Option Command::add_option(const std::string& names, std::size_t& value, const std::string& help) { return Option(app_->add_option(names, value, help)); }

Option Command::add_option(const std::string& names, std::function<void(const std::string&)> take, const std::string& help) {
  return Option(app_->add_option_function<std::string>(names, std::move(take), help));
}

Option Command::add_pair(const std::string& names, std::vector<std::string>& values, const std::string& help) {
  using Pair = std::pair<std::string, std::string>;
  return Option(app_->add_option_function<Pair>(names, [&values](const Pair& pair) { values = {pair.first, pair.second}; }, help));
}

void Command::takes_any_words() { app_->prefix_command(); }
std::vector<std::string> Command::remaining() const { return app_->remaining(); }

bool Command::has_subcommand(const std::string& name) const {
  return !app_->get_subcommands([&](const CLI::App* one) { return one->get_name() == name; }).empty();
}

CommandLine::CommandLine(const std::string& help, const std::string& name, const std::string& version) : app_(std::make_unique<CLI::App>(help, name)) {
  app_->set_version_flag("--version", version);
}

CommandLine::~CommandLine() = default;

void CommandLine::parse(int argc, const char* const* argv, int& exit_code) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_code = report_usage(*app_, error);
  }
}

}  // namespace npverify::cli
