#pragma once

#include <optional>
#include <string>

namespace npverify::matrix {

/// The feature that is meant where `name` differs from it only in how it is spelled ("end-port"); nothing where it is right or the user's own.
std::optional<std::string> misspelt_feature(const std::string& name);

}  // namespace npverify::matrix
