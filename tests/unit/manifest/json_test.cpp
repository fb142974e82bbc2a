#include "manifest/json_reader.h"
#include "support/catch.h"
#include "tree.h"

using namespace npverify;
using test::problems;
using test::read;

namespace {

/// Was the text taken as strict JSON, without the help of the YAML reader?
bool is_strict(const std::string& text) {
  base::Diagnostics diagnostics;
  const auto file = std::make_shared<const base::SourceFile>(base::SourceFile{"input.json", text});
  return manifest::read_json(file, {}, diagnostics).has_value();
}

}  // namespace

TEST_CASE("JSON values and their places", "[manifest]") {
  CHECK(read("{\"a\": [1, -2.50, 1e3],\n\t\"b\": {\"c\": null, \"d\": true},\n \"e\": \"x\\n\\u00e9\"}", true) ==
        "{a@1:2: [1@1:8, -2.5@1:11, 1000@1:18]@1:7, b@2:2: {c@2:8: null@2:13, d@2:19: true@2:24}@2:7, e@3:2: \"x\n\u00e9\"@3:7}@1:1");
}

TEST_CASE("JSON texts one after the other", "[manifest]") {
  CHECK(read("{\"a\": 1}{\"b\": 2}\n[3]\n") == "{a: 1} --- {b: 2} --- [3]");
  CHECK(is_strict("{\"a\": \"}{\"}{\"b\": \"\\\"\"}"));
}

TEST_CASE("what only YAML takes is read by the YAML reader", "[manifest]") {
  CHECK_FALSE(is_strict("{\"a\": [1, 2,],}"));
  CHECK(read("{\"a\": [1, 2,],}") == "{a: [1, 2]}");
  CHECK(read("{a: 1}\n---\n{b: 2}\n") == "{a: 1} --- {b: 2}");
  CHECK(read("{\"a\": 18446744073709551616}") == "{a: 18446744073709552000}");
}

TEST_CASE("errors in JSON are pointed", "[manifest]") {
  CHECK(problems("{\n\"a\": 1,\n\"a\": 2}").find("input.yaml:3:1: error: key 'a' is given twice; the first is in line 2") == 0);
  CHECK(problems("{\"a\": [1, 2}").find("input.yaml:1:12: error: neither valid JSON nor YAML: did not find expected ',' or ']'") == 0);
  CHECK(problems("{\"a\": 1").find("input.yaml:1:8: error: neither valid JSON nor YAML") == 0);
  CHECK(problems("[[[[1]]]]", {.depth = 3}).find("nested deeper than 3 levels") != std::string::npos);
}

TEST_CASE("a word that is not null is no JSON, and no exception", "[manifest]") {
  CHECK_FALSE(is_strict("{\"a\": nv\"x\"}"));
  CHECK(problems("{\"a\":  name: Shop\n}").find("error") != std::string::npos);
  CHECK(read("{\"a\": nil, \"b\": nul}") == "{a: \"nil\", b: \"nul\"}");
}

TEST_CASE("deep JSON does not overflow the stack", "[manifest]") {
  const std::string open(200000, '[');
  CHECK(problems(open + std::string(200000, ']')).find("error") != std::string::npos);
  CHECK(problems(open).find("error") != std::string::npos);
}
