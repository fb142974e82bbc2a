#include "support/catch.h"
#include "tree.h"

using namespace npverify;
using test::problems;
using test::read;

TEST_CASE("quoted scalars and blocks are strings, whatever they spell", "[manifest]") {
  CHECK(read("a: \"80\"\nb: 'yes'\nc: |\n  1\nd: >-\n  2\ne: \"\"\n") == R"({a: "80", b: "yes", c: "1
", d: "2", e: ""})");
}

TEST_CASE("escapes and lines that are folded", "[manifest]") {
  CHECK(read("a: \"x\\ty\\u00e9\"\nb: 'it''s'\nc: one\n  two\n") == "{a: \"x\ty\u00e9\", b: \"it's\", c: \"one two\"}");
}

TEST_CASE("plain keys are spelled as JSON spells them", "[manifest]") {
  CHECK(read("on: 1\n010: 2\n1.50: 3\n'on': 4\nweb: 5\n") == "{true: 1, 8: 2, 1.5: 3, on: 4, web: 5}");
}

TEST_CASE("tags of the JSON types are applied", "[manifest]") {
  CHECK(read("a: !!str 80\nb: !!int \"80\"\nc: !!float 1\nd: !!bool \"yes\"\ne: !!null \"\"\nf: !!map {}\ng: !!seq []\nh: ! 12\n") ==
        R"({a: "80", b: 80, c: 1, d: true, e: null, f: {}, g: [], h: "12"})");
}

TEST_CASE("every key and value knows its line and column, in bytes", "[manifest]") {
  CHECK(read("a: 1\nb:\n  - x\n  - {k: \"v\"}\n", true) == "{a@1:1: 1@1:4, b@2:1: [\"x\"@3:5, {k@4:6: \"v\"@4:9}@4:5]@3:3}@1:1");
  CHECK(read("\xc3\xa9: \xc3\xa9\xc3\xa9 \nb: [\xe2\x82\xac, z]\n", true) == "{\xc3\xa9@1:1: \"\xc3\xa9\xc3\xa9\"@1:5, b@2:1: [\"\xe2\x82\xac\"@2:5, \"z\"@2:10]@2:4}@1:1");
}

TEST_CASE("places after line separators that only YAML 1.1 knows", "[manifest]") {
  CHECK(read("a: \"x\xe2\x80\xa8y\"\nb: 1\n", true).find("b@2:1: 1@2:4") != std::string::npos);
}

TEST_CASE("empty documents and documents of comments are dropped, positions still count", "[manifest]") {
  base::Diagnostics diagnostics;
  const auto documents = manifest::read_text("input.yaml", "---\n# nothing\n---\na: 1\n---\n---\n~\n---\nb: 2", diagnostics);
  REQUIRE(documents.size() == 2);
  CHECK(documents[0].index == 1);
  CHECK(documents[1].index == 4);
  CHECK(read("").empty());
  CHECK(read("# only a comment").empty());
  CHECK(read("\n\n").empty());
}

TEST_CASE("byte order mark, CRLF, no newline at the end", "[manifest]") {
  CHECK(read("\xef\xbb\xbf" "a: 1\r\nb: [x,\r\n  z]\r\n---\r\nc: 3") == R"({a: 1, b: ["x", "z"]} --- {c: 3})");
  CHECK(read("a: 1\r\nb: 2\r\n", true) == "{a@1:1: 1@1:4, b@2:1: 2@2:4}@1:1");
}

TEST_CASE("UTF-16 with a byte order mark is decoded", "[manifest]") {
  CHECK(read(std::string("\xff\xfe" "a\0:\0 \0\xe9\0\n\0", 12)) == "{a: \"\u00e9\"}");
  CHECK(read(std::string("\xfe\xff\0a\0:\0 \xd8\x3d\xde\x00\0\n", 14)) == "{a: \"\U0001F600\"}");
  CHECK(problems(std::string("\xff\xfe" "a\0:\0 \0\x00\xd8\n\0", 12)).find("is not UTF-8") != std::string::npos);
}

TEST_CASE("tabs are white space in flow collections and after values, never indentation", "[manifest]") {
  CHECK(read("a: [\n\t1,\t2\n\t]\nb:\t3\t# c\n") == "{a: [1, 2], b: 3}");
  CHECK(read("{\n\t\"a\": 1\n\t,\"b\": {\n\t\t\"c\": true\n\t},\n}\n") == "{a: 1, b: {c: true}}");
  CHECK(read("z: 1\nc:\n  d: [x\n \t, \"a\n\tb\"]\n  e: |\n    t\n    \tt\n") == "{z: 1, c: {d: [\"x\", \"a b\"], e: \"t\n\tt\n\"}}");
  CHECK(problems("a:\n\tb: 1\n").find("YAML does not indent with tabs") != std::string::npos);
}

