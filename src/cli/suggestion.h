#pragma once

#include <string>
#include <vector>

namespace npverify::cli {

/// " (did you mean 'equiv'?)" where one of `candidates` is a slip of the keyboard away from `word`; else "".
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace npverify::cli
