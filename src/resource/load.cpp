// Documents to objects: lists are unpacked, each object goes to the decoder of its group and kind, a later object of the same name takes the
// place of the earlier one (what `kubectl apply` in file order leaves).
#include "resource/load.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>
#include <set>
#include <span>
#include <tuple>
#include <unordered_map>

#include "base/parallel.h"
#include "resource/build_files.h"
#include "resource/groups.h"
#include "resource/kinds.h"
#include "resource/load_stretches.h"
#include "resource/policy_name.h"

namespace npverify::resource {
namespace {

/// apiVersion and kind of an object, its own or those of the list around it.
struct TypeMeta {
  std::string_view api_version, kind;
};

std::string shown_name(const ObjectMeta& meta) { return meta.namespace_name.empty() ? meta.name : meta.namespace_name + "/" + meta.name; }

/// Does `wanted` hold of some entry of a mapping in the object, however deep operators' kinds put it?
template <typename Wanted>
bool any_entry(const manifest::Node& node, const Wanted& wanted, size_t depth = 0) {
  constexpr size_t deepest = 8;
  if (depth > deepest) return false;
  for (const auto& item : node.items)
    if (any_entry(item, wanted, depth + 1)) return true;
  for (const auto& entry : node.entries)
    if (wanted(entry) || any_entry(entry.value, wanted, depth + 1)) return true;
  return false;
}

/// Does an object of Kyverno's generate NetworkPolicies, of whatever CNI?
bool generates_policy(const manifest::Node& object) {
  return any_entry(object, [](const manifest::Node::Entry& entry) {
    const auto* kind = entry.key == "generate" ? entry.value.find("kind") : nullptr;
    return kind && kind->text.find("NetworkPolicy") != std::string_view::npos;
  });
}

/// Does a pod template stand somewhere in the object: a key "template", or one that ends so, with a spec that has containers (or a virtual
/// machine's domain)?
bool holds_pod_template(const manifest::Node& object) {
  return any_entry(object, [](const manifest::Node::Entry& entry) {
    const auto* spec = entry.key.ends_with("emplate") ? entry.value.find("spec") : nullptr;
    return spec && (spec->find("containers") || spec->find("domain"));
  });
}

class Loader {
 public:
  Loader(const LoadOptions& options, base::Diagnostics& errors) : options_(options), errors_(errors) {}

  void take(std::span<const manifest::Document> documents) {
    for (const auto& file : options_.object_files) build_files_.saw_object(file);
    for (const auto& document : documents) {
      files_.insert(document.file.get());
      DecodeContext context{options_, errors_, snapshot_.notes, generated_names_, document.file};
      if (document.root.kind == manifest::NodeKind::sequence) {
        take_items(context, document.root, {});
      } else {
        take(context, document.root, {});
      }
    }
    snapshot_.documents += documents.size();
  }

  /// Adds what a loader of later documents took. False, and neither is of use any more, where it would have read them otherwise had it known
  /// these: two objects of one name, names that count up, files that say how manifests are made.
  bool join(Loader& later) {
    if (!later.generated_names_.empty() || !generated_names_.empty() || !later.build_files_.empty() || !build_files_.empty()) return false;
    places_.merge(later.places_);
    if (!later.places_.empty()) return false;
    Snapshot& more = later.snapshot_;
    each_kind([&](auto kind) { std::move((more.*kind).begin(), (more.*kind).end(), std::back_inserter(snapshot_.*kind)); });
    for (const auto& note : more.notes.all()) snapshot_.notes.add(note);
    for (auto& kind : more.unmodelled) join_unmodelled(kind);
    files_.merge(later.files_);
    snapshot_.documents += more.documents;
    snapshot_.objects += more.objects;
    return true;
  }

  /// Makes room for what they took.
  void reserve(const std::deque<Loader>& all) {
    each_kind([&](auto kind) {
      size_t objects = 0;
      for (const Loader& one : all) objects += (one.snapshot_.*kind).size();
      (snapshot_.*kind).reserve(objects);
    });
  }

