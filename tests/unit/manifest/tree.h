#pragma once

#include <string>

#include "manifest/node.h"

namespace npverify::test {

/// A tree on one line: {a: 1, b: ["x", true]}. Strings are quoted; with `places` each value is followed by @line:column.
std::string to_text(const manifest::Node& node, bool places = false);

/// The documents of a text, each as by to_text and separated by " --- "; or the diagnostics, if there are any.
std::string read(const std::string& text, bool places = false);

/// The diagnostics of a text under the name "input.yaml", with `limits`.
std::string problems(const std::string& text, const manifest::ReadLimits& limits = {});

}  // namespace npverify::test
