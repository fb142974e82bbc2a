// Invariants: what every one carries, and the bodies.
#include <algorithm>

#include "semantics/profile.h"
#include "verify/spec_reader.h"

namespace npverify::verify {

const char* name_of(const Body& body) {
  struct Names {
    const char* operator()(const Forbid&) const { return "forbid"; }
    const char* operator()(const Require&) const { return "require"; }
    const char* operator()(const Isolate&) const { return "isolate"; }
    const char* operator()(const DefaultDeny&) const { return "defaultDeny"; }
    const char* operator()(const Equivalent&) const { return "equivalent"; }
    const char* operator()(const PathAgreement&) const { return "pathAgreement"; }
    const char* operator()(const Capability&) const { return "capability"; }
    const char* operator()(const ConflictFree&) const { return "conflictFree"; }
    const char* operator()(const Undecided& body) const { return body.kind.c_str(); }
  };
  return std::visit(Names{}, body);
}

}  // namespace npverify::verify

namespace npverify::verify::reading {
namespace {

// Every body of the language, with the fields it may have beside those of `common`. The order is that of the reference.
struct BodyForm {
  std::string name;
  bool decided = false;
  std::vector<std::string> fields;
};
const std::vector<std::string> header_fields{"id", "title", "severity", "controls", "owner", "rationale", "except", "robust", "quantify"};
const std::vector<std::string> common{"universe", "profiles", "placement", "paths"};

const std::vector<BodyForm>& body_forms() {
  static const std::vector<BodyForm> all{
      {"forbid", true, {"from", "to", "ports", "exceptPorts", "side"}},
      {"require", true, {"from", "to", "ports", "exceptPorts", "side"}},
      {"isolate", true, {"group", "directions", "ports", "exceptPorts"}},
      {"defaultDeny", true, {"group", "directions"}},
      {"equivalent", true, {"scope", "sides", "peers", "identityKnown"}},
      {"onlyVia", false, {"from", "to", "via", "hops", "alsoReachable", "ports", "exceptPorts"}},
      {"noNewReachability", false, {"baseline", "scope", "ports", "exceptPorts"}},
      {"exposure", false, {"from", "allowedTargets"}},
      {"dnsEgress", false, {"group", "resolvers", "allow"}},
      {"pathAgreement", true, {"from", "to", "ports", "exceptPorts"}},
      {"capability", true, {"workloads", "requires"}},
      {"conflictFree", true, {"scope"}},
  };
  return all;
}

// About the policies at an end, whatever header comes to it. (capability and conflictFree say for themselves what they ask about.)
bool asks_about_hooks(const BodyForm& form) { return form.name == "defaultDeny" || form.name == "equivalent"; }

const BodyForm* body_form(const std::string& name) {
  const auto& all = body_forms();
  const auto it = std::find_if(all.begin(), all.end(), [&](const BodyForm& form) { return form.name == name; });
  return it == all.end() ? nullptr : &*it;
}

class InvariantReader {
 public:
  InvariantReader(Context& context, const YAML::Node& node, std::string field) : context_(context), yaml_(context.yaml), node_(node), field_(std::move(field)) {}

  Invariant read() {
    out_.span = yaml_.span(node_);
    std::vector<std::string> known = header_fields;
    for (const BodyForm& form : body_forms()) known.push_back(form.name);
    if (!yaml_.mapping(node_, field_, known)) return std::move(out_);
    out_.id = read_id(context_, node_, "id", field_);
    out_.title = yaml_.text(node_, "title", field_, false);
    out_.owner = yaml_.text(node_, "owner", field_, false);
    out_.rationale = yaml_.text(node_, "rationale", field_, false);
    out_.severity = read_word(context_, node_, "severity", field_, {"critical", "high", "medium", "low", "info"}, "medium");
    out_.controls = read_strings(context_, node_, "controls", field_);
    read_exceptions();
    read_widenings();
    read_body();
    return std::move(out_);
  }

 private:
  void unsupported(const std::string& what) { out_.unsupported.push_back("not supported yet: " + what); }

  void read_exceptions() {
    const YAML::Node list = node_["except"];
    if (!list.IsDefined()) return;
    const std::string path = join(field_, "except");
    if (!list.IsSequence()) return yaml_.error(list, path, "expected a list of exceptions, found " + semantics::found_at(list));
    for (size_t i = 0; i < list.size(); ++i) out_.except.push_back(read_exception(context_, list[i], at(path, i), false));
  }

