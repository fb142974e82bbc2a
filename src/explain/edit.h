#pragma once

#include <string>
#include <vector>

#include "explain/place.h"

/// Edits as lines of YAML: what goes and what comes.
namespace npverify::explain {

/// "sentence\n- old\n+ new ...": `old_lines` and `new_lines` without their marks. Without new lines the sentence alone.
std::string edit(const std::string& sentence, const std::vector<std::string>& old_lines, const std::vector<std::string>& new_lines);

/// The lines of a part of a policy as they stand in its file: from `origin`'s line to the next line that is not indented deeper.
/// Common indentation is taken off. Empty where the text is not known, or is flow style or JSON on a line of its own that says more.
std::vector<std::string> lines_of(const resource::Origin& origin);

/// A selector in flow style: "{matchLabels: {app: web}}", "{}" where it is empty.
std::string selector_text(const resource::Labels& match_labels);

}  // namespace npverify::explain