  /// REQUIRES: everything was taken.
  Snapshot finish() {
    snapshot_.files = files_.size();
    build_files_.report(errors_, snapshot_.notes);
    std::sort(snapshot_.unmodelled.begin(), snapshot_.unmodelled.end(), [](const auto& a, const auto& b) { return std::tie(a.kind, a.api_version) < std::tie(b.kind, b.api_version); });
    name_read_past();
    return std::move(snapshot_);
  }

 private:
  /// Kinds that carry no policy are counted and named too: nothing is read past in silence. npverify's own are no part of a cluster.
  void name_read_past() {
    std::string kinds, makers;
    for (const auto& kind : snapshot_.unmodelled) {
      if (kind.making_pods > 0) makers += (makers.empty() ? "" : ", ") + std::to_string(kind.making_pods) + " " + kind.kind;
      if (!kind.carries_policy && split_api_version(kind.api_version).group != "npverify.io") kinds += (kinds.empty() ? "" : ", ") + std::to_string(kind.objects.size()) + " " + kind.kind;
    }
    if (!kinds.empty()) snapshot_.notes.note({}, "", "read past, as they carry no policy: " + kinds);
    if (!makers.empty()) snapshot_.notes.note({}, "", "pods that these make are not known (they hold pod templates of kinds that npverify does not read): " + makers);
  }

  void take_items(DecodeContext& context, const manifest::Node& list, TypeMeta inherited) {
    for (const auto& item : list.items) take(context, item, inherited);
  }

  void take(DecodeContext& context, const manifest::Node& node, TypeMeta inherited) {
    const Field object(context, node);
    if (node.kind != manifest::NodeKind::mapping) {
      object.error("expected a Kubernetes object, found " + found(node));
      return;
    }
    if (build_files_.take(context, node)) return;
    const auto type = type_of(object, inherited);
    if (!type) return;
    if (type->kind.ends_with("List") && (node.find("items") || !node.find("spec"))) {
      take_list(object, *type);
      return;
    }
    ++snapshot_.objects;
    build_files_.saw_object(context.file->name);
    errors_before_ = errors_.error_count();
    decode(object, *type);
  }

  void take_list(const Field& list, TypeMeta type) {
    const Field items = list.child("items");
    if (items.size() == 0) return;
    const std::string_view kind = type.kind.substr(0, type.kind.size() - 4);
    take_items(list.context(), *items.node(), kind.empty() ? TypeMeta{} : TypeMeta{type.api_version, kind});
  }

  std::optional<TypeMeta> type_of(const Field& object, TypeMeta inherited) {
    const Field version = object.child("apiVersion"), kind = object.child("kind");
    const size_t before = errors_.error_count();
    const TypeMeta type{version.text().value_or(inherited.api_version), kind.text().value_or(inherited.kind)};
    if (errors_.error_count() > before) return std::nullopt;
    if (type.api_version.empty() && type.kind.empty() && take_untyped(object)) return std::nullopt;
    report_missing(object, "apiVersion", type.api_version);
    report_missing(object, "kind", type.kind);
    if (type.api_version.empty() || type.kind.empty()) return std::nullopt;
    return type;
  }

  void report_missing(const Field& object, std::string_view key, std::string_view value) {
    if (!value.empty()) return;
    std::vector<std::string> keys;
    for (const auto& entry : object.node()->entries) keys.emplace_back(entry.key);
    const auto near = base::nearest(key, keys);
    object.error(std::string(key) + " is missing", near && *near != key ? "is '" + *near + "' meant to be '" + std::string(key) + "'?" : "");
  }

