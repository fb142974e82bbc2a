#pragma once

#include <yaml.h>

#include <string>
#include <string_view>

#include "manifest/place.h"

namespace npverify::manifest {

struct SyntaxError {
  Place place;
  std::string message, hint;
};

/// The error at which `parser` stopped, in words, and what usually causes it. `places` counts from where the parser began.
SyntaxError explain_syntax_error(const yaml_parser_t& parser, std::string_view text, PlaceFinder& places);

}  // namespace npverify::manifest
