#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/source.h"

namespace npverify::base {

enum class Severity { note, warning, error };

/// One problem of the user's input: where, what was found, what was expected.
struct Diagnostic {
  Severity severity = Severity::error;
  SourceSpan span;
  std::string field;    ///< path in the object ("spec.ingress[0].from[1].ipBlock.cidr"), may be empty
  std::string message;  ///< "unknown operator 'Inn'; expected In, NotIn, Exists or DoesNotExist"
  std::string hint;     ///< shown under the caret ("did you mean 'In'?"), may be empty
};

/// All problems of one run, in the order in which they were found.
class Diagnostics {
 public:
  void add(Diagnostic diagnostic);
  void error(SourceSpan span, std::string field, std::string message, std::string hint = "");
  void warning(SourceSpan span, std::string field, std::string message, std::string hint = "");
  void note(SourceSpan span, std::string field, std::string message, std::string hint = "");

  bool has_errors() const { return errors_ > 0; }
  size_t error_count() const { return errors_; }
  const std::vector<Diagnostic>& all() const { return all_; }

  /// Every diagnostic as text, the source line and a caret below it where they are known; ends with "N errors" where there are any.
  /// Ordered by file as read, then line and column.
  std::string to_string() const;

 private:
  std::vector<Diagnostic> all_;
  size_t errors_ = 0;
};

/// The user's files or command are wrong: exit 2. what() is the whole text to print.
class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& text) : std::runtime_error(text) {}
  explicit InputError(const Diagnostics& diagnostics) : std::runtime_error(diagnostics.to_string()) {}
};

/// A thing that npverify does not model, named. The verdict becomes unknown, never a guess.
class Unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Our own mistake: exit 4.
class InternalError : public std::logic_error {
 public:
  using std::logic_error::logic_error;
};

/// Throws InternalError where `holds` is false. Stays on in release builds; never for input.
void require(bool holds, std::string_view what);

/// The candidate nearest to `word` by edit distance, if it is near enough to be a slip of the keyboard.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace npverify::base
