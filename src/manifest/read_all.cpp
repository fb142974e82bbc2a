// Many documents at once: files, and long files in stretches, on as many threads as there are processors.
#include <algorithm>
#include <iterator>

#include "base/log.h"
#include "base/parallel.h"
#include "manifest/stretches.h"
#include "manifest/yaml_reader.h"

namespace npverify::manifest {

Stretches::Stretches(const std::vector<File>& files, size_t size) {
  size_t bytes = 0;
  for (const File& file : files) bytes += file->text.size();
  if (bytes < 2 * size || base::logging()) return;
  for (const File& file : files) {
    const auto parts = file->text.size() < 2 * size ? std::nullopt : cut_documents(file->text);
    if (!parts) {
      all_.push_back({&file, {}});
      continue;
    }
    bool full = true;
    for (const Part& part : *parts) {
      if (full) all_.push_back({&file, Part{part.begin, 0}});
      size_t& taken = all_.back().part->size;
      taken += part.size;
      full = taken >= size;
    }
  }
}

std::vector<Document> Stretches::read(size_t index, const ReadLimits& limits, base::Diagnostics& diagnostics) const {
  const auto& [file, part] = all_[index];
  return part ? read_yaml(*file, *part, limits, diagnostics) : read_file(*file, limits, diagnostics);
}

namespace {

// Nothing where there are no stretches, or where there is anything to say.
std::optional<std::vector<Document>> read_in_stretches(const Stretches& stretches, const ReadLimits& limits) {
  if (stretches.count() == 0) return std::nullopt;
  std::vector<std::vector<Document>> read(stretches.count());
  std::vector<base::Diagnostics> diagnostics(stretches.count());
  base::in_parallel(stretches.count(), 0, [&](size_t i) { read[i] = stretches.read(i, limits, diagnostics[i]); });
  std::vector<Document> documents;
  for (size_t i = 0; i < stretches.count(); ++i) {
    if (!diagnostics[i].all().empty()) return std::nullopt;
    std::move(read[i].begin(), read[i].end(), std::back_inserter(documents));
  }
  return documents;
}

}  // namespace

std::vector<Document> read_all(const std::vector<File>& files, const ReadLimits& limits, base::Diagnostics& diagnostics, size_t stretch) {
  if (auto read = read_in_stretches(Stretches(files, stretch), limits)) return std::move(*read);
  std::vector<Document> documents;
  for (const File& file : files) {
    auto found = read_file(file, limits, diagnostics);
    std::move(found.begin(), found.end(), std::back_inserter(documents));
  }
  return documents;
}

}  // namespace npverify::manifest
