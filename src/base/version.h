#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace npverify::base {

/// A release "MAJOR.MINOR[.PATCH]"; suffixes ("-rc.1", "+k3s1") are dropped by `parse`. A minor alone has patch -1.
struct Version {
  int major = 0, minor = 0, patch = -1;
  static std::optional<Version> parse(std::string_view text);  ///< takes a leading "v"
  std::string to_string() const;
  bool operator==(const Version&) const = default;
  auto operator<=>(const Version&) const = default;
};

/// A conjunction of bounds: "", "<1.16", ">=1.16 <1.19". Empty means every version. Bounds on a minor compare with all its patches.
class VersionRange {
 public:
  static std::optional<VersionRange> parse(std::string_view text);
  /// REQUIRES: version.patch >= 0.
  bool contains(const Version& version) const;
  bool overlaps(const VersionRange& other) const;
  const std::string& text() const { return text_; }

 private:
  Version low_{0, 0, 0}, high_{1 << 20, 0, 0};  // [low, high)
  std::string text_;
};

}  // namespace npverify::base
