// A pool as the command line describes it.
#include "placement/placement.h"
#include "resource/syntax.h"

namespace npverify::placement {
namespace {

[[noreturn]] void refuse(const std::string& text, const std::string& part, const std::string& expected) {
  throw base::InputError("error: --pool " + text + ": '" + part + "' is " + expected + "; expected labels KEY=VALUE and taints KEY=VALUE:EFFECT, with commas between\n");
}

void add_part(const std::string& text, const std::string& part, Candidate& pool) {
  const size_t equals = part.find('='), colon = part.rfind(':');
  if (colon == std::string::npos) {
    if (equals == std::string::npos) refuse(text, part, "neither a label nor a taint");
    const std::string key = part.substr(0, equals), value = part.substr(equals + 1);
    if (resource::label_key_problem(key) || resource::label_value_problem(value)) refuse(text, part, "not a label");
    pool.labels[key] = value;
    return;
  }
  const std::string key = part.substr(0, std::min(equals, colon)), value = equals == std::string::npos ? "" : part.substr(equals + 1, colon - equals - 1), effect = part.substr(colon + 1);
  if (effect != "NoSchedule" && effect != "NoExecute" && effect != "PreferNoSchedule") refuse(text, part, "a taint without an effect (NoSchedule, PreferNoSchedule or NoExecute)");
  if (resource::label_key_problem(key) || resource::label_value_problem(value)) refuse(text, part, "not a taint");
  pool.taints.push_back({key, value, effect, {}});
}

}  // namespace

Candidate parse_pool(const std::string& text) {
  Candidate pool{.name = "pool " + text, .labels_complete = false};
  for (size_t from = 0; from <= text.size();) {
    const size_t comma = std::min(text.find(',', from), text.size());
    add_part(text, text.substr(from, comma - from), pool);
    from = comma + 1;
  }
  return pool;
}

}  // namespace npverify::placement
