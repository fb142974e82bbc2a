// Parts that several kinds share: profiles, universes, exceptions, assumptions.
#include <algorithm>

#include "semantics/profile.h"
#include "verify/spec_reader.h"

namespace npverify::verify::reading {
namespace {

void check_profile(Context& context, const YAML::Node& node, const std::string& name, const std::string& field) {
  try {
    semantics::parse_profile_request(name);
  } catch (const base::InputError&) {
    context.yaml.error(node, field, "'" + name + "' is no profile; expected NAME, NAME@VERSION or NAME@VERSION[option=value,...], such as calico@3.28");
  }
}

std::vector<std::string> read_profile_list(Context& context, const YAML::Node& map, const std::string& key, const std::string& field) {
  auto names = read_strings(context, map, key, field);
  for (size_t i = 0; i < names.size(); ++i) check_profile(context, map[key][i], names[i], at(join(field, key), i));
  return names;
}

void need_text(Context& context, const YAML::Node& map, const std::string& key, const std::string& field, const char* why) {
  if (!map[key].IsDefined()) return context.yaml.error(map, field, "the field '" + key + "' is missing; " + why);
  if (map[key].IsScalar() && map[key].Scalar().empty()) context.yaml.error(map[key], join(field, key), std::string("expected a text, found nothing; ") + why);
}

}  // namespace

std::optional<world::UniverseKind> read_universe(Context& context, const YAML::Node& map, const std::string& field) {
  const std::string word = read_word(context, map, "universe", field, {"observed", "declared", "possible"}, "");
  if (word == "observed") return world::UniverseKind::observed;
  if (word == "declared") return world::UniverseKind::declared;
  if (word == "possible") return world::UniverseKind::possible;
  return std::nullopt;
}

std::optional<ProfileChoice> read_profiles(Context& context, const YAML::Node& map, const std::string& field) {
  const YAML::Node node = map["profiles"];
  if (!node.IsDefined()) return std::nullopt;
  const std::string path = join(field, "profiles");
  ProfileChoice choice{.span = context.yaml.span(node)};
  if (node.IsScalar()) {
    const std::string word = read_word(context, map, "profiles", field, {"any", "perNode"}, "any");
    if (word == "perNode") choice.kind = ProfileChoice::Kind::per_node;
    return choice;
  }
  choice.kind = ProfileChoice::Kind::listed;
  if (node.IsSequence())
    choice.names = read_profile_list(context, map, "profiles", field);
  else if (context.yaml.mapping(node, path, {"all"}) && node["all"].IsDefined())
    choice.names = read_profile_list(context, node, "all", path);
  else if (node.size() == 0)
    context.yaml.error(node, path, "expected perNode, any, a list of profiles or {all: [...]}");
  return choice;
}

Exception read_exception(Context& context, const YAML::Node& node, const std::string& field, bool in_set) {
  Exception exception{.span = context.yaml.span(node)};
  std::vector<std::string> known{"id", "from", "to", "ports", "exceptPorts", "paths", "justification", "ticket", "approvedBy", "expires"};
  if (in_set) known.push_back("invariants");
  if (!context.yaml.mapping(node, field, known)) return exception;
  exception.id = read_id(context, node, "id", field);
  exception.from = need_peer(context, node, "from", field);
  exception.to = need_peer(context, node, "to", field);
  exception.ports = read_ports(context, node, field);
  if (const auto paths = read_paths(context, node, field); paths && !paths->all) exception.paths = paths->kinds;
  need_text(context, node, "justification", field, "an exception says why it exists");
  need_text(context, node, "approvedBy", field, "an exception says who approved it");
  need_text(context, node, "expires", field, "an exception ends on a day, such as 2027-01-31");
  exception.justification = context.yaml.text(node, "justification", field, false);
  exception.approved_by = context.yaml.text(node, "approvedBy", field, false);
  exception.ticket = context.yaml.text(node, "ticket", field, false);
  if (const std::string day = context.yaml.text(node, "expires", field, false); !day.empty()) {
    const auto date = parse_date(day);
    if (!date) context.yaml.error(node["expires"], join(field, "expires"), "'" + day + "' is no day; expected YEAR-MONTH-DAY, such as 2027-01-31");
    exception.expires = date.value_or(std::chrono::year_month_day{});
  }
  if (in_set) {
    if (!node["invariants"].IsDefined()) context.yaml.error(node, field, "the field 'invariants' is missing; expected the ids of the invariants it is for, or [\"*\"]");
    exception.invariants = read_strings(context, node, "invariants", field);
  }
  return exception;
}

namespace {

Assumption::LabelDomain read_label_domain(Context& context, const YAML::Node& node, const std::string& field) {
  Assumption::LabelDomain domain;
  if (!context.yaml.mapping(node, field, {"key", "values", "of", "required"})) return domain;
  for (const char* key : {"key", "values"})
    if (!node[key].IsDefined()) context.yaml.error(node, field, std::string("the field '") + key + "' is missing");
  if (node["key"].IsDefined()) domain.key = read_string(context, node["key"], join(field, "key"));
  domain.values = read_strings(context, node, "values", field);
  const auto of = read_words(context, node, "of", field, {"pods", "namespaces"});
  domain.on_pods = of.empty() || std::find(of.begin(), of.end(), "pods") != of.end();
  domain.on_namespaces = of.empty() || std::find(of.begin(), of.end(), "namespaces") != of.end();
  domain.required = read_flag(context, node, "required", field, false);
  return domain;
}

std::string text_of(const Assumption::LabelDomain& domain) {
  const std::string who = domain.on_pods && domain.on_namespaces ? "pods and namespaces" : domain.on_pods ? "pods" : "namespaces";
  return "the label " + domain.key + " of " + who + " is " + semantics::one_of(domain.values) + (domain.required ? ", and always present" : ", where present");
}

// A fact is about pods: what is taken for granted of an address or of a node is not a matter of labels.
void check_fact(Context& context, const Peer& peer, const YAML::Node& node) {
  const bool about_pods = peer.kind == Peer::Kind::any || peer.kind == Peer::Kind::pods || peer.kind == Peer::Kind::reference || !peer.operands.empty() || (peer.kind == Peer::Kind::addresses && !peer.external);
  if (!about_pods || peer.host_network.value_or(false)) context.yaml.error(node, peer.origin.field, "an assumption speaks of pods; nodes, external and hostNetwork: true have no place in it");
  for (const Peer& operand : peer.operands) check_fact(context, operand, node);
}

}  // namespace

Assumption read_assumption(Context& context, const YAML::Node& node, const std::string& field) {
  Assumption assumption{.fact = Assumption::LabelDomain{}, .span = context.yaml.span(node)};
  if (!context.yaml.mapping(node, field, {"when", "then", "labels", "because"})) return assumption;
  const std::string because = context.yaml.text(node, "because", field, false);
  if (node["labels"].IsDefined()) {
    for (const char* key : {"when", "then"})
      if (node[key].IsDefined()) context.yaml.error(node[key], join(field, key), std::string("'") + key + "' cannot stand beside 'labels'; write two assumptions");
    auto domain = read_label_domain(context, node["labels"], join(field, "labels"));
    assumption.text = text_of(domain);
    assumption.fact = std::move(domain);
  } else {
    Assumption::Implication fact{need_peer(context, node, "when", field), need_peer(context, node, "then", field)};
    if (node["when"].IsDefined()) check_fact(context, fact.when, node["when"]);
    if (node["then"].IsDefined()) check_fact(context, fact.then, node["then"]);
    assumption.text = "every pod in " + to_string(fact.when) + " is in " + to_string(fact.then);
    assumption.fact = std::move(fact);
  }
  if (!because.empty()) assumption.text += " (" + because + ")";
  return assumption;
}

}  // namespace npverify::verify::reading
