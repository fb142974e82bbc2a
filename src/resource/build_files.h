#pragma once

#include <string>
#include <vector>

#include "resource/decode.h"

namespace npverify::resource {

/// Files that say how manifests are made (kustomization.yaml, Chart.yaml) and are no manifests: an error where nothing else was loaded, a
/// warning where plain manifests stand beside them that they would change, or none that they would make.
class BuildFiles {
 public:
  /// Is this document one of them? Then it is taken.
  bool take(const DecodeContext& context, const manifest::Node& document);
  void saw_object(const std::string& file);
  bool empty() const { return files_.empty(); }
  void report(base::Diagnostics& errors, base::Diagnostics& notes) const;

 private:
  struct BuildFile {
    base::SourceSpan span;
    std::string folder, tool;
    std::string changes;  ///< the fields that change what stands beside it
  };
  bool objects_below(const std::string& folder) const;

  std::vector<BuildFile> files_;
  std::vector<std::string> object_files_;  // each once in a row
};

}  // namespace npverify::resource
