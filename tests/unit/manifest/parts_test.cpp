// Documents read one by one are the documents read together: the same trees at the same places.
#include "manifest/parts.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "manifest/files.h"
#include "manifest/yaml_reader.h"
#include "support/catch.h"
#include "tree.h"

using namespace npverify;

namespace {

struct Read {
  std::string documents;
  bool failed = false;
};

Read describe(const std::vector<manifest::Document>& documents, const base::Diagnostics& diagnostics) {
  Read read{{}, diagnostics.has_errors()};
  for (const auto& document : documents) read.documents += test::to_text(document.root, true) + "\n";
  return read;
}

/// Nothing where the text is not cut, or where a part has an error: then it is read whole.
std::optional<std::string> in_parts(const manifest::File& file) {
  const auto parts = manifest::cut_documents(file->text);
  if (!parts) return std::nullopt;
  base::Diagnostics diagnostics;
  std::vector<manifest::Document> documents;
  size_t at = 0;
  for (const auto& part : *parts) {
    CHECK(part.begin.offset == at);
    at += part.size;
    for (auto& document : manifest::read_yaml(file, part, {}, diagnostics)) documents.push_back(std::move(document));
  }
  CHECK(at == file->text.size());
  const Read read = describe(documents, diagnostics);
  return read.failed ? std::nullopt : std::optional(read.documents);
}

/// Was it cut and compared?
bool compare(const std::string& text) {
  base::Diagnostics diagnostics;
  const auto file = manifest::file_of_text("input.yaml", text, {}, diagnostics);
  if (!file) return false;
  const Read whole = describe(manifest::read_file(file, {}, diagnostics), diagnostics);
  const auto parts = in_parts(file);
  if (!parts) return false;
  INFO(text);
  CHECK_FALSE(whole.failed);
  CHECK(*parts == whole.documents);
  return true;
}

}  // namespace

TEST_CASE("what is cut reads as it does whole", "[manifest]") {
  for (const char* text : {"a: 1", "---\na: 1\n---\nb: 2\n", "a: 1\n---\n", "# one\n---\n# two\na: 1\n--- # three\nb: 1\n", "--- {a: 1}\n--- [b]\n--- c\n", "a: |\n  x\n  ---\n  y\n---\nb: 1\n",
                           "--- |\n ---\n ---x\n---\nb: 1\n", "a: 1\n...\n---\nb: 2\n...\n# end\n", "a: 1\r\n---\r\nb: \"x\r\n  y\"\r\n", "a: 1\n---b: 2\n", "a:\n---\n---\n- x\n",
                           "a: \xc3\xa4\n---\n\xc3\xb6: \xc3\xbc\n", "&x a: 1\n---\nb: &x [1]\nc: *x\n", "\n\n---\n\n\na: 1\n\n---\n\n", "a: 1\n--- \nb: 1\n---\t\nc: 1\n", "a: 'x\n\n  y'\n---\nb: >\n  f\n\n  g\n---\nc: 1"})
    CHECK(compare(text));
}

TEST_CASE("what might read otherwise is not cut", "[manifest]") {
  for (const char* text : {"{\"a\": 1}\n", "%YAML 1.1\n---\na: 1\n", "a: 1\n...\n%TAG ! x\n---\nb: 1\n", "a: [1,\n\t2]\n---\nb: 1\n", "\ta: 1\n"}) CHECK_FALSE(manifest::cut_documents(text));
}

