#include "base/version.h"

#include <algorithm>
#include <charconv>
#include <sstream>

namespace npverify::base {

std::optional<Version> Version::parse(std::string_view text) {
  if (!text.empty() && text.front() == 'v') text.remove_prefix(1);
  Version version;
  int* parts[] = {&version.major, &version.minor, &version.patch};
  for (int i = 0; i < 3; ++i) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || value < 0) return std::nullopt;
    *parts[i] = value;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (text.empty() || text.front() == '-' || text.front() == '+') return i == 0 ? std::nullopt : std::optional(version);
    if (text.front() != '.') return std::nullopt;
    text.remove_prefix(1);
  }
  return std::nullopt;
}

std::string Version::to_string() const {
  const std::string minor_text = std::to_string(major) + "." + std::to_string(minor);
  return patch < 0 ? minor_text : minor_text + "." + std::to_string(patch);
}

std::optional<VersionRange> VersionRange::parse(std::string_view text) {
  VersionRange range;
  range.text_ = std::string(text);
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    const bool low = word.starts_with(">=");
    if (!low && !word.starts_with("<")) return std::nullopt;
    auto bound = Version::parse(std::string_view(word).substr(low ? 2 : 1));
    if (!bound) return std::nullopt;
    bound->patch = std::max(bound->patch, 0);
    if (low)
      range.low_ = std::max(range.low_, *bound);
    else
      range.high_ = std::min(range.high_, *bound);
  }
  return range.low_ < range.high_ ? std::optional(range) : std::nullopt;
}

bool VersionRange::contains(const Version& version) const { return low_ <= version && version < high_; }

bool VersionRange::overlaps(const VersionRange& other) const { return std::max(low_, other.low_) < std::min(high_, other.high_); }

}  // namespace npverify::base
