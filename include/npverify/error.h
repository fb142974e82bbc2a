#pragma once

#include <stdexcept>
#include <string>

namespace npverify {

/// What every function of the library throws. what() is the whole text for the user, several lines where several problems were found.
class Error : public std::runtime_error {
 public:
  enum class Kind {
    input,        ///< a file, an option or a question is wrong
    unsupported,  ///< a thing that npverify does not model, named
    internal,     ///< a mistake of npverify itself
  };
  Error(Kind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  Kind kind() const { return kind_; }
  /// 2 for input, 3 for unsupported, 4 for internal.
  int exit_code() const { return kind_ == Kind::input ? 2 : kind_ == Kind::unsupported ? 3 : 4; }

 private:
  Kind kind_;
};

}  // namespace npverify