  /// Mappings without apiVersion and kind: bare Cilium rules carry policy, files of other tools do not. False if it may be a broken object.
  bool take_untyped(const Field& object) {
    const auto has = [&](std::string_view key) { return object.node()->find(key) != nullptr; };
    if ((has("endpointSelector") || has("nodeSelector")) && (has("ingress") || has("egress") || has("ingressDeny") || has("egressDeny"))) {
      ++snapshot_.objects;
      add_unmodelled(object, {"", "bare Cilium rule"}, true);
      return true;
    }
    for (const char* key : {"metadata", "spec", "apiversion", "ApiVersion", "Kind", "items"})
      if (has(key)) return false;
    object.warning("no Kubernetes object (neither apiVersion nor kind); left out");
    return true;
  }

  // ------------------------------------------------------------------------------------------------------------------ dispatch
  void decode(const Field& object, TypeMeta type) {
    const auto [group, version] = split_api_version(type.api_version);
    if (group == "extensions" && type.kind == "NetworkPolicy") {
      object.error("apiVersion extensions/v1beta1 of NetworkPolicy was removed in Kubernetes 1.16", "write 'apiVersion: networking.k8s.io/v1'");
      return;
    }
    const auto home = home_of(type.kind);
    if (home && is_served(object, group, version, type, *home)) {
      decode_known(object, type);
    } else if (errors_.error_count() == errors_before_ && is_configuration_kind(group, type.kind)) {
      add(object, snapshot_.configurations, decode_configuration(object, type.api_version, type.kind), type);
    } else if (errors_.error_count() == errors_before_ && is_known_to_server(object, group, type)) {
      add_unmodelled(object, type, carries_policy(group, type.kind) || (group == "kyverno.io" && generates_policy(*object.node())));
    }
  }

  /// Is this the group and version in which a kind that we decode is served? Old versions of workloads are read with a warning.
  bool is_served(const Field& object, std::string_view group, std::string_view version, TypeMeta type, const std::string& home) {
    if (type.api_version == home) return true;
    const auto [home_group, home_version] = split_api_version(home);
    const bool old = (home_group == "apps" && (group == "apps" || group == "extensions")) || (home_group == "batch" && group == "batch") ||
                     (home_group == "discovery.k8s.io" && group == home_group);
    if (old && version != home_version && version.find("beta") != std::string_view::npos) {
      object.warning("apiVersion " + std::string(type.api_version) + " of " + std::string(type.kind) + " is no longer served; read as " + home);
      return true;
    }
    const bool near_group = !group.empty() && base::nearest(group, {std::string(home_group)}) == home_group;
    if (group == home_group || served_kinds(group) || near_group) {
      const Field at = object.child("apiVersion");
      at.error("apiVersion '" + std::string(type.api_version) + "' has no kind " + std::string(type.kind), "write 'apiVersion: " + home + "'");
    }
    return false;
  }

  bool is_known_to_server(const Field& object, std::string_view group, TypeMeta type) {
    const auto* kinds = served_kinds(group);
    if (!kinds || std::find(kinds->begin(), kinds->end(), type.kind) != kinds->end()) return true;
    const Field at = object.child("kind");
    const auto near = base::nearest(type.kind, *kinds);
    const std::string message = "apiVersion '" + std::string(type.api_version) + "' has no kind '" + std::string(type.kind) + "'";
    if (near || type.kind.find("Policy") != std::string_view::npos) {
      at.error(message, near ? "did you mean '" + *near + "'?" : "");
      return false;
    }
    at.warning(message + "; left out");  // OpenShift still takes some of its kinds as v1
    return true;
  }

