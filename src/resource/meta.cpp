// Source: ValidateObjectMeta and ValidateLabelSelector of k8s.io/apimachinery (pkg/api/validation/objectmeta.go, apis/meta/v1/validation).
#include "resource/meta.h"

#include <algorithm>

#include "resource/syntax.h"

namespace npverify::resource {
namespace {

const std::vector<std::string> operators{"In", "NotIn", "Exists", "DoesNotExist"};

const std::initializer_list<std::string_view> meta_fields{"name", "generateName", "namespace", "labels", "annotations", "ownerReferences", "finalizers", "uid", "resourceVersion", "generation",
                                                              "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "managedFields", "selfLink"};

/// Reports at a key of a mapping.
void report_key(const Field& map, const manifest::Node::Entry& entry, std::string message) {
  map.context().errors.error({map.context().file, entry.line, entry.column}, map.path(), std::move(message), unrendered_hint(entry.key));
}

/// Annotations decide nothing here: only for policies, which are read as strictly as the server does, is a wrong key an error.
void check_annotations(const Field& annotations, const Labels& values, bool strict) {
  if (!strict) return;
  size_t bytes = 0;
  for (const auto& [key, value] : values) bytes += key.size() + value.size();
  if (bytes > 256 * 1024) annotations.error("annotations of " + std::to_string(bytes) + " bytes; at most 262144 are stored");
  if (!annotations.present() || annotations.node()->kind != manifest::NodeKind::mapping) return;
  for (const auto& entry : annotations.node()->entries) {
    std::string lower(entry.key);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (const auto expected = label_key_problem(lower)) report_key(annotations, entry, "annotation key " + quoted(entry.key) + " is not valid; expected " + *expected);
  }
}

void check_owner(const Field& owner, bool strict) {
  if (owner.present() && !owner.mapping()) return;
  if (strict) owner.only({"apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"});
  for (const char* key : {"apiVersion", "kind", "name", "uid"}) {
    const Field part = owner.child(key);
    const auto text = part.text();
    if (!text || text->empty()) {
      if (!part.present() || text) part.error("must not be empty");
    } else if (key == std::string_view("apiVersion") && text->ends_with('/')) {
      part.error("no version in " + quoted(*text));
    }
  }
  const Field kind = owner.child("kind"), version = owner.child("apiVersion"), controller = owner.child("controller"), block = owner.child("blockOwnerDeletion");
  if (kind.present() && version.present() && kind.node()->text == "Event" && version.node()->text == "v1") owner.error("an Event owns nothing");
  controller.boolean();
  block.boolean();
}

void check_rest(const Field& meta, bool strict) {
  const Field owners = meta.child("ownerReferences"), finalizers = meta.child("finalizers"), generation = meta.child("generation");
  size_t controllers = 0;
  for (size_t i = 0; i < owners.size(); ++i) {
    const Field owner = owners.item(i);
    check_owner(owner, strict);
    const Field controller = owner.child("controller");
    if (controller.present() && controller.node()->text == "true" && ++controllers == 2) owners.error("two owners have 'controller: true'; only one can");
  }
  for (size_t i = 0; i < finalizers.size(); ++i) {
    const Field finalizer = finalizers.item(i);
    const std::string_view text = finalizer.text().value_or("");
    if (const auto expected = label_key_problem(text)) finalizer.error("finalizer " + quoted(text) + " is not valid; expected " + *expected);
  }
  if (generation.present()) generation.integer(INT64_MIN, INT64_MAX);
}

std::optional<std::string> name_problem(std::string_view name, NameForm form) {
  switch (form) {
    case NameForm::dns_label: return dns_label_problem(name);
    case NameForm::dns_subdomain: return dns_subdomain_problem(name);
  }
  return std::nullopt;
}

/// A dash at the end stands before what is appended.
void check_prefix(const Field& generate, std::string_view prefix, NameForm form) {
  std::string name(prefix);
  if (name.size() > 1 && name.ends_with('-')) name.replace(name.size() - 2, 2, "a");
  if (const auto expected = name_problem(name, form)) generate.error(quoted(prefix) + " begins no name; expected " + *expected);
}

std::string decode_name(const Field& meta, NameForm form) {
  const Field name = meta.child("name"), generate = meta.child("generateName");
  const std::string_view prefix = generate.text().value_or("");
  if (!prefix.empty()) check_prefix(generate, prefix, form);
  if (name.present() && name.node()->kind != manifest::NodeKind::string) {
    name.type_error("a string");
    return "";
  }
  std::string text(name.text().value_or(""));
  if (text.empty() && !prefix.empty())
    return std::string(prefix.substr(0, 58)) + "x" + std::to_string(++meta.context().generated_names[std::string(prefix)]);  // the server cuts there, too
  if (text.empty()) {
    name.error("a name is missing");
  } else if (const auto expected = name_problem(text, form)) {
    name.error(quoted(text) + " is not a name; expected " + *expected);
  }
  return text;
}

std::string decode_namespace(const Field& meta) {
  const Field space = meta.child("namespace");
  const auto text = space.text();
  if (!text || text->empty()) return meta.context().options.default_namespace;
  if (const auto expected = dns_label_problem(*text)) space.error(quoted(*text) + " is not a namespace; expected " + *expected);
  return std::string(*text);
}

std::optional<SelectorOperator> parse_operator(std::string_view text) {
  const auto at = std::find(operators.begin(), operators.end(), text);
  if (at == operators.end()) return std::nullopt;
  return static_cast<SelectorOperator>(at - operators.begin());
}

void check_values(const Field& values, SelectorOperator op) {
  const bool wanted = op == SelectorOperator::in || op == SelectorOperator::not_in;
  const std::string& word = operators[static_cast<size_t>(op)];
  const bool is_list = values.present() && values.node()->kind == manifest::NodeKind::sequence;
  const size_t size = is_list ? values.node()->items.size() : 0;
  if (wanted && size == 0 && (is_list || !values.present())) values.error("operator " + word + " needs at least one value");
  if (!wanted && size > 0) values.error("operator " + word + " takes no values");
}

LabelSelectorRequirement decode_requirement(const Field& expression, bool strict) {
  LabelSelectorRequirement requirement;
  if (expression.present() && !expression.mapping()) return requirement;
  if (strict) expression.only({"key", "operator", "values"});
  const Field key = expression.child("key"), op = expression.child("operator"), values = expression.child("values");
  requirement.key = key.text_or("");
  if (!key.present() || key.node()->kind == manifest::NodeKind::string)
    if (const auto expected = label_key_problem(requirement.key))
      key.error(key.present() ? "label key " + quoted(requirement.key) + " is not valid; expected " + *expected : "a label key is missing");
  const auto word = op.text();
  const auto known = parse_operator(word.value_or(""));
  if (known) {
    requirement.op = *known;
    check_values(values, *known);
  } else if (!op.present()) {
    op.error("an operator is missing; expected " + alternatives(operators));
  } else if (word) {
    const auto near = base::nearest(*word, operators);
    op.error("unknown operator " + quoted(*word) + "; expected " + alternatives(operators), near ? "did you mean '" + *near + "'?" : "");
  }
  requirement.values = values.text_list();
  for (size_t i = 0; i < requirement.values.size(); ++i)
    if (const auto expected = label_value_problem(requirement.values[i])) {
      const Field value = values.item(i);
      value.error("label value " + quoted(requirement.values[i]) + " is not valid; expected " + *expected);
    }
  std::sort(requirement.values.begin(), requirement.values.end());
  requirement.values.erase(std::unique(requirement.values.begin(), requirement.values.end()), requirement.values.end());
  return requirement;
}

}  // namespace

Labels decode_labels(const Field& labels) {
  Labels map = labels.text_map();
  if (map.empty()) return map;
  for (const auto& entry : labels.node()->entries) {
    if (const auto expected = label_key_problem(entry.key)) report_key(labels, entry, "label key " + quoted(entry.key) + " is not valid; expected " + *expected);
    if (entry.value.kind != manifest::NodeKind::string) continue;
    if (const auto expected = label_value_problem(entry.value.text)) {
      const Field value = labels.child(entry.key);
      value.error("label value " + quoted(entry.value.text) + " is not valid; expected " + *expected);
    }
  }
  return map;
}

ObjectMeta decode_meta(const Field& object, Scope scope, NameForm form, bool strict) {
  ObjectMeta meta;
  meta.origin = object.origin();
  const Field field = object.child("metadata");
  if (field.present() && !field.mapping()) return meta;
  if (strict) {
    field.only(meta_fields);
  } else {
    field.no_slips(meta_fields);
  }
  meta.name = decode_name(field, form);
  if (scope == Scope::namespaced) meta.namespace_name = decode_namespace(field);
  const Field labels = field.child("labels"), annotations = field.child("annotations");
  meta.labels = decode_labels(labels);
  meta.annotations = annotations.text_map();
  check_annotations(annotations, meta.annotations, strict);
  check_rest(field, strict);
  return meta;
}

void no_slips_in_meta(const Field& meta) { meta.no_slips(meta_fields); }

LabelSelector decode_selector(const Field& selector, bool strict) {
  LabelSelector result;
  if (!selector.mapping()) return result;
  if (strict) selector.only({"matchLabels", "matchExpressions"});
  const Field labels = selector.child("matchLabels"), expressions = selector.child("matchExpressions");
  for (auto& [key, value] : decode_labels(labels)) result.requirements.push_back({key, SelectorOperator::in, {value}, true});
  for (size_t i = 0; i < expressions.size(); ++i) {
    const Field expression = expressions.item(i);
    result.requirements.push_back(decode_requirement(expression, strict));
  }
  return result;
}

}  // namespace npverify::resource
