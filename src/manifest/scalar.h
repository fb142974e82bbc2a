#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "manifest/node.h"

namespace npverify::manifest {

/// A scalar after typing. `text` points into the input, into static storage, or into the `spelled` that the caller gave.
struct TypedScalar {
  NodeKind kind = NodeKind::string;
  std::string_view text;
};

/// Types an unquoted scalar as sigs.k8s.io/yaml does (YAML 1.1 by go-yaml v2, then JSON): yes, on and y are booleans, 010 and 0o10 are
/// octal, 1e3 is the JSON number 1000, dates are strings. A real number that JSON spells without a fraction is an integer, as it is
/// for the API server. Infinity and NaN, which JSON cannot spell, are kind `real` with the text ".inf", "-.inf" or ".nan".
TypedScalar type_plain_scalar(std::string_view text, std::string& spelled);

/// A double as Go's encoding/json spells it.
std::string spell_number(double value);

}  // namespace npverify::manifest
