// libyaml's events straight into our tree: 10,000 policies take a fifteenth of the time of a general YAML tree. libyaml is the C original of
// the scanner in go-yaml, so what it takes and refuses is what kubectl takes and refuses.
#include "manifest/yaml_reader.h"

#include <algorithm>

#include "manifest/scalar.h"
#include "manifest/template_check.h"
#include "manifest/tree_builder.h"
#include "manifest/yaml_errors.h"
#include "manifest/yaml_parser.h"

namespace npverify::manifest {
namespace {

std::string_view view(const yaml_char_t* text) { return text ? std::string_view(reinterpret_cast<const char*>(text)) : std::string_view{}; }

constexpr std::string_view yaml_tag = "tag:yaml.org,2002:";

/// Reads one stream, restarting after syntax errors.
class StreamReader {
 public:
  StreamReader(const std::shared_ptr<const base::SourceFile>& file, const Part& part, const ReadLimits& limits, base::Diagnostics& diagnostics)
      : file_(file), text_(std::string_view(file->text).substr(0, part.begin.offset + part.size)), diagnostics_(diagnostics), places_(text_, part.begin), builder_(file, limits, problems_), begin_(part.begin.offset) {}

  std::vector<Document> read() {
    std::optional<size_t> from = begin_;
    while (from && !stopped_) from = read_from(*from);
    return std::move(documents_);
  }

 private:
  /// Reads to the end of the text, or to a syntax error: then returns where to go on, if there is more.
  std::optional<size_t> read_from(size_t offset) {
    YamlParser parser(std::string_view(patched_.empty() ? text_ : patched_).substr(offset));
    places_.count_from(offset);
    document_start_ = boundary_ = offset;
    while (true) {
      YamlEvent event;
      if (yaml_parser_parse(&parser.parser, &event.event) == 0) return after_error(parser.parser);
      if (event.event.type == YAML_STREAM_END_EVENT || stopped_) return std::nullopt;
      take(event.event);
      if (builder_.too_large()) return after_large_document();
    }
  }

  /// The rest of a document that is too large is not parsed: libyaml's time grows with the square of the depth of flow collections.
  std::optional<size_t> after_large_document() {
    forward_problems();
    builder_.start();
    in_document_ = false;
    ++index_;
    return next_document();
  }

  std::optional<size_t> next_document() const {
    const size_t next = text_.find("\n---", boundary_);
    return next == std::string_view::npos ? std::nullopt : std::optional(next + 1);
  }

  void take(const yaml_event_t& event) {
    const Place place = places_.at_character(event.start_mark.index);
    switch (event.type) {
      case YAML_DOCUMENT_START_EVENT:
        begin_document(place, event.data.document_start.implicit == 0);
        break;
      case YAML_DOCUMENT_END_EVENT:
        end_document(place);
        break;
      case YAML_SCALAR_EVENT:
        take_scalar(place, event);
        break;
      case YAML_ALIAS_EVENT:
        builder_.alias(place, view(event.data.alias.anchor));
        break;
      case YAML_MAPPING_START_EVENT:
        check_collection_tag(place, view(event.data.mapping_start.tag), "map");
        builder_.begin(place, NodeKind::mapping, view(event.data.mapping_start.anchor));
        break;
      case YAML_SEQUENCE_START_EVENT:
        check_collection_tag(place, view(event.data.sequence_start.tag), "seq");
        builder_.begin(place, NodeKind::sequence, view(event.data.sequence_start.anchor));
        break;
      case YAML_MAPPING_END_EVENT:
      case YAML_SEQUENCE_END_EVENT:
        builder_.end();
        break;
      case YAML_NO_EVENT:
      case YAML_STREAM_START_EVENT:
      case YAML_STREAM_END_EVENT:
        break;
    }
  }

  void begin_document(Place place, bool marked) {
    document_start_ = place.offset;
    boundary_ = place.offset + (marked ? 3 : 0);
    problems_ = {};
    builder_.start();
    in_document_ = true;
  }

  void end_document(Place place) {
    document_start_ = boundary_ = place.offset;
    in_document_ = false;
    Document document;
    document.index = index_++;
    const auto key = builder_.collection_as_key();
    if (key && report_template(key->offset, key->offset)) return;
    forward_problems();
    if (builder_.failed()) return;
    document.root = builder_.root();
    if (document.root.kind == NodeKind::null) return;
    document.file = file_;
    document.storage = builder_.storage();
    documents_.push_back(std::move(document));
  }

  void forward_problems() {
    for (const auto& problem : problems_.all()) diagnostics_.add(problem);
    problems_ = {};
  }

  void take_scalar(Place place, const yaml_event_t& event) {
    const auto& scalar = event.data.scalar;
    const std::string_view value(reinterpret_cast<const char*>(scalar.value), scalar.length), tag = view(scalar.tag), anchor = view(scalar.anchor);
    if (tag.empty() && scalar.plain_implicit == 0) {
      builder_.scalar(place, NodeKind::string, in_source(value, place.offset + 1), anchor);
      return;
    }
    std::string spelled;
    TypedScalar typed = type_plain_scalar(value, spelled);
    if (!tag.empty()) typed = apply_tag(place, tag, value, typed);
    if (typed.kind == NodeKind::real && typed.text.find("n") != std::string_view::npos) builder_.error(place, "the number " + std::string(typed.text) + " has no JSON form; quote it if it is text");
    const bool merge = value == "<<" && scalar.plain_implicit != 0;
    builder_.scalar(place, typed.kind, typed.text.data() == value.data() ? in_source(value, place.offset) : keep_number(typed.text), anchor, merge);
  }