  void decode_known(const Field& object, TypeMeta type) {
    const std::string_view kind = type.kind;
    if (kind == "NetworkPolicy") return add(object, snapshot_.network_policies, decode_network_policy(object), type);
    if (kind == "Pod") return add(object, snapshot_.pods, decode_pod(object), type);
    if (kind == "Namespace") return add(object, snapshot_.namespaces, decode_namespace(object), type);
    if (kind == "Service") return add(object, snapshot_.services, decode_service(object), type);
    if (kind == "EndpointSlice" || kind == "Endpoints") return add(object, snapshot_.endpoints, decode_endpoints(object, kind), type);
    if (kind == "Node") return add(object, snapshot_.nodes, decode_node(object), type);
    if (kind == "ServiceAccount") return add(object, snapshot_.service_accounts, decode_service_account(object), type);
    if (kind != "ConfigMap") return add(object, snapshot_.workloads, decode_workload(object, kind), type);
    const Field meta = object.child("metadata");
    const Field name = meta.child("name");
    if (name.present() && is_relevant_config_map(name.node()->text)) return add(object, snapshot_.configurations, decode_configuration(object, type.api_version, kind), type);
    add_unmodelled(object, type, false);
  }

  // ------------------------------------------------------------------------------------------------------------------- storing
  /// take(member) for each vector of decoded objects.
  template <typename Take>
  static void each_kind(const Take& take) {
    const auto all = [&](auto... members) { (take(members), ...); };
    all(&Snapshot::namespaces, &Snapshot::nodes, &Snapshot::service_accounts, &Snapshot::services, &Snapshot::endpoints, &Snapshot::pods, &Snapshot::workloads, &Snapshot::network_policies,
        &Snapshot::configurations);
  }

  /// Stores what a decoder made, unless it reported errors.
  template <typename Object>
  void add(const Field& object, std::vector<Object>& objects, Object decoded, TypeMeta type) {
    if (errors_.error_count() > errors_before_) return;
    const ObjectMeta& meta = decoded.meta;
    const auto [group, version] = split_api_version(home_of(type.kind) ? std::string_view{} : type.api_version);
    const std::string key = std::string(group) + "|" + std::string(type.kind) + "|" + meta.namespace_name + "|" + meta.name;
    const auto [at, fresh] = places_.emplace(key, objects.size());
    if (fresh) {
      objects.push_back(std::move(decoded));
      return;
    }
    Object& earlier = objects[at->second];
    object.note(std::string(type.kind) + " " + shown_name(meta) + " is given again and replaces the one at " + earlier.meta.origin.span.to_string());
    earlier = std::move(decoded);
  }

  static std::string key_of_unmodelled(TypeMeta type) { return std::string(type.api_version) + "|" + std::string(type.kind); }

  void join_unmodelled(UnmodelledKind& more) {
    const auto [at, fresh] = unmodelled_.emplace(key_of_unmodelled({more.api_version, more.kind}), snapshot_.unmodelled.size());
    if (fresh) {
      snapshot_.unmodelled.push_back(std::move(more));
      return;
    }
    UnmodelledKind& kind = snapshot_.unmodelled[at->second];
    kind.carries_policy |= more.carries_policy;
    kind.making_pods += more.making_pods;
    std::move(more.objects.begin(), more.objects.end(), std::back_inserter(kind.objects));
    std::move(more.names.begin(), more.names.end(), std::back_inserter(kind.names));
  }

  void add_unmodelled(const Field& object, TypeMeta type, bool policy) {
    auto& kinds = snapshot_.unmodelled;
    const auto [at, fresh] = unmodelled_.emplace(key_of_unmodelled(type), kinds.size());
    if (fresh) kinds.push_back({.api_version = std::string(type.api_version), .kind = std::string(type.kind), .carries_policy = policy, .objects = {}, .names = {}});
    kinds[at->second].carries_policy |= policy;
    // A PodTemplate and a ControllerRevision hold one, and make nothing of it.
    if (type.kind != "PodTemplate" && type.kind != "ControllerRevision" && holds_pod_template(*object.node())) ++kinds[at->second].making_pods;
    const auto* meta = object.node()->find("metadata");
    const auto text_of = [&](std::string_view key) { return meta && meta->find(key) ? std::string(meta->find(key)->text) : std::string(); };
    const std::string space = text_of("namespace");
    kinds[at->second].objects.push_back(object.origin());
    kinds[at->second].names.push_back((space.empty() ? "" : space + "/") + text_of("name"));
  }

