#pragma once

#include <exception>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

/// What the user sees where something went wrong, and the exit code that goes with it.
namespace npverify::cli {

/// Help and version requests give 0; anything else is said with a suggestion where a word is nearly right, and gives 2.
int report_usage(const CLI::App& app, const CLI::ParseError& error);

/// 2 for the user's input, 3 for what is not modelled, 4 for our own mistakes, which also leave a file to keep.
int report_failure(const std::exception& error, int argc, const char* const* argv);

}  // namespace npverify::cli
