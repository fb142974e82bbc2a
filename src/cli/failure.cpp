#include "cli/failure.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "cli/suggestion.h"
#include "npverify/npverify.h"

namespace npverify::cli {
namespace {

/// The subcommand that was being read when parsing stopped.
const CLI::App& innermost(const CLI::App& app) {
  const CLI::App* command = &app;
  while (!command->get_subcommands().empty()) command = command->get_subcommands().back();
  return *command;
}

/// Words that would have been right in place of `word`.
std::vector<std::string> candidates(const CLI::App& command, const std::string& word) {
  std::vector<std::string> names;
  if (word.starts_with("-")) {
    for (const CLI::Option* option : command.get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  } else {
    for (const CLI::App* one : command.get_subcommands([](const CLI::App*) { return true; })) names.push_back(one->get_name());
  }
  return names;
}

/// "npverify cni show".
std::string name_of(const CLI::App& command) { return command.get_parent() ? name_of(*command.get_parent()) + " " + command.get_name() : command.get_name(); }

/// CLI11's sentences are about its own parts ("new is required"); these are about what to type.
std::string in_our_words(const CLI::App& command, const CLI::ParseError& error) {
  const std::string text = error.what();
  if (dynamic_cast<const CLI::RequiredError*>(&error)) {
    for (const CLI::Option* option : command.get_options())
      if (option->get_positional() && option->get_required() && option->count() == 0) return option->get_type_name() + " is missing: " + option->get_description();
    if (!command.get_subcommands([](const CLI::App*) { return true; }).empty()) return "name a command";
  }
  if (dynamic_cast<const CLI::ConversionError*>(&error))
    if (const size_t equals = text.find(" = "), option = text.find("--"); equals != std::string::npos && option != std::string::npos) {
      const std::string value = text.substr(equals + 3);
      return text.substr(option, equals - option) + " " + value + ": expected a number";
    }
  return text;
}

std::string with_line_end(std::string text) {
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

/// Writes what is needed to see the mistake again; gives the file's name, or "".
std::string keep_artefact(const std::string& what, int argc, const char* const* argv) {
  const std::string name = "npverify-bug-" + std::to_string(getpid()) + ".txt";
  std::ofstream out(name);
  out << "npverify " << version() << "\ncommand:";
  for (int i = 0; i < argc; ++i) out << " '" << argv[i] << "'";
  out << "\n\n" << what << "\n";
  return out.flush() ? name : "";
}

}  // namespace

int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  const CLI::App& command = innermost(app);
  const std::string name = name_of(command);
  const std::vector<std::string> left_over = app.remaining(true);
  std::cerr << "error: ";
  if (left_over.empty()) {
    std::cerr << in_our_words(command, error) << "\n";
  } else {
    const std::string word = left_over.front().substr(0, left_over.front().find('='));
    std::cerr << (word.starts_with("-") ? "unknown option '" : command.get_subcommands([](const CLI::App*) { return true; }).empty() ? "unexpected argument '" : "unknown command '") << word << "'"
              << did_you_mean(word, candidates(command, word)) << "\n";
  }
  std::cerr << "`" << name << " --help` lists what there is\n";
  return 2;
}

int report_failure(const std::exception& error, int argc, const char* const* argv) {
  const auto* ours = dynamic_cast<const Error*>(&error);
  if (ours && ours->kind() != Error::Kind::internal) {
    std::cerr << with_line_end(ours->what());
    return ours->exit_code();
  }
  const std::string file = keep_artefact(error.what(), argc, argv);
  std::cerr << "internal error: " << with_line_end(error.what()) << "This is a bug in npverify, and no answer was given. ";
  std::cerr << (file.empty() ? "Keep this text" : "Keep this text and '" + file + "'") << ", with the manifests, for a report.\n";
  return 4;
}

}  // namespace npverify::cli
