#pragma once

#include <optional>
#include <string_view>

#include "resource/load.h"

namespace npverify::resource {

struct PolicyName {
  std::string_view namespace_name, name;
};

/// The namespace and the name of a document that is one NetworkPolicy and says both its kind and its name itself; nothing for any other.
/// Such a document, if it has no problem, adds that policy to a snapshot and nothing else.
std::optional<PolicyName> name_of_policy(const manifest::Document& document, const LoadOptions& options);

}  // namespace npverify::resource
