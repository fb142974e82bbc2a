#pragma once

#include <string>

#include "resource/load.h"

namespace npverify::test {

/// Everything that came of loading one text.
struct Loaded {
  resource::Snapshot snapshot;
  base::Diagnostics errors;
};

/// Loads a text under the name "input.yaml".
Loaded load(const std::string& text, const std::string& default_namespace = "default");

/// The first error's "field: message", or "" if there is none.
std::string first_error(const std::string& text);

/// "In app [web]; Exists tier"
std::string to_text(const resource::LabelSelector& selector);

/// A NetworkPolicy shop/web with this spec, given as a flow mapping.
std::string policy(const std::string& spec);

}  // namespace npverify::test
