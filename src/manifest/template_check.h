#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace npverify::manifest {

struct TemplateMark {
  size_t offset = 0;  ///< of its first character
  std::string message, hint;
};

/// The first `{{` of a text outside of quotes and comments, if there is one: a Go or Helm template that was not rendered. Only asked where
/// the text is not valid YAML; in valid YAML `{{` inside a string is data.
std::optional<TemplateMark> find_template(std::string_view text);

}  // namespace npverify::manifest
