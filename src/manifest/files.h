#pragma once

#include <memory>
#include <string>
#include <vector>

#include "manifest/node.h"

/// The two halves of read_documents, for those who need not read every document.
namespace npverify::manifest {

using File = std::shared_ptr<const base::SourceFile>;

/// The texts under `paths` (as read_documents takes them) as plain UTF-8. What cannot be read goes to `diagnostics` and is left out.
std::vector<File> read_files(const std::vector<std::string>& paths, const ReadLimits& limits, base::Diagnostics& diagnostics);
/// A text in memory as such a file; null after an error.
File file_of_text(std::string name, std::string text, const ReadLimits& limits, base::Diagnostics& diagnostics);
/// The documents of one of them.
std::vector<Document> read_file(const File& file, const ReadLimits& limits, base::Diagnostics& diagnostics);
/// The documents of all of them, in order, with the diagnostics that reading one file after the other gives. Several threads share them, in
/// stretches of about `stretch` bytes; a document's index may count from the first of its stretch.
std::vector<Document> read_all(const std::vector<File>& files, const ReadLimits& limits, base::Diagnostics& diagnostics, size_t stretch = size_t{1} << 17);

}  // namespace npverify::manifest