  const LoadOptions& options_;
  base::Diagnostics& errors_;
  Snapshot snapshot_;
  std::set<const base::SourceFile*> files_;
  BuildFiles build_files_;
  std::map<std::string, size_t> generated_names_;
  std::unordered_map<std::string, size_t> places_;      // of an object in the vector of its kind
  std::unordered_map<std::string, size_t> unmodelled_;  // of a kind in `unmodelled`
  size_t errors_before_ = 0;  // before the object that is being decoded
};

/// Decodes in lots, on all processors: take(loader, i) for each, in any order. Each object is decoded by itself, and what there is to say of it
/// goes to the lot's `problems`. Nothing where a lot would have been read otherwise after the ones before.
std::optional<Snapshot> load_lots(std::vector<base::Diagnostics>& problems, const LoadOptions& options, const std::function<void(Loader&, size_t)>& take) {
  std::deque<Loader> loaders;
  for (auto& of_lot : problems) loaders.emplace_back(options, of_lot);
  base::in_parallel(loaders.size(), 0, [&](size_t i) { take(loaders[i], i); });
  loaders[0].reserve(loaders);
  for (size_t i = 1; i < loaders.size(); ++i)
    if (!loaders[0].join(loaders[i])) return std::nullopt;
  return loaders[0].finish();
}

/// Nothing where one thread does as well, or has to.
std::optional<Snapshot> load_in_lots(std::span<const manifest::Document> documents, const LoadOptions& options, base::Diagnostics& diagnostics, size_t lot) {
  if (documents.size() < 2 * lot) return std::nullopt;
  std::vector<base::Diagnostics> errors((documents.size() + lot - 1) / lot);
  auto snapshot = load_lots(errors, options, [&](Loader& loader, size_t i) { loader.take(documents.subspan(i * lot, std::min(lot, documents.size() - i * lot))); });
  if (!snapshot) return std::nullopt;
  for (const auto& of_lot : errors)
    for (const auto& error : of_lot.all()) diagnostics.add(error);
  return snapshot;
}

}  // namespace

std::optional<Snapshot> load_stretches(const manifest::Stretches& stretches, const LoadOptions& options) {
  if (stretches.count() == 0) return std::nullopt;
  std::vector<base::Diagnostics> problems(stretches.count());
  auto snapshot = load_lots(problems, options, [&](Loader& loader, size_t i) { loader.take(stretches.read(i, {}, problems[i])); });
  const bool any = std::any_of(problems.begin(), problems.end(), [](const auto& of_stretch) { return !of_stretch.all().empty(); });
  return any ? std::nullopt : std::move(snapshot);
}

Snapshot load_snapshot(const std::vector<manifest::Document>& documents, const LoadOptions& options, base::Diagnostics& diagnostics, size_t lot) {
  if (auto snapshot = load_in_lots(documents, options, diagnostics, lot)) return std::move(*snapshot);
  Loader loader(options, diagnostics);
  loader.take(documents);
  return loader.finish();
}

std::optional<PolicyName> name_of_policy(const manifest::Document& document, const LoadOptions& options) {
  const auto text_of = [](const manifest::Node* node, std::string_view key) {
    const auto* value = node ? node->find(key) : nullptr;
    return value && value->kind == manifest::NodeKind::string ? value->text : std::string_view{};
  };
  if (text_of(&document.root, "kind") != "NetworkPolicy" || text_of(&document.root, "apiVersion") != *home_of("NetworkPolicy")) return std::nullopt;
  const auto* meta = document.root.find("metadata");
  PolicyName found{text_of(meta, "namespace"), text_of(meta, "name")};
  if (found.name.empty()) return std::nullopt;
  if (found.namespace_name.empty()) found.namespace_name = options.default_namespace;
  return found;
}

}  // namespace npverify::resource
