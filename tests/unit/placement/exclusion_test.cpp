// The label expression excludes exactly what was asked, on random clusters; and it is the one a person would write, on small ones.
#include <random>

#include "placement/affinity.h"
#include "placement/exclusion.h"
#include "support/catch.h"

using namespace npverify;
using namespace npverify::placement;

namespace {

Candidate node(const std::string& name, resource::Labels labels) {
  labels["kubernetes.io/hostname"] = name;
  return {.name = name, .labels = std::move(labels)};
}

std::string expression(const std::vector<Candidate>& kept, const std::vector<Candidate>& excluded) {
  std::vector<const Candidate*> keep, exclude;
  for (const auto& one : kept) keep.push_back(&one);
  for (const auto& one : excluded) exclude.push_back(&one);
  const Exclusion exclusion = excluding(keep, exclude);
  std::string text;
  for (const auto* list : {&exclusion.expressions, &exclusion.fields})
    for (const auto& one : *list) text += (text.empty() ? "" : " and ") + text_of(one);
  return text;
}

}  // namespace

TEST_CASE("one label that tells them apart") {
  CHECK(expression({node("a1", {{"pool", "a"}})}, {node("b1", {{"pool", "b"}}), node("b2", {{"pool", "b"}})}) == "pool NotIn [b]");
  CHECK(expression({node("a1", {{"rdma", "true"}})}, {node("b1", {})}) == "rdma Exists");
  CHECK(expression({node("a1", {})}, {node("b1", {{"broken", "yes"}})}) == "broken NotIn [yes]");
}

TEST_CASE("two labels before names of hosts") {
  CHECK(expression({node("a1", {{"pool", "a"}, {"zone", "x"}})}, {node("b1", {{"pool", "b"}, {"zone", "x"}}), node("a2", {{"pool", "a"}, {"zone", "y"}})}) == "pool NotIn [b] and zone NotIn [y]");
}

TEST_CASE("names where nothing else tells them apart") {
  CHECK(expression({node("a1", {{"pool", "a"}})}, {node("a2", {{"pool", "a"}})}) == "kubernetes.io/hostname NotIn [a2]");
  CHECK(expression({{.name = "a1", .labels = {}}}, {{.name = "a2", .labels = {}}}) == "metadata.name NotIn [a2]");
}

TEST_CASE("random clusters: every kept node selected, no excluded one") {
  std::mt19937 random(20);
  for (int round = 0; round < 500; ++round) {
    std::vector<Candidate> nodes;
    for (int i = 0; i < 12; ++i) {
      Candidate one{.name = "n" + std::to_string(i), .labels = {}};
      if (round % 3 != 0) one.labels["kubernetes.io/hostname"] = one.name;
      for (const char* key : {"a", "b", "c", "d"})
        if (random() % 3 != 0) one.labels[key] = std::to_string(random() % 3);
      nodes.push_back(one);
    }
    std::vector<const Candidate*> kept, excluded;
    for (const auto& one : nodes) (random() % 3 == 0 ? excluded : kept).push_back(&one);
    const Exclusion exclusion = excluding(kept, excluded);
    const auto selects = [&](const Candidate& one) {
      bool all = true;
      for (const auto& wanted : exclusion.expressions) all = all && satisfies(wanted, one) == Landing::yes;
      for (const auto& wanted : exclusion.fields) all = all && satisfies_field(wanted, one) == Landing::yes;
      return all;
    };
    INFO("round " << round);
    for (const Candidate* one : kept) CHECK(selects(*one));
    for (const Candidate* one : excluded) CHECK_FALSE(selects(*one));
    if (excluded.empty()) CHECK(exclusion.empty());
  }
}
