#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "manifest/place.h"

namespace npverify::manifest {

/// A stretch of a YAML text that reads as it does within the whole: whole lines, from one that begins with `---` to the next such line.
struct Part {
  Place begin;
  size_t size = 0;
};

/// The parts of a YAML text, in order and without gaps; the first may be what stands before any `---`. Nothing where the text is JSON, or might
/// read otherwise in parts.
///
/// `---` and a space or line end at the start of a line is a document's start wherever it stands, or an error: no scalar that goes on over lines
/// holds such a line (block scalars are indented by one at least, quoted ones may not hold it, plain ones end there). What one part could do to
/// the next is excluded: directives (lines that begin with %) belong to the document below them, and after a tab where libyaml takes none,
/// read_yaml blanks the tabs at the start of all later lines. An error is said differently where the text ends early, so a part with an error
/// has to be read again as part of the whole.
std::optional<std::vector<Part>> cut_documents(std::string_view text);

}  // namespace npverify::manifest
