// Many documents at once: files, and long files in stretches, on as many threads as there are processors.
#include <algorithm>
#include <iterator>

#include "base/log.h"
#include "base/parallel.h"
#include "manifest/files.h"
#include "manifest/parts.h"
#include "manifest/yaml_reader.h"

namespace npverify::manifest {
namespace {

/// A file, or some documents of one that stand together.
struct Stretch {
  const File* file;
  std::optional<Part> part;  ///< absent: the whole
};

std::vector<Stretch> stretches_of(const std::vector<File>& files, size_t stretch) {
  std::vector<Stretch> stretches;
  for (const File& file : files) {
    const auto parts = file->text.size() < 2 * stretch ? std::nullopt : cut_documents(file->text);
    if (!parts) {
      stretches.push_back({&file, {}});
      continue;
    }
    bool full = true;
    for (const Part& part : *parts) {
      if (full) stretches.push_back({&file, Part{part.begin, 0}});
      size_t& size = stretches.back().part->size;
      size += part.size;
      full = size >= stretch;
    }
  }
  return stretches;
}

// Nothing where one thread does as well, or where there is anything to say: an error reads otherwise where a text ends early.
std::optional<std::vector<Document>> read_in_stretches(const std::vector<File>& files, const ReadLimits& limits, size_t stretch) {
  size_t bytes = 0;
  for (const File& file : files) bytes += file->text.size();
  if (bytes < 2 * stretch || base::logging()) return std::nullopt;  // what is logged keeps its order
  const auto stretches = stretches_of(files, stretch);
  std::vector<std::vector<Document>> read(stretches.size());
  std::vector<base::Diagnostics> diagnostics(stretches.size());
  base::in_parallel(stretches.size(), 0, [&](size_t i) {
    const auto& [file, part] = stretches[i];
    read[i] = part ? read_yaml(*file, *part, limits, diagnostics[i]) : read_file(*file, limits, diagnostics[i]);
  });
  std::vector<Document> documents;
  for (size_t i = 0; i < stretches.size(); ++i) {
    if (!diagnostics[i].all().empty()) return std::nullopt;
    std::move(read[i].begin(), read[i].end(), std::back_inserter(documents));
  }
  return documents;
}

}  // namespace

std::vector<Document> read_all(const std::vector<File>& files, const ReadLimits& limits, base::Diagnostics& diagnostics, size_t stretch) {
  if (auto read = read_in_stretches(files, limits, stretch)) return std::move(*read);
  std::vector<Document> documents;
  for (const File& file : files) {
    auto found = read_file(file, limits, diagnostics);
    std::move(found.begin(), found.end(), std::back_inserter(documents));
  }
  return documents;
}

}  // namespace npverify::manifest
