#pragma once

#include <string>
#include <vector>

#include "report/json_parts.h"
#include "report/terminal.h"

/// Parts of one run: what a part says of itself, and the whole from all parts.
namespace npverify::report {

Json to_json(const ShardOfRun& shard);

/// The JSON answer of one part, and the file that it was read from.
struct ShardAnswer {
  std::string file;
  Json answer;
};

struct MergedAnswer {
  Json answer;  ///< as one run prints it, and `mergedFrom`: how many parts
  int exit_code = 0;
};

/// Parts to the whole. Throws InputError with every problem: answers that are no parts, parts of different runs, missing and double ones.
MergedAnswer merge_shards(const std::vector<ShardAnswer>& shards);

/// A merged answer for people.
std::string merged_text(const Json& answer, const Style& style);

}  // namespace npverify::report
