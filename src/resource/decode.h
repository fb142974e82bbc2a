#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/diagnostics.h"
#include "manifest/node.h"
#include "resource/load.h"
#include "resource/snapshot.h"

/// Reading typed values out of a document, as the API machinery decodes JSON: null is absent, a wrong type is an error that names the
/// place, the path, what was found and what was expected.
namespace npverify::resource {

/// What all objects of one document share.
struct DecodeContext {
  const LoadOptions& options;
  base::Diagnostics& errors;
  base::Diagnostics& notes;
  std::map<std::string, size_t>& generated_names;  ///< how many objects were named after each generateName
  std::shared_ptr<const base::SourceFile> file;
};

/// One value of an object, present or not, and its path. Lives on the stack below its parent.
class Field {
 public:
  /// The object itself.
  Field(DecodeContext& context, const manifest::Node& object) : context_(&context), node_(&object) {}

  /// The value of `key`; absent where this is absent or no mapping.
  Field child(std::string_view key) const&;
  Field child(std::string_view key) const&& = delete;  // the child points to its parent
  Field item(size_t index) const&;
  Field item(size_t index) const&& = delete;

  /// Present and not null.
  bool present() const { return node_ != nullptr && node_->kind != manifest::NodeKind::null; }
  const manifest::Node* node() const { return node_; }
  std::string path() const;
  Origin origin() const;
  DecodeContext& context() const { return *context_; }

  /// Reports at this value (at the nearest value around it, if it is absent). Without a hint, text that looks like a template gets one.
  void error(std::string message, std::string hint = "") const;
  void note(std::string message, std::string hint = "") const;
  void warning(std::string message, std::string hint = "") const;
  /// "expected an integer, found the string 'http'".
  void type_error(std::string_view expected) const;

  // Each gives nothing where the value is absent, and where its type is wrong (reported).
  std::optional<std::string_view> text() const;
  std::string text_or(std::string_view otherwise) const { return std::string(text().value_or(otherwise)); }
  std::optional<int64_t> integer(int64_t low, int64_t high) const;
  std::optional<bool> boolean() const;
  /// An IntOrString: int32 or string.
  std::variant<std::monostate, int64_t, std::string_view> integer_or_text() const;
  /// The number of items of a list; 0 where absent or of another type (reported).
  size_t size() const;
  /// Is it a mapping? Absent is not; another type is reported.
  bool mapping() const;
  /// A mapping of strings; null values are empty strings, as in Go.
  std::map<std::string, std::string> text_map() const;
  std::vector<std::string> text_list() const;

  /// Reports keys other than `names`, as `kubectl apply --validate=strict` does.
  void only(std::initializer_list<std::string_view> names) const;
  /// For mappings of which only a part is read: reports keys outside `names` that are near enough to one of them to be a slip. A field that
  /// a later Kubernetes adds is read past.
  void no_slips(std::initializer_list<std::string_view> names) const;

 private:
  Field() = default;
  base::SourceSpan span() const;
  /// How the value is spelled, where YAML reads it as something else ("010" is 8); else empty.
  std::string_view spelled() const;
  void note_spelling() const;
  template <typename Report>
  void unknown_keys(std::initializer_list<std::string_view> names, const Report& report) const;
  void unknown_key(const manifest::Node::Entry& entry, const std::string& expected, std::string hint) const;
  void append_path(std::string& path) const;

  DecodeContext* context_ = nullptr;
  const manifest::Node* node_ = nullptr;
  const Field* parent_ = nullptr;
  std::string_view key_;
  size_t index_ = 0;
};

/// "the string 'http'", "the integer 80", "a list": what stands in a document.
std::string found(const manifest::Node& node);

/// In single quotes; a text that is longer than a line is cut.
std::string quoted(std::string_view text);

/// A hint where `text` holds something that a tool should have replaced before ("{{ .Values.x }}", "${VAR}"); else empty.
std::string unrendered_hint(std::string_view text);

/// "a, b or c"
std::string alternatives(const std::vector<std::string>& words);

}  // namespace npverify::resource