  // robust and quantify change the question; without them the answer would be to another one.
  void read_widenings() {
    if (const YAML::Node robust = node_["robust"]; robust.IsDefined() && yaml_.mapping(robust, join(field_, "robust"), {"labelDrift", "cniFaults", "rollout"}))
      for (const auto& entry : robust) {
        if (entry.first.Scalar() == "cniFaults")
          read_faults(entry.second, join(field_, "robust.cniFaults"));
        else
          unsupported("robust." + entry.first.Scalar());
      }
    const YAML::Node quantify = node_["quantify"];
    if (!quantify.IsDefined() || !yaml_.mapping(quantify, join(field_, "quantify"), {"from", "to"})) return;
    for (const char* end : {"from", "to"})
      if (read_word(context_, quantify, end, join(field_, "quantify"), {"all", "some"}, "all") == "some") unsupported(std::string("quantify.") + end + ": some");
  }

  void read_faults(const YAML::Node& node, const std::string& field) {
    if (!yaml_.mapping(node, field, {"k", "modes"})) return;
    CniFaults faults;
    if (const YAML::Node k = node["k"]; k.IsDefined()) {
      const std::string text = k.IsScalar() ? k.Scalar() : "";
      const bool number = !text.empty() && text.size() < 6 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }) && text.find_first_not_of('0') != std::string::npos;
      if (!number) return yaml_.error(k, join(field, "k"), "expected how many nodes may be without an agent at one time, 1 or more, found " + semantics::found_at(k));
      faults.nodes = static_cast<unsigned>(std::stoul(text));
    }
    if (const YAML::Node modes = node["modes"]; modes.IsDefined() && !(modes.IsScalar() && modes.Scalar() == "fromMatrix")) {
      if (!modes.IsSequence() || modes.size() == 0) return yaml_.error(modes, join(field, "modes"), "expected fromMatrix or a list of keep_last, fail_open, fail_closed, found " + semantics::found_at(modes));
      for (size_t i = 0; i < modes.size(); ++i) {
        const auto mode = matrix::parse_fault_mode(modes[i].IsScalar() ? modes[i].Scalar() : "");
        if (!mode) return yaml_.error(modes[i], at(join(field, "modes"), i), "expected keep_last, fail_open or fail_closed, found " + semantics::found_at(modes[i]));
        faults.modes.push_back(*mode);
      }
    }
    out_.faults = std::move(faults);
  }

