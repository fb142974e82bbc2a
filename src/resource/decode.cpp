#include "resource/decode.h"

#include <algorithm>
#include <charconv>

#include "manifest/json_reader.h"
#include "manifest/place.h"

namespace npverify::resource {

using manifest::NodeKind;

namespace {

bool is_scalar(NodeKind kind) { return kind != NodeKind::sequence && kind != NodeKind::mapping; }

std::string shorten(std::string_view text) {
  constexpr size_t longest = 80;
  if (text.size() <= longest) return std::string(text);
  size_t end = longest - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace

std::string found(const manifest::Node& node) {
  switch (node.kind) {
    case NodeKind::null: return "null";
    case NodeKind::boolean: return "the boolean " + std::string(node.text);
    case NodeKind::integer: return "the integer " + std::string(node.text);
    case NodeKind::real: return "the number " + std::string(node.text);
    case NodeKind::string: return "the string " + quoted(node.text);
    case NodeKind::sequence: return "a list";
    case NodeKind::mapping: return "a mapping";
  }
  return "";
}

std::string quoted(std::string_view text) { return "'" + shorten(text) + "'"; }

std::string unrendered_hint(std::string_view text) {
  if (text.find("{{") != std::string_view::npos) return "a template that was not rendered? run `helm template`, or the tool it is for, first";
  if (text.find("${") != std::string_view::npos) return "a variable that was not substituted? run the tool it is for (envsubst, Flux, ...) first";
  return "";
}

std::string alternatives(const std::vector<std::string>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) text += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return text;
}

Field Field::child(std::string_view key) const& {
  Field field;
  field.context_ = context_;
  field.node_ = node_ ? node_->find(key) : nullptr;
  field.parent_ = this;
  field.key_ = key;
  return field;
}

Field Field::item(size_t index) const& {
  Field field;
  field.context_ = context_;
  field.node_ = node_ && index < node_->items.size() ? &node_->items[index] : nullptr;
  field.parent_ = this;
  field.index_ = index;
  return field;
}

void Field::append_path(std::string& path) const {
  if (parent_) parent_->append_path(path);
  if (!key_.empty()) {
    if (!path.empty()) path += '.';
    path += key_;
  } else if (parent_) {
    path += '[' + std::to_string(index_) + ']';
  }
}

std::string Field::path() const {
  std::string path;
  append_path(path);
  return path;
}

base::SourceSpan Field::span() const {
  const Field* at = this;
  while (!at->node_ && at->parent_) at = at->parent_;
  return {context_->file, at->node_ ? at->node_->line : 0, at->node_ ? at->node_->column : 0};
}

Origin Field::origin() const { return {span(), path()}; }

void Field::error(std::string message, std::string hint) const {
  if (hint.empty() && node_ && is_scalar(node_->kind)) hint = unrendered_hint(node_->text);
  context_->errors.error(span(), path(), std::move(message), std::move(hint));
}

void Field::note(std::string message, std::string hint) const { context_->notes.note(span(), path(), std::move(message), std::move(hint)); }

void Field::warning(std::string message, std::string hint) const { context_->notes.warning(span(), path(), std::move(message), std::move(hint)); }

void Field::type_error(std::string_view expected) const {
  const bool unquoted = expected == "a string" && (node_->kind == NodeKind::boolean || node_->kind == NodeKind::integer || node_->kind == NodeKind::real);
  const std::string_view word = spelled();
  error("expected " + std::string(expected) + ", found " + (word.empty() ? "" : std::string(word) + ", which YAML reads as ") + found(*node_), unquoted ? "put it in quotes" : "");
}

std::string_view Field::spelled() const {
  if (!node_ || (node_->kind != NodeKind::boolean && node_->kind != NodeKind::integer && node_->kind != NodeKind::real)) return {};
  const std::string_view file = context_->file->text, text = node_->text;
  // Text that stands in the file is spelled as it reads; JSON spells a value one way. Finding the line is for the few that are left.
  if ((text.data() >= file.data() && text.data() < file.data() + file.size()) || manifest::looks_like_json(file)) return {};
  const std::string_view word = manifest::word_at(file, node_->line, node_->column);
  return word == node_->text ? std::string_view{} : word;
}

/// A number that reads as another than it looks (010, 1e3) is taken as the API server takes it, and said.
void Field::note_spelling() const {
  if (const std::string_view word = spelled(); !word.empty()) note(std::string(word) + " is read as " + std::string(node_->text) + ", as YAML has it");
}

std::optional<std::string_view> Field::text() const {
  if (!present()) return std::nullopt;
  if (node_->kind == NodeKind::string) return node_->text;
  type_error("a string");
  return std::nullopt;
}

std::optional<int64_t> Field::integer(int64_t low, int64_t high) const {
  if (!present()) return std::nullopt;
  int64_t value = 0;
  const std::string_view text = node_->text;
  const bool number = node_->kind == NodeKind::integer && std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{};
  if (number && value >= low && value <= high) {
    note_spelling();
    return value;
  }
  const bool range = node_->kind == NodeKind::integer;
  type_error(range ? "an integer from " + std::to_string(low) + " to " + std::to_string(high) : std::string("an integer"));
  return std::nullopt;
}

std::optional<bool> Field::boolean() const {
  if (!present()) return std::nullopt;
  if (node_->kind == NodeKind::boolean) return node_->text == "true";
  type_error("true or false");
  return std::nullopt;
}

std::variant<std::monostate, int64_t, std::string_view> Field::integer_or_text() const {
  if (!present()) return {};
  if (node_->kind == NodeKind::string) return node_->text;
  if (node_->kind == NodeKind::integer) {
    if (const auto value = integer(INT32_MIN, INT32_MAX)) return *value;
    return {};
  }
  type_error("an integer or a string");
  return {};
}

size_t Field::size() const {
  if (!present()) return 0;
  if (node_->kind == NodeKind::sequence) return node_->items.size();
  type_error("a list");
  return 0;
}

bool Field::mapping() const {
  if (!present()) return false;
  if (node_->kind == NodeKind::mapping) return true;
  type_error("a mapping");
  return false;
}

std::map<std::string, std::string> Field::text_map() const {
  std::map<std::string, std::string> map;
  if (!mapping()) return map;
  for (const auto& entry : node_->entries) {
    const Field value = child(entry.key);
    map.emplace_hint(map.end(), std::string(entry.key), std::string(value.text().value_or("")));
  }
  return map;
}

std::vector<std::string> Field::text_list() const {
  std::vector<std::string> list;
  for (size_t i = 0; i < size(); ++i) {
    const Field value = item(i);
    list.emplace_back(value.text().value_or(""));
  }
  return list;
}

void Field::only(std::initializer_list<std::string_view> names) const {
  unknown_keys(names, [&](const manifest::Node::Entry& entry, const std::vector<std::string>& known, const std::optional<std::string>& near) {
    unknown_key(entry, "; expected " + alternatives(known), near ? "did you mean '" + *near + "'?" : unrendered_hint(entry.key));
  });
}

void Field::no_slips(std::initializer_list<std::string_view> names) const {
  unknown_keys(names, [&](const manifest::Node::Entry& entry, const std::vector<std::string>&, const std::optional<std::string>& near) {
    if (near) unknown_key(entry, "", "did you mean '" + *near + "'?");
  });
}

template <typename Report>
void Field::unknown_keys(std::initializer_list<std::string_view> names, const Report& report) const {
  if (!node_ || node_->kind != NodeKind::mapping) return;
  for (const auto& entry : node_->entries) {
    if (std::find(names.begin(), names.end(), entry.key) != names.end()) continue;
    const std::vector<std::string> known(names.begin(), names.end());
    report(entry, known, base::nearest(entry.key, known));
  }
}

void Field::unknown_key(const manifest::Node::Entry& entry, const std::string& expected, std::string hint) const {
  std::string at = path();
  at += (at.empty() ? "" : ".") + shorten(entry.key);
  context_->errors.error({context_->file, entry.line, entry.column}, at, "unknown field " + quoted(entry.key) + expected, std::move(hint));
}

}  // namespace npverify::resource
