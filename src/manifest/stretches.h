#pragma once

#include <optional>
#include <vector>

#include "manifest/files.h"
#include "manifest/parts.h"

namespace npverify::manifest {

/// Files cut into stretches that can be read side by side: a file, or documents of one that stand together. Together they have the documents of
/// the files, in order, whose index may count from the first of the stretch; an error reads otherwise where a text ends early.
class Stretches {
 public:
  /// Of about `size` bytes each. None where one thread does as well, or where it has to read for the order of what is logged. `files` must
  /// outlive them.
  explicit Stretches(const std::vector<File>& files, size_t size = size_t{1} << 17);

  size_t count() const { return all_.size(); }
  /// From any thread.
  std::vector<Document> read(size_t index, const ReadLimits& limits, base::Diagnostics& diagnostics) const;

 private:
  struct Stretch {
    const File* file;
    std::optional<Part> part;  ///< absent: the whole
  };
  std::vector<Stretch> all_;
};

}  // namespace npverify::manifest
