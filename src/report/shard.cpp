// Parts of one run joined. What was read is somebody's file, so every field that is looked at is checked first.
#include "report/shard.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/diagnostics.h"

namespace npverify::report {
namespace {

const std::vector<const char*> limits{"gaps", "approximations", "notModelled", "datapath", "assumptions"};

bool compares(const Json& answer) { return answer["command"] != "prove"; }

/// Looks at one answer; what is not as a part prints it becomes a problem.
class Shape {
 public:
  Shape(const ShardAnswer& shard, std::string& problems) : shard_(shard), problems_(problems) {}

  bool holds() {
    const Json& answer = shard_.answer;
    if (!answer.is_object() || !is_text(answer, "npverify") || !is_text(answer, "command")) return problem("is no answer of npverify (--format json)");
    const std::string command = answer["command"];
    if (command != "equiv" && command != "diff" && command != "prove") return problem("is an answer of '" + command + "', which has no shards; expected equiv, diff or prove");
    if (!expect(is_text(answer, "verdict"), "verdict", "a word")) return false;
    if (!answer.contains("shard")) return problem("is a whole answer: it has no field 'shard' (made without --shard, or merged already)");
    return block_holds(answer["shard"]) && rest_holds(answer);
  }

 private:
  static bool is_text(const Json& object, const char* name) { return object.contains(name) && object[name].is_string(); }
  static bool are_texts(const Json& object, const char* name) {
    return object.contains(name) && object[name].is_array() && std::all_of(object[name].begin(), object[name].end(), [](const Json& one) { return one.is_string(); });
  }
  static bool is_count(const Json& object, const char* name) { return object.contains(name) && object[name].is_number_unsigned(); }

  bool problem(const std::string& text) {
    problems_ += "error: " + shard_.file + ": " + text + "\n";
    return false;
  }

  bool expect(bool holds, const std::string& field, const std::string& expected) { return holds || problem(field + ": expected " + expected); }

  bool block_holds(const Json& shard) {
    if (!expect(shard.is_object(), "shard", "an object")) return false;
    if (!expect(is_count(shard, "of") && shard["of"] >= 1u, "shard.of", "a number from 1") ||
        !expect(is_count(shard, "index") && shard["index"] >= 1u && shard["index"] <= shard["of"], "shard.index", "a number from 1 to shard.of") ||
        !expect(is_count(shard, "items"), "shard.items", "a number") || !expect(is_count(shard, "exitCode"), "shard.exitCode", "0, 1 or 3") ||
        !expect(shard.contains("inputs") && shard["inputs"].is_object(), "shard.inputs", "an object"))
      return false;
    for (const auto& [name, value] : shard["inputs"].items())
      if (!expect(value.is_string(), "shard.inputs." + name, "a string")) return false;
    return true;
  }

  bool rest_holds(const Json& answer) {
    for (const char* name : limits) {
      if (!expect(answer.contains(name) && answer[name].is_array(), name, "a list")) return false;
      for (const Json& item : answer[name])
        if (!expect(item.is_string(), name, "a list of strings")) return false;
    }
    if (!expect(answer.contains("counts") && answer["counts"].is_object(), "counts", "an object") || !expect(answer.contains("partial") && answer["partial"].is_boolean(), "partial", "true or false")) return false;
    for (const auto& [name, count] : answer["counts"].items())
      if (!expect(count.is_number_unsigned(), "counts." + name, "a number")) return false;
    return compares(answer) ? findings_hold(answer) : results_hold(answer);
  }

  bool findings_hold(const Json& answer) {
    if (!expect(answer.contains("findings") && answer["findings"].is_array(), "findings", "a list")) return false;
    for (size_t i = 0; i < answer["findings"].size(); ++i) {
      const Json& one = answer["findings"][i];
      const std::string field = "findings[" + std::to_string(i) + "]";
      if (!expect(one.is_object() && is_text(one, "id") && is_text(one, "title") && one.contains("slice") && one["slice"].is_object() && is_text(one["slice"], "direction") && is_text(one["slice"], "namespace") &&
                      (!one.contains("change") || one["change"].is_string()) && one.contains("cause") && one["cause"].is_object() && are_texts(one["cause"], "axes") && are_texts(one["cause"], "changed"),
                  field, "a finding with id, title, slice and cause"))
        return false;
    }
    return true;
  }

  bool results_hold(const Json& answer) {
    if (!expect(answer.contains("results") && answer["results"].is_array(), "results", "a list")) return false;
    const size_t items = answer["shard"]["items"], of = answer["shard"]["of"], before = answer["shard"]["index"].get<size_t>() - 1;
    const size_t wanted = items > before ? (items - before - 1) / of + 1 : 0;
    if (!expect(answer["results"].size() == wanted, "results", std::to_string(wanted) + " of " + std::to_string(items) + " invariants, found " + std::to_string(answer["results"].size()))) return false;
    for (const Json& one : answer["results"])
      if (!expect(one.is_object() && is_text(one, "id") && is_text(one, "verdict") && is_text(one, "reason"), "results", "invariants with id, verdict and reason")) return false;
    return true;
  }