TEST_CASE("aliases stand for a copy of their anchor; anchors may be redefined and end with their document", "[manifest]") {
  CHECK(read("a: &x {b: 1}\nc: *x\nd: &x 2\ne: [*x, *x]\n") == "{a: {b: 1}, c: {b: 1}, d: 2, e: [2, 2]}");
  CHECK(read("k: &k app\n*k : v\n") == "{k: \"app\", app: \"v\"}");
  CHECK(problems("a: &x 1\n---\nb: *x\n").find("input.yaml:3:4: error: alias '*x' has no anchor") == 0);
}

TEST_CASE("merge keys: own keys win, then earlier sources", "[manifest]") {
  CHECK(read("a: &a {x: 1, w: 2}\nb: &b {w: 3, z: 4}\nc: {<<: *a, w: 5}\nd: {w: 5, <<: *a}\ne: {<<: [*a, *b]}\nf: {\"<<\": 1}\n") ==
        "{a: {x: 1, w: 2}, b: {w: 3, z: 4}, c: {w: 5, x: 1}, d: {w: 5, x: 1}, e: {x: 1, w: 2, z: 4}, f: {<<: 1}}");
  CHECK(problems("a: &a {x: 1}\nb: {<<: *a, <<: *a}\n").find("key '<<' is given twice") != std::string::npos);
}

TEST_CASE("keys that are the same after typing are duplicates; large mappings too", "[manifest]") {
  CHECK(problems("on: 1\ntrue: 2\n").find("key 'true' is given twice; the first is in line 1") != std::string::npos);
  std::string text;
  for (int i = 0; i < 40; ++i) text += "k" + std::to_string(i % 39) + ": v\n";
  CHECK(problems(text) == "input.yaml:40:1: error: key 'k0' is given twice; the first is in line 1\n    k0: v\n    ^\n1 error\n");
}

TEST_CASE("a colon that kubectl would take into the key is an error", "[manifest]") {
  CHECK(problems("a: {app:, tier: x}\n") == "input.yaml:1:8: error: not valid YAML: found unexpected ':' (while scanning a plain scalar)\n    a: {app:, tier: x}\n           ^ a ':' after an unquoted key needs a space after it\n1 error\n");
  CHECK(problems("a: {app:[1]}\n").find("needs a space after it") != std::string::npos);
  CHECK(read("{\"a\":[1],\"b\":{}, c: , d: x}") == "{a: [1], b: {}, c: null, d: \"x\"}");
}

TEST_CASE("a document with an error is left out, the others are read", "[manifest]") {
  base::Diagnostics diagnostics;
  const auto documents = manifest::read_text("input.yaml", "a: 1\n---\nb: \"open\nc: 2\n---\nd: 3\n---\ne: [\n---\nf: 4\n", diagnostics);
  CHECK(diagnostics.error_count() == 2);
  std::string kept;
  for (const auto& document : documents) kept += test::to_text(document.root);
  CHECK(kept == "{a: 1}{d: 3}{f: 4}");
}

TEST_CASE("limits: depth, values, aliases, size", "[manifest]") {
  CHECK(problems("[[[1]]]", {.depth = 3}).empty());
  CHECK(problems("[[[[1]]]]", {.depth = 3}) == "input.yaml:1:4: error: nested deeper than 3 levels\n    [[[[1]]]]\n       ^\n1 error\n");
  CHECK(problems("- &a [[1]]\n- [[*a]]\n", {.depth = 4}).find("input.yaml:2:5: error: nested deeper than 4 levels") == 0);
  CHECK(problems("[1, 2, 3]", {.document_values = 4}).empty());
  CHECK(problems("[1, 2, 3, 4]\n", {.document_values = 4}).find("input.yaml:1:11: error: the document has more than 4 values") == 0);
  CHECK(problems("- &a [1, 2]\n- *a\n- *a\n", {.alias_values = 5}).find("input.yaml:3:3: error: aliases expand to more than 5 values") == 0);
  CHECK(problems("a: 1\n", {.file_bytes = 4}) == "input.yaml: error: larger than 4 bytes\n1 error\n");
}

TEST_CASE("a billion laughs cost nothing", "[manifest]") {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + ", " + before + ", " + before + "]\n";
  }
  CHECK(problems(text).find("aliases expand to more than 400000 values") != std::string::npos);
}

TEST_CASE("templates are named where they break the YAML, and are data where they do not", "[manifest]") {
  CHECK(problems("a: {{ .Values.x }}\n").find("input.yaml:1:4: error: template '{{ .Values.x }}' was not rendered") == 0);
  CHECK(problems("{{- range .Items }}\na: 1\n{{ end }}\n").find("input.yaml:1:1: error: template '{{- range .Items }}' was not rendered") == 0);
  CHECK(read("a: \"{{ x }}\"\nb: see {{ x }}\nc: |\n  {{ x }}\n") == "{a: \"{{ x }}\", b: \"see {{ x }}\", c: \"{{ x }}\n\"}");
  CHECK(problems("a: \"{{ x }}\"\nb: [1, 2\nc: 3\n").find("template") == std::string::npos);
  CHECK(problems("a: x {{ y }}\n---\nb: [1, 2\nc: 3\n").find("template") == std::string::npos);
}