namespace {

/// The cut by a plain look at every line. Nothing where a line may matter below.
std::optional<std::vector<manifest::Part>> cut_line_by_line(const std::string& text) {
  std::vector<manifest::Part> parts;
  uint32_t line = 1;
  for (size_t at = 0; at < text.size(); ++line) {
    if (text[at] == '%' || text[at] == '\t') return std::nullopt;
    const bool starts = text.compare(at, 3, "---") == 0 && (at + 3 == text.size() || std::string(" \t\r\n").find(text[at + 3]) != std::string::npos);
    if (at == 0 || starts) parts.push_back({{at, line, 1}, 0});
    const size_t next = std::min(text.size(), text.find('\n', at) == std::string::npos ? text.size() : text.find('\n', at) + 1);
    parts.back().size += next - at;
    at = next;
  }
  return parts;
}

std::string random_stream(std::mt19937& random) {
  static const std::vector<std::string> pieces{"---\n", "--- ", "---", "...\n", "a: 1\n", "b: x\n", "- x\n", "  ---\n", "c: |\n", "  text\n", "d: \"open", "\"\n", "e: [", "]\n", "# note\n", "\n", "\r\n", "f: >-\n", "   folded\n",
                                        "'", "&x ", "*x\n", "? y\n", ": z\n", "\t", "%A\n", "{g: 1}\n", "\xe2\x80\xa8", "\xc2\x85", "\xc3\xa9: 1\n", "!!str ", "---\r\n", "h: 1 # ---\n"};
  std::string text;
  for (size_t i = 0, count = 1 + random() % 12; i < count; ++i) text += pieces[random() % 3 == 0 ? random() % 7 : random() % pieces.size()];
  return text;
}

bool fails(const std::string& text) {
  base::Diagnostics diagnostics;
  const auto file = manifest::file_of_text("input.yaml", text, {}, diagnostics);
  if (file) manifest::read_file(file, {}, diagnostics);
  return diagnostics.has_errors();
}

}  // namespace

TEST_CASE("texts are cut where a look at every line cuts them", "[manifest]") {
  std::mt19937 random(5);
  size_t cut = 0, refused = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 3, 'x');  // so that what counts stands anywhere in a block
    for (size_t i = 0, count = random() % 30; i < count; ++i) {
      static const std::vector<std::string> words{"---", "\n", "---\n", "\n---", " ", "\r\n", "-", "a: 1", "# a comment that is longer than the words\n", "--- x\n", "----\n", "\n- x", "\t", "%"};
      text += words[random() % (round % 2 == 0 ? words.size() : words.size() - 2)];
    }
    const auto parts = manifest::cut_documents(text), expected = cut_line_by_line(text);
    INFO(text);
    REQUIRE(parts.has_value() == expected.has_value());
    ++(parts ? cut : refused);
    if (!parts) continue;
    REQUIRE(parts->size() == expected->size());
    for (size_t i = 0; i < parts->size(); ++i) {
      REQUIRE((*parts)[i].begin.offset == (*expected)[i].begin.offset);
      REQUIRE((*parts)[i].begin.line == (*expected)[i].begin.line);
      REQUIRE((*parts)[i].size == (*expected)[i].size);
    }
  }
  CHECK(cut > 1000);
  CHECK(refused > 1000);
}

TEST_CASE("random streams read in parts as they do whole", "[manifest]") {
  std::mt19937 random(7);
  size_t compared = 0;
  for (int round = 0; round < 20000; ++round) compared += compare(random_stream(random)) ? 1 : 0;
  CHECK(compared > 2000);
}

TEST_CASE("files read on several threads as they do one after the other, errors included", "[manifest]") {
  std::mt19937 random(11);
  size_t failed = 0, many = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<manifest::File> files;
    base::Diagnostics of_one, of_many;
    for (const char* name : {"a.yaml", "b.yaml", "c.yaml"}) {
      std::string text = random_stream(random);
      for (int tries = 0; round % 2 == 0 && tries < 50 && fails(text); ++tries) text = random_stream(random);
      if (auto file = manifest::file_of_text(name, text, {}, of_one)) files.push_back(std::move(file));
    }
    of_one = {};
    std::vector<manifest::Document> serial;
    for (const auto& file : files)
      for (auto& document : manifest::read_file(file, {}, of_one)) serial.push_back(std::move(document));
    const auto together = manifest::read_all(files, {}, of_many, 1);
    CHECK(describe(together, of_many).documents == describe(serial, of_one).documents);
    CHECK(of_many.to_string() == of_one.to_string());
    failed += of_one.has_errors() ? 1 : 0;
    many += !of_one.has_errors() && serial.size() > 3 ? 1 : 0;
  }
  CHECK(failed > 300);
  CHECK(many > 50);
}

TEST_CASE("the examples read in parts as they do whole", "[manifest]") {
  size_t compared = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(NPVERIFY_SOURCE_DIR) + "/examples")) {
    if (entry.path().extension() != ".yaml") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    compared += compare(text.str()) ? 1 : 0;
  }
  CHECK(compared > 0);
}