  const ShardAnswer& shard_;
  std::string& problems_;
};

/// Do these parts belong to one run? Against the first, since any of them may be the odd one out.
std::string differences(const std::vector<ShardAnswer>& shards) {
  std::string problems;
  const ShardAnswer& first = shards.front();
  const auto differ = [&](const ShardAnswer& other, const std::string& what, const Json& a, const Json& b) {
    const auto shown = [](const Json& value) { return value.is_string() ? value.get<std::string>() : value.is_null() ? "none" : value.dump(); };
    if (a != b) problems += "error: " + other.file + " and " + first.file + " are parts of different runs: " + what + " " + shown(b) + " and " + shown(a) + "\n";
    return a != b;
  };
  for (size_t i = 1; i < shards.size(); ++i) {
    const Json &a = first.answer, &b = shards[i].answer;
    if (differ(shards[i], "npverify", a["npverify"], b["npverify"]) || differ(shards[i], "command", a["command"], b["command"])) continue;
    differ(shards[i], "shards", a["shard"]["of"], b["shard"]["of"]);
    std::set<std::string> names;
    for (const Json* inputs : {&a["shard"]["inputs"], &b["shard"]["inputs"]})
      for (const auto& [name, value] : inputs->items()) names.insert(name);
    for (const std::string& name : names) differ(shards[i], name, a["shard"]["inputs"].value(name, Json()), b["shard"]["inputs"].value(name, Json()));
    differ(shards[i], "items", a["shard"]["items"], b["shard"]["items"]);
  }
  return problems;
}

/// By index; problems where one is missing or stands twice.
std::string arrange(std::vector<ShardAnswer>& shards) {
  std::stable_sort(shards.begin(), shards.end(), [](const auto& a, const auto& b) { return a.answer["shard"]["index"] < b.answer["shard"]["index"]; });
  const size_t of = shards.front().answer["shard"]["of"];
  std::string problems, missing;
  size_t next = 1, missing_count = 0;
  const auto miss_until = [&](size_t index) {
    for (; next < index; ++next)
      if (++missing_count <= 10) missing += (missing.empty() ? "" : ", ") + std::to_string(next);
  };
  for (size_t i = 0; i < shards.size(); ++i) {
    const size_t index = shards[i].answer["shard"]["index"];
    if (i > 0 && index == next - 1) {
      problems += "error: shard " + std::to_string(index) + " of " + std::to_string(of) + " stands twice: " + shards[i - 1].file + " and " + shards[i].file + "\n";
      continue;
    }
    miss_until(index);
    ++next;
  }
  miss_until(of + 1);
  if (missing_count > 0)
    problems += "error: " + std::to_string(missing_count) + " of " + std::to_string(of) + " shards " + (missing_count == 1 ? "is" : "are") + " missing: " + missing + (missing_count > 10 ? ", ..." : "") + "; without them nothing is proved\n";
  return problems;
}

/// The order in which one run looks: what opens first, then egress, then by namespace, pods without policies last.
std::tuple<int, int, bool, std::string> rank(const Json& finding) {
  const std::string name = finding["slice"]["namespace"];
  return {finding.value("change", "") == "closed", finding["slice"]["direction"] == "ingress", name.empty(), name};
}

/// What is to blame, told apart by the direction of the change.
std::set<std::string> blamed(const Json& finding) {
  std::set<std::string> names;
  for (const char* kind : {"axes", "changed"})
    for (const Json& name : finding["cause"][kind]) names.insert(finding.value("change", "") + " " + name.get<std::string>());
  return names;
}

/// A flow with several things to blame is no cause of its own where each of them is one: a run that knows these does not find it.
bool follows_from_others(const Json& finding, const std::vector<Json>& all) {
  const std::set<std::string> cause = blamed(finding);
  std::set<std::string> explained;
  for (const Json& other : all) {
    const std::set<std::string> part = blamed(other);
    if (part.size() < cause.size() && std::includes(cause.begin(), cause.end(), part.begin(), part.end())) explained.insert(part.begin(), part.end());
  }
  return explained == cause;
}

Json joined_findings(const std::vector<ShardAnswer>& shards) {
  std::vector<Json> all;
  for (const auto& shard : shards)
    for (const Json& finding : shard.answer["findings"]) all.push_back(finding);
  std::stable_sort(all.begin(), all.end(), [](const Json& a, const Json& b) { return rank(a) < rank(b); });
  Json findings = Json::array();
  std::set<std::string> seen;
  const size_t most = shards.front().answer["shard"]["items"];
  for (Json finding : all) {
    if (findings.size() == most || !seen.insert(finding["id"]).second || follows_from_others(finding, all)) continue;
    finding.erase("slice");
    findings.push_back(std::move(finding));
  }
  return findings;
}

/// Invariant k of the run is the next one of part k modulo the number of parts.
Json joined_results(const std::vector<ShardAnswer>& shards) {
  Json results = Json::array();
  const size_t items = shards.front().answer["shard"]["items"];
  for (size_t i = 0; i < items; ++i) results.push_back(shards[i % shards.size()].answer["results"][i / shards.size()]);
  return results;
}

void join_limits(const std::vector<ShardAnswer>& shards, Json& answer) {
  for (const char* name : limits) {
    std::vector<std::string> all;
    for (const auto& shard : shards)
      for (const Json& item : shard.answer[name])
        if (std::find(all.begin(), all.end(), item.get<std::string>()) == all.end()) all.push_back(item);
    // prove prints what its invariants leave open sorted; what is said of profiles and manifests is the same in every part.
    const bool of_invariants = !compares(answer) && (name == std::string("gaps") || name == std::string("datapath") || name == std::string("assumptions"));
    if (of_invariants) std::sort(all.begin(), all.end());
    answer[name] = all;
  }
  for (const auto& shard : shards)
    if (shard.answer["partial"] == true) answer["partial"] = true;
}

/// Work adds up; what was read is the same in each part.
void join_counts(const std::vector<ShardAnswer>& shards, Json& answer) {
  for (const char* name : {"byClasses", "queries", "slices"}) {
    if (!answer["counts"].contains(name)) continue;
    size_t sum = 0;
    for (const auto& shard : shards) sum += shard.answer["counts"].value(name, size_t{0});
    answer["counts"][name] = sum;
  }
  if (answer["counts"].contains("findings")) answer["counts"]["findings"] = answer["findings"].size();
}

const ShardAnswer* first_with(const std::vector<ShardAnswer>& shards, const char* verdict) {
  const auto found = std::find_if(shards.begin(), shards.end(), [&](const auto& one) { return one.answer["verdict"] == verdict; });
  return found == shards.end() ? nullptr : &*found;
}

int decide_comparison(const std::vector<ShardAnswer>& shards, Json& answer) {
  answer.erase("reason");
  for (const auto& [verdict, exit_code] : {std::pair{"different", 1}, {"unknown", 3}, {"vacuous", 3}})
    if (const ShardAnswer* one = first_with(shards, verdict)) {
      answer["verdict"] = verdict;
      if (exit_code != 1) answer["reason"] = one->answer.value("reason", "");
      return exit_code;
    }
  answer["verdict"] = answer["command"] == "diff" ? "same" : "equivalent";
  return answer["partial"] == true ? 3 : 0;
}

int decide_invariants(const std::vector<ShardAnswer>& shards, Json& answer) {
  const auto has = [&](const char* verdict) { return std::any_of(answer["results"].begin(), answer["results"].end(), [&](const Json& one) { return one["verdict"] == verdict; }); };
  answer["verdict"] = answer["results"].empty() ? "vacuous" : has("violated") ? "violated" : has("unknown") ? "unknown" : has("vacuous") ? "vacuous" : "proved";
  int worst = answer["results"].empty() ? 3 : 0;
  for (const auto& shard : shards) {
    const int code = shard.answer["shard"]["exitCode"];
    if (code == 1) return 1;
    if (code != 0) worst = 3;
  }
  return worst;
}

}  // namespace

Json to_json(const ShardOfRun& shard) {
  return {{"index", shard.index}, {"of", shard.of}, {"inputs", shard.inputs}, {"items", shard.items}, {"exitCode", shard.exit_code}};
}

MergedAnswer merge_shards(const std::vector<ShardAnswer>& given) {
  std::string problems;
  if (given.empty()) throw base::InputError("error: no answers to merge; name the files that --shard I/N --format json=FILE wrote\n");
  for (const auto& one : given) Shape(one, problems).holds();
  if (problems.empty()) problems = differences(given);
  std::vector<ShardAnswer> shards = given;
  if (problems.empty()) problems = arrange(shards);
  if (!problems.empty()) throw base::InputError(problems);
  MergedAnswer merged{.answer = shards.front().answer};
  Json& answer = merged.answer;
  answer.erase("shard");
  if (compares(answer)) answer["findings"] = joined_findings(shards);
  else answer["results"] = joined_results(shards);
  join_limits(shards, answer);
  join_counts(shards, answer);
  merged.exit_code = compares(answer) ? decide_comparison(shards, answer) : decide_invariants(shards, answer);
  answer["mergedFrom"] = shards.size();
  return merged;
}

}  // namespace npverify::report
