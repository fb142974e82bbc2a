#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace npverify::manifest {

struct TemplateMark {
  size_t offset = 0;  ///< of its first character
  std::string message, hint;
};

/// The `{{` that made a text invalid YAML, if that is the likely cause: on the line of `problem` or of `context` (byte offsets), else on a line
/// that begins with it between `begin` and the problem. Those in quotes and comments are data: in valid YAML nobody asks.
std::optional<TemplateMark> find_template(std::string_view text, size_t begin, size_t problem, size_t context);

}  // namespace npverify::manifest