  void read_body() {
    const BodyForm* chosen = nullptr;
    bool misspelt = false;  // a field that mapping() has reported: likely the body
    for (const auto& entry : node_) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "";
      const BodyForm* form = body_form(key);
      misspelt = misspelt || (!form && std::find(header_fields.begin(), header_fields.end(), key) == header_fields.end());
      if (form && chosen) yaml_.error(entry.first, join(field_, form->name), "'" + form->name + "' cannot stand beside '" + chosen->name + "'; an invariant has one body");
      if (form && !chosen) chosen = form;
    }
    std::vector<std::string> names;
    for (const BodyForm& form : body_forms()) names.push_back(form.name);
    if (!chosen && misspelt) return;
    if (!chosen) return yaml_.error(node_, field_, "the invariant has no body; expected one of " + semantics::one_of(names));
    const YAML::Node body = node_[chosen->name];
    const std::string path = join(field_, chosen->name);
    std::vector<std::string> known = chosen->fields;
    known.insert(known.end(), common.begin(), common.end());
    if (!yaml_.mapping(body, path, known)) return;
    if (asks_about_hooks(*chosen) && body["paths"].IsDefined()) yaml_.error(body["paths"], join(path, "paths"), chosen->name + " asks about the policies at an end, whatever way leads to it; paths have no place in it");
    const bool about_flows = chosen->name != "equivalent" && chosen->name != "capability" && chosen->name != "conflictFree";
    if (out_.faults && !about_flows) unsupported("robust.cniFaults of " + chosen->name);
    if (!chosen->decided) return read_undecided(*chosen, body, path);
    if (chosen->name == "forbid") return set(read_reach<Forbid>(body, path), body, path);
    if (chosen->name == "require") return set(read_reach<Require>(body, path), body, path);
    if (chosen->name == "isolate") return set(read_isolate(body, path), body, path);
    if (chosen->name == "defaultDeny") return set(read_default_deny(body, path), body, path);
    if (chosen->name == "capability") return set(read_capability(context_, body, path), body, path);
    if (chosen->name == "conflictFree") return set(read_conflict_free(context_, body, path), body, path);
    if (chosen->name == "pathAgreement") return set(read_path_agreement(body, path), body, path);
    set(read_equivalent(body, path), body, path);
  }

  template <class T>
  void set(T body, const YAML::Node& node, const std::string& field) {
    if (node["profiles"].IsDefined()) body.profiles = read_profiles(context_, node, field);
    body.universe = read_universe(context_, node, field);
    body.placement = read_placement(context_, node, field);
    body.paths = read_paths(context_, node, field);
    out_.body = std::move(body);
  }

  template <class T>
  T read_reach(const YAML::Node& node, const std::string& field) {
    T body;
    body.from = need_peer(context_, node, "from", field);
    body.to = need_peer(context_, node, "to", field);
    body.ports = read_ports(context_, node, field);
    const std::string side = read_word(context_, node, "side", field, {"ingress", "egress"}, "");
    if (!side.empty()) body.side = side == "ingress" ? policy::Direction::ingress : policy::Direction::egress;
    return body;
  }

  std::pair<bool, bool> read_directions(const YAML::Node& node, const std::string& key, const std::string& field) {
    const auto words = read_words(context_, node, key, field, {"ingress", "egress"});
    const auto has = [&](const char* word) { return words.empty() || std::find(words.begin(), words.end(), word) != words.end(); };
    return {has("ingress"), has("egress")};
  }

  Isolate read_isolate(const YAML::Node& node, const std::string& field) {
    Isolate body;
    body.group = need_peer(context_, node, "group", field);
    body.ports = read_ports(context_, node, field);
    std::tie(body.into, body.out_of) = read_directions(node, "directions", field);
    return body;
  }

  DefaultDeny read_default_deny(const YAML::Node& node, const std::string& field) {
    DefaultDeny body;
    body.group = need_peer(context_, node, "group", field);
    std::tie(body.ingress, body.egress) = read_directions(node, "directions", field);
    return body;
  }

  Equivalent read_equivalent(const YAML::Node& node, const std::string& field) {
    Equivalent body;
    if (node["scope"].IsDefined()) body.scope = read_peer(context_, node["scope"], join(field, "scope"));
    std::tie(body.ingress, body.egress) = read_directions(node, "sides", field);
    body.identity_known = read_flag(context_, node, "identityKnown", field, false);
    const auto profiles = node["profiles"];
    if (!profiles.IsDefined() || !profiles.IsSequence() || profiles.size() != 2)
      yaml_.error(profiles.IsDefined() ? profiles : node, join(field, "profiles"), "expected a list of the two profiles to compare, such as [calico@3.28, cilium@1.16]");
    const auto peers = read_words(context_, node, "peers", field, {"pod", "host", "remoteNode", "external"});
    const auto has = [&](const char* word) { return peers.empty() || std::find(peers.begin(), peers.end(), word) != peers.end(); };
    body.peers = {has("pod"), has("host") || has("remoteNode"), has("external")};
    if (has("host") != has("remoteNode")) unsupported(join(field, "peers") + ": host and remoteNode apart");
    return body;
  }

  PathAgreement read_path_agreement(const YAML::Node& node, const std::string& field) {
    PathAgreement body;
    body.from = need_peer(context_, node, "from", field);
    body.to = need_peer(context_, node, "to", field);
    body.ports = read_ports(context_, node, field);
    return body;
  }

  // The peers are read, so that a mistake in them is found today; the rest of the body is for the day it is decided.
  void read_undecided(const BodyForm& form, const YAML::Node& node, const std::string& field) {
    for (const char* key : {"from", "to", "via", "group", "resolvers", "scope"})
      if (node[key].IsDefined() && std::find(form.fields.begin(), form.fields.end(), key) != form.fields.end()) read_peer(context_, node[key], join(field, key));
    read_ports(context_, node, field);
    unsupported(form.name);
    if (node["profiles"].IsDefined()) read_profiles(context_, node, field);
    read_universe(context_, node, field);
    read_placement(context_, node, field);
    read_paths(context_, node, field);
    out_.body = Undecided{form.name};
  }

  Context& context_;
  semantics::StrictYaml& yaml_;
  YAML::Node node_;
  std::string field_;
  Invariant out_;
};

}  // namespace

Invariant read_invariant(Context& context, const YAML::Node& node, const std::string& field) { return InvariantReader(context, node, field).read(); }

}  // namespace npverify::verify::reading