  /// The canonical words are static and the numbers short-lived: keep the latter.
  std::string_view keep_number(std::string_view text) {
    for (const std::string_view word : {"true", "false", "null"})
      if (text == word) return word;
    return builder_.keep(text);
  }

  /// The scalar where it stands in the file, if it is spelled there as it reads; else a copy.
  std::string_view in_source(std::string_view value, size_t offset) {
    const std::string_view there = text_.substr(std::min(offset, text_.size()), value.size());
    return there == value ? there : builder_.keep(value);
  }

  TypedScalar apply_tag(Place place, std::string_view tag, std::string_view value, TypedScalar typed) {
    const std::string shown = tag.starts_with(yaml_tag) ? "!!" + std::string(tag.substr(yaml_tag.size())) : std::string(tag);
    const auto mismatch = [&] { builder_.error(place, "'" + std::string(value) + "' is not what its tag " + shown + " says"); };
    if (shown == "!" || shown == "!!str" || shown == "!!timestamp") return {NodeKind::string, value};
    if (shown == "!!null" || shown == "!!bool" || shown == "!!int" || shown == "!!float") {
      const bool fits = shown == "!!null"   ? typed.kind == NodeKind::null
                        : shown == "!!bool" ? typed.kind == NodeKind::boolean
                        : shown == "!!int"  ? typed.kind == NodeKind::integer
                                            : typed.kind == NodeKind::integer || typed.kind == NodeKind::real;
      if (!fits) mismatch();
      return typed;
    }
    builder_.error(place, "tag " + shown + " is not read; Kubernetes objects have plain YAML values only", shown == "!!binary" ? "write the base64 text without the tag" : "");
    return {NodeKind::string, value};
  }

  void check_collection_tag(Place place, std::string_view tag, std::string_view expected) {
    if (tag.empty() || tag == "!" || tag == std::string(yaml_tag) + std::string(expected)) return;
    builder_.error(place, "tag " + (tag.starts_with(yaml_tag) ? "!!" + std::string(tag.substr(yaml_tag.size())) : std::string(tag)) + " is not read; Kubernetes objects have plain YAML values only");
  }

  /// Where the text is a template, that is the one error worth reading: the rest of the file is not read.
  bool report_template(size_t problem, size_t context) {
    const auto found = find_template(text_, document_start_, problem, context);
    if (!found) return false;
    const Place place = places_.at_byte(found->offset);
    diagnostics_.error({file_, place.line, place.column}, "", found->message, found->hint);
    return stopped_ = true;
  }

  /// libyaml refuses a tab at the start of a line in a flow collection after an unquoted scalar, where it is plain white space (and where
  /// tab-indented JSON has it). Puts spaces for the tabs that begin this line, and for those in the first column of all later lines: a block
  /// scalar never begins there, so no value changes. False if the error is another, or the tab is indentation.
  bool blank_tabs(const yaml_parser_t& parser) {
    if (parser.flow_level == 0 || !parser.problem || std::string_view(parser.problem) != "found a tab character that violates indentation" || ++retries_ > 100) return false;
    if (patched_.empty()) patched_ = text_;
    const Place place = places_.at_character(parser.problem_mark.index);
    const auto blank = [&](size_t at) {
      for (; at < patched_.size() && (patched_[at] == ' ' || patched_[at] == '\t'); ++at) patched_[at] = ' ';
    };
    blank(place.offset + 1 - place.column);
    for (size_t at = patched_.find("\n\t", place.offset); at != std::string::npos; at = patched_.find("\n\t", at + 1)) blank(at + 1);
    return true;
  }

  /// Reports a syntax error. Where to go on: the next `---` after the start of the document that has the error.
  std::optional<size_t> after_error(const yaml_parser_t& parser) {
    if (report_template(places_.at_character(parser.problem_mark.index).offset, places_.at_character(parser.context_mark.index).offset)) return std::nullopt;
    if (blank_tabs(parser)) {
      in_document_ = false;
      return document_start_;
    }
    if (in_document_) forward_problems();
    in_document_ = false;
    const auto [place, message, hint] = explain_syntax_error(parser, text_, places_);
    diagnostics_.error({file_, place.line, place.column}, "", message, hint);
    ++index_;
    return next_document();
  }

  const std::shared_ptr<const base::SourceFile>& file_;
  std::string_view text_;
  base::Diagnostics& diagnostics_;
  PlaceFinder places_;
  std::string patched_;  // the text with spaces for some tabs, byte for byte; empty where none are in the way
  int retries_ = 0;
  std::vector<Document> documents_;
  base::Diagnostics problems_;  // of the document being read
  TreeBuilder builder_;
  size_t begin_;                // of the part that is read
  bool in_document_ = false;
  size_t document_start_ = 0;
  size_t boundary_ = 0;         // start of the document being read, or end of the last one
  uint32_t index_ = 0;
  bool stopped_ = false;
};

}  // namespace

std::vector<Document> read_yaml(const std::shared_ptr<const base::SourceFile>& file, const ReadLimits& limits, base::Diagnostics& diagnostics) {
  return read_yaml(file, {{}, file->text.size()}, limits, diagnostics);
}

std::vector<Document> read_yaml(const std::shared_ptr<const base::SourceFile>& file, const Part& part, const ReadLimits& limits, base::Diagnostics& diagnostics) {
  return StreamReader(file, part, limits, diagnostics).read();
}

}  // namespace npverify::manifest
