#include "manifest/json_reader.h"

#include <simdjson.h>

#include "manifest/scalar.h"
#include "manifest/tree_builder.h"

namespace npverify::manifest {
namespace {

namespace ondemand = simdjson::ondemand;

/// One of several JSON texts in a file, without the white space around it.
struct Part {
  size_t begin = 0, end = 0;
};

/// Cuts a file of JSON texts after each outermost closing bracket. Empty if something else stands between them.
std::vector<Part> cut(std::string_view text) {
  std::vector<Part> parts;
  size_t depth = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"' && depth > 0) {
      for (++at; at < text.size() && text[at] != '"'; ++at)
        if (text[at] == '\\') ++at;
    } else if (c == '{' || c == '[') {
      if (depth++ == 0) parts.push_back({at, text.size()});
    } else if ((c == '}' || c == ']') && depth > 0) {
      if (--depth == 0) parts.back().end = at + 1;
    } else if (depth == 0 && c != ' ' && c != '\t' && c != '\n' && c != '\r') {
      return {};
    }
  }
  return parts;
}

class JsonReader {
 public:
  JsonReader(const std::shared_ptr<const base::SourceFile>& file, const ReadLimits& limits, base::Diagnostics& diagnostics)
      : file_(file), diagnostics_(diagnostics), buffer_(file->text), places_(file->text), builder_(file, limits, problems_) {}

  std::optional<std::vector<Document>> read() {
    const auto parts = cut(file_->text);
    if (parts.empty()) return std::nullopt;
    for (const Part& part : parts) {
      problems_ = {};
      builder_.start();
      if (!read_part(part)) return std::nullopt;
      keep_document();
    }
    for (const auto& problem : found_.all()) diagnostics_.add(problem);
    return std::move(documents_);
  }

 private:
  bool read_part(Part part) {
    base_ = buffer_.data();
    ondemand::document document;
    if (parser_.iterate(buffer_.data() + part.begin, part.end - part.begin, buffer_.size() + simdjson::SIMDJSON_PADDING - part.begin).get(document)) return false;
    ondemand::value root;
    if (document.get_value().get(root)) return false;
    return visit(root);
  }

  void keep_document() {
    for (const auto& problem : problems_.all()) found_.add(problem);
    const uint32_t index = index_++;
    if (builder_.failed()) return;
    documents_.push_back({file_, builder_.root(), builder_.storage(), index});
  }

  Place place_of(const char* at) { return places_.at_byte(static_cast<size_t>(at - base_)); }

  /// Strings that are spelled without escapes stand in the file; `raw` is just after the opening quote.
  std::string_view in_source(std::string_view value, const char* raw) {
    const std::string_view there = std::string_view(file_->text).substr(static_cast<size_t>(raw - base_), value.size());
    return there == value ? there : builder_.keep(value);
  }

  bool visit(ondemand::value value) {
    if (builder_.too_large()) return true;
    const std::string_view token = value.raw_json_token();
    const Place place = place_of(token.data());
    ondemand::json_type type;
    if (value.type().get(type)) return false;
    switch (type) {
      case ondemand::json_type::object: return visit_object(value, place);
      case ondemand::json_type::array: return visit_array(value, place);
      case ondemand::json_type::string: return visit_string(value, place, token);
      case ondemand::json_type::number: return visit_number(value, place, token);
      case ondemand::json_type::boolean: return visit_boolean(value, place);
      case ondemand::json_type::null: return visit_null(value, place);
    }
    return false;
  }

  bool visit_object(ondemand::value value, Place place) {
    ondemand::object object;
    if (value.get_object().get(object)) return false;
    builder_.begin(place, NodeKind::mapping, {});
    if (builder_.too_large()) return true;
    for (auto entry : object) {
      ondemand::field field;
      if (std::move(entry).get(field)) return false;
      const char* const raw = field.key().raw();
      std::string_view key;
      if (field.unescaped_key().get(key)) return false;
      builder_.scalar(place_of(raw - 1), NodeKind::string, in_source(key, raw), {});
      if (!visit(field.value())) return false;
      if (builder_.too_large()) return true;
    }
    builder_.end();
    return true;
  }

  bool visit_array(ondemand::value value, Place place) {
    ondemand::array array;
    if (value.get_array().get(array)) return false;
    builder_.begin(place, NodeKind::sequence, {});
    if (builder_.too_large()) return true;
    for (auto item : array) {
      ondemand::value element;
      if (std::move(item).get(element)) return false;
      if (!visit(element)) return false;
      if (builder_.too_large()) return true;
    }
    builder_.end();
    return true;
  }

  bool visit_string(ondemand::value value, Place place, std::string_view token) {
    std::string_view text;
    if (value.get_string().get(text)) return false;
    builder_.scalar(place, NodeKind::string, in_source(text, token.data() + 1), {});
    return true;
  }

  bool visit_number(ondemand::value value, Place place, std::string_view token) {
    ondemand::number number;
    if (value.get_number().get(number)) return false;
    while (!token.empty() && std::string_view("0123456789+-.eE").find(token.back()) == std::string_view::npos) token.remove_suffix(1);
    const std::string text = number.is_double() ? spell_number(number.get_double()) : number.is_uint64() ? std::to_string(number.get_uint64()) : std::to_string(number.get_int64());
    const NodeKind kind = text.find_first_of(".e") == std::string::npos ? NodeKind::integer : NodeKind::real;
    builder_.scalar(place, kind, text == token ? in_source(token, token.data()) : builder_.keep(text), {});
    return true;
  }

  bool visit_boolean(ondemand::value value, Place place) {
    bool truth = false;
    if (value.get_bool().get(truth)) return false;
    builder_.scalar(place, NodeKind::boolean, truth ? "true" : "false", {});
    return true;
  }

  bool visit_null(ondemand::value value, Place place) {
    bool null = false;
    if (simdjson::simdjson_result<bool>(value.is_null()).get(null) || !null) return false;  // a result that would throw where asked as bool
    builder_.scalar(place, NodeKind::null, "null", {});
    return true;
  }

  const std::shared_ptr<const base::SourceFile>& file_;
  base::Diagnostics& diagnostics_;
  simdjson::padded_string buffer_;
  const char* base_ = nullptr;
  PlaceFinder places_;
  ondemand::parser parser_;
  base::Diagnostics problems_, found_;
  TreeBuilder builder_;
  std::vector<Document> documents_;
  uint32_t index_ = 0;
};

}  // namespace

bool looks_like_json(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

std::optional<std::vector<Document>> read_json(const std::shared_ptr<const base::SourceFile>& file, const ReadLimits& limits, base::Diagnostics& diagnostics) {
  return JsonReader(file, limits, diagnostics).read();
}

}  // namespace npverify::manifest
