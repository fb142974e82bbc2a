// Ends to spots, spots to connections, connections to rows. Nodes that read alike, are set alike and whose addresses nothing tells apart are
// interchangeable: a connection between such nodes is judged once (`memo`), and counted as often as it stands for.
#include "verify/flow_explanation.h"

#include <algorithm>

#include "verify/flow_journey.h"
#include "verify/mesh.h"
#include "verify/open_questions.h"
#include "world/universe.h"

namespace npverify::verify {
namespace {

using oracle::EndVerdict;
using path::Kind;

std::string name_of(const resource::ObjectMeta& meta) { return meta.namespace_name + "/" + meta.name; }

/// "namespace/name" of "name" or "namespace/name" or "namespace/Kind/name"; the kind goes into `kind`.
std::string full_name(const std::string& text, const std::string& default_namespace, std::string& kind) {
  const size_t first = text.find('/'), last = text.rfind('/');
  if (first == std::string::npos) return default_namespace + "/" + text;
  if (first == last) return text;
  kind = text.substr(first + 1, last - first - 1);
  return text.substr(0, first) + text.substr(last);
}

/// One endpoint of one way to ask for it.
struct Target {
  Kind kind = Kind::pod_ip;
  const resource::Service* service = nullptr;
  size_t actor = 0;       ///< into `endpoints_`
  base::Port port = 0, entry_port = 0;
  path::HostPortPlace place = {};  ///< of host_port
  bool operator==(const Target& other) const { return kind == other.kind && service == other.service && actor == other.actor && port == other.port && entry_port == other.entry_port; }
};

/// What a connection came to, over all addresses and journeys.
struct Outcome {
  EndVerdict verdict = EndVerdict::allow;
  Layer layer = Layer::none;
  std::string reason;
  std::vector<std::string> to_supply;
  std::vector<JourneyVerdict> journeys;
  bool by_address = false, fails_by_address = false, works_by_address = false;  ///< of unknown: as in Share
};

/// What its addresses make of a connection.
struct AtAddresses {
  std::vector<JourneyVerdict> all;  ///< of the first pair of addresses, and of those that come to something else
  bool decide = false;              ///< different addresses come to different verdicts
  bool left_out = false;            ///< some were not tried
  bool fails = false, works = false;  ///< at some of them, on every journey

  void add(std::vector<JourneyVerdict> judged) {
    const auto on_every_journey = [&](EndVerdict verdict) { return std::all_of(judged.begin(), judged.end(), [&](const auto& one) { return one.verdict == verdict; }); };
    fails = fails || on_every_journey(EndVerdict::deny);
    works = works || on_every_journey(EndVerdict::allow);
    const bool as_before = judged.size() == all.size() && std::equal(judged.begin(), judged.end(), all.begin(), [](const auto& a, const auto& b) { return a.verdict == b.verdict; });
    if (!all.empty() && !as_before) decide = true;
    if (all.empty() || decide) all.insert(all.end(), std::make_move_iterator(judged.begin()), std::make_move_iterator(judged.end()));
  }
};

class Explainer {
 public:
  Explainer(const resource::Snapshot& snapshot, const semantics::PathFacts& facts, const semantics::Profile* profile, const matrix::Cluster* cluster, const FlowQuestion& question)
      : snapshot_(snapshot), facts_(facts), question_(question), stage_(snapshot, judging(snapshot, question), prefixes(snapshot, facts)), addresses_(world::plan_addresses(snapshot)), profile_(profile), cluster_(cluster) {}

  FlowExplanation run() {
    if (find_source() && find_targets()) {
      readers_ = cluster_ ? std::make_unique<NodeReaders>(stage_.world, *cluster_) : std::make_unique<NodeReaders>(stage_.world, *profile_);
      for (const auto& node : stage_.world.nodes) signature_of_node(node.meta.name);
      for (const auto& target : targets_) enumerate(target);
      count_asymmetries();
      conclude();
    }
    finish();
    return std::move(result_);
  }

 private:
  static std::vector<base::Prefix> prefixes(const resource::Snapshot& snapshot, const semantics::PathFacts& facts) {
    std::vector<base::Prefix> all;
    std::set<std::string> cnis;
    for (const auto& range : facts.ranges) cnis.insert(range.cni);
    for (const auto& cni : cnis) {
      const semantics::Profile any{.cni = cni, .version = {}, .options = {}, .axes = {}, .rules = {}};
      const auto settings = path::settings_of(facts, snapshot, any, {});
      all.insert(all.end(), settings.ranges.begin(), settings.ranges.end());
      all.insert(all.end(), settings.cluster_cidrs.begin(), settings.cluster_cidrs.end());
      if (settings.masquerade_agent) all.insert(all.end(), settings.masquerade_agent->keeps.begin(), settings.masquerade_agent->keeps.end());
    }
    return all;
  }

  /// The namespaces whose policies judge the connection; empty: any.
  static std::set<std::string> judging(const resource::Snapshot& snapshot, const FlowQuestion& question) {
    std::set<std::string> namespaces;
    for (const std::string& end : {question.source, question.destination}) {
      if (end.starts_with("node:")) continue;
      if (end.starts_with("ip:")) return {};  // it may be a pod's
      std::string kind;
      const bool service = end.starts_with("svc:");
      const std::string name = full_name(service ? end.substr(4) : end, question.default_namespace, kind);
      const auto object = std::find_if(snapshot.services.begin(), snapshot.services.end(), [&](const auto& one) { return service && name_of(one.meta) == name; });
      const bool by_hand = object != snapshot.services.end() && (!object->selector || object->selector->empty() || !snapshot.endpoints.empty());
      if (by_hand) return {};  // its endpoints may be anybody's
      namespaces.insert(name.substr(0, name.find('/')));
    }
    return namespaces;
  }

  // ----------------------------------------------------------------------------------------------------------------- ends
  bool missing(const std::string& what, const std::string& name, const std::vector<std::string>& known) {
    const auto near = base::nearest(name, known);
    return fail(EndVerdict::unknown, Layer::manifest, "no " + what + " '" + name + "' is in the manifests" + (near ? " (did you mean '" + *near + "'?)" : ""));
  }

  bool fail(EndVerdict verdict, Layer layer, const std::string& reason) {
    result_.verdict = verdict;
    result_.layer = layer;
    result_.reason = reason;
    return false;
  }

  /// The actor that `text` means; nothing after a failure that `result_` tells.
  std::optional<Actor> find_actor(const std::string& text, const std::vector<std::string>& only) {
    if (text.starts_with("ip:")) {
      const auto address = base::Address::parse(text.substr(3));
      if (!address) throw base::InputError("error: '" + text + "' names no address\n");
      return stage_.take_address(*address);
    }
    if (text.starts_with("node:")) return find_node(text.substr(5));
    std::string kind;
    const std::string name = full_name(text, question_.default_namespace, kind);
    std::vector<std::string> known;
    for (const auto& workload : snapshot_.workloads) {
      known.push_back(name_of(workload.meta));
      if (name_of(workload.meta) == name && (kind.empty() || kind == workload.kind)) return checked(stage_.take(workload, only));
    }
    for (const auto& pod : snapshot_.pods) {
      known.push_back(name_of(pod.meta));
      if (name_of(pod.meta) == name && (kind.empty() || kind == "Pod")) return checked(stage_.take(pod, only));
    }
    missing("workload or pod", name, known);
    return std::nullopt;
  }

  std::optional<Actor> find_node(const std::string& name) {
    std::vector<std::string> known;
    for (const auto& node : snapshot_.nodes) known.push_back(node.meta.name);
    if (std::find(known.begin(), known.end(), name) != known.end()) return stage_.take_node(name);
    missing("node", name, known);
    return std::nullopt;
  }

  std::optional<Actor> checked(Actor actor) {
    if (!actor.problem.empty()) {
      fail(EndVerdict::deny, Layer::placement, actor.problem);
      return std::nullopt;
    }
    return actor;
  }

  bool find_source() {
    if (question_.source.starts_with("svc:")) throw base::InputError("error: a Service sends nothing; name a workload, a pod, node:NAME or ip:ADDRESS as the source\n");
    auto actor = find_actor(question_.source, question_.source_nodes);
    if (actor) client_ = std::move(*actor);
    return actor.has_value();
  }

  // -------------------------------------------------------------------------------------------------------------- targets
  bool wanted(Kind kind) const { return question_.paths.empty() || std::find(question_.paths.begin(), question_.paths.end(), kind) != question_.paths.end(); }

  bool find_targets() {
    const bool found = question_.destination.starts_with("svc:") ? find_service(question_.destination.substr(4)) : find_endpoint();
    if (!found) return false;
    if (targets_.empty()) throw base::InputError("error: --path: none of the paths asked for leads to " + question_.destination + "\n");
    return true;
  }

  bool find_service(const std::string& text) {
    std::string kind;
    const std::string name = full_name(text, question_.default_namespace, kind);
    std::vector<std::string> known;
    for (const auto& service : snapshot_.services) {
      known.push_back(name_of(service.meta));
      if (name_of(service.meta) == name) return add_service(service);
    }
    return missing("Service", name, known);
  }

  const resource::ServicePort* port_of(const resource::Service& service) const {
    for (const auto& port : service.ports) {
      if (port.protocol != question_.protocol) continue;
      if (question_.port ? port.port == *question_.port : port.name == question_.port_name) return &port;
    }
    return nullptr;
  }

  bool add_service(const resource::Service& service) {
    const auto* port = port_of(service);
    if (!port && service.type != "ExternalName") {
      std::string all;
      for (const auto& one : service.ports) all += (all.empty() ? "" : ", ") + std::string(base::to_string(one.protocol)) + "/" + std::to_string(one.port) + (one.name.empty() ? "" : " (" + one.name + ")");
      return fail(EndVerdict::deny, Layer::endpoint, "Service " + name_of(service.meta) + " has no port " + port_text() + "; it has " + (all.empty() ? "none" : all));
    }
    const path::Resolution resolution = path::resolve(snapshot_, service, port ? *port : resource::ServicePort{}, addresses_.of_pods_alone());
    result_.problems = resolution.problems;
    result_.notes = resolution.notes;
    if (!resolution.to_supply.empty()) return fail(EndVerdict::unknown, Layer::endpoint, resolution.to_supply);
    if (resolution.backends.empty())
      return fail(service.type == "ExternalName" ? EndVerdict::unknown : EndVerdict::deny, Layer::endpoint, resolution.problems.empty() ? "the Service has no endpoint" : resolution.problems[0].sentence);
    for (const auto& backend : resolution.backends)
      if (!add_backend(service, *port, backend)) return false;
    return true;
  }

  std::string port_text() const { return std::string(base::to_string(question_.protocol)) + "/" + (question_.port ? std::to_string(*question_.port) : question_.port_name); }

  bool add_backend(const resource::Service& service, const resource::ServicePort& port, const path::Backend& backend) {
    Actor actor = backend.pod ? stage_.take(*backend.pod, question_.destination_nodes) : backend.workload ? stage_.take(*backend.workload, question_.destination_nodes) : stage_.take_address(*backend.address);
    if (actor.spots.empty()) {
      result_.problems.push_back({actor.problem, service.meta.origin});
      if (result_.reason.empty()) fail(EndVerdict::deny, Layer::placement, actor.problem);
      return true;
    }
    endpoints_.push_back(std::move(actor));
    const size_t index = endpoints_.size() - 1;
    if (wanted(Kind::pod_ip)) targets_.push_back({Kind::pod_ip, service.headless ? &service : nullptr, index, backend.port, backend.port});
    if (service.headless) return true;
    const bool inside = client_.spots[0].what != path::Client::What::external;
    if (wanted(Kind::cluster_ip) && (inside || !question_.paths.empty())) targets_.push_back({Kind::cluster_ip, &service, index, backend.port, port.port});
    if (path::has_node_port(service, port) && wanted(Kind::node_port)) targets_.push_back({Kind::node_port, &service, index, backend.port, port.node_port});
    if (service.type == "LoadBalancer" && wanted(Kind::load_balancer)) targets_.push_back({Kind::load_balancer, &service, index, backend.port, port.port});
    return true;
  }

  bool find_endpoint() {
    if (!question_.port) throw base::InputError("error: the port of a pod, node or address is a number; '" + question_.port_name + "' is none\n");
    auto actor = find_actor(question_.destination, question_.destination_nodes);
    if (!actor) return false;
    const base::Port port = *question_.port;
    const bool pod = actor->spots[0].what == path::Client::What::pod;
    endpoints_.push_back(std::move(*actor));
    if (wanted(Kind::pod_ip)) targets_.push_back({Kind::pod_ip, nullptr, 0, port, port});
    if (pod) add_ways_to(endpoints_[0], port);
    return targets_.empty() ? result_.reason.empty() : true;
  }

  /// Services and host ports that lead to the pod's port.
  void add_ways_to(const Actor& actor, base::Port port) {
    const auto pod = std::find_if(stage_.world.pods.begin(), stage_.world.pods.end(), [&](const auto& one) { return name_of(one.meta) == actor.spots[0].ends[0]; });
    for (const auto& one : pod->spec.ports)
      if (one.host_port != 0 && one.number == port && one.protocol == question_.protocol && wanted(Kind::host_port)) add_host_port(actor, one);
    for (const auto& service : snapshot_.services) {
      if (service.headless || service.meta.namespace_name != pod->meta.namespace_name || !path::selects(service, pod->meta.labels)) continue;
      for (const auto& one : service.ports) {
        if (one.protocol != question_.protocol || path::target_number(one, pod->spec) != port) continue;
        if (wanted(Kind::cluster_ip)) targets_.push_back({Kind::cluster_ip, &service, 0, port, one.port});
        if (path::has_node_port(service, one) && wanted(Kind::node_port)) targets_.push_back({Kind::node_port, &service, 0, port, one.node_port});
        if (service.type == "LoadBalancer" && wanted(Kind::load_balancer)) targets_.push_back({Kind::load_balancer, &service, 0, port, one.port});
      }
    }
  }

  /// With a hostIP it answers on the node that has that address, and on no other.
  void add_host_port(const Actor& actor, const resource::ContainerPort& port) {
    const path::HostPortPlace place = path::place_of(snapshot_, port);
    const auto there = [&](const Spot& spot) { return answers_at(place, spot.node); };
    if (std::any_of(actor.spots.begin(), actor.spots.end(), there)) {
      targets_.push_back({Kind::host_port, nullptr, 0, port.number, port.host_port, place});
      return;
    }
    const std::string problem = "hostPort " + std::to_string(port.host_port) + " of " + actor.id + " answers on " + port.host_ip + " alone (hostIP), an address of node " + place.nodes[0] + ", and it is not there";
    result_.problems.push_back({problem, {}});
    fail(EndVerdict::deny, Layer::path, problem);
  }

  static bool answers_at(const path::HostPortPlace& place, const std::string& node) { return place.nodes.empty() || std::find(place.nodes.begin(), place.nodes.end(), node) != place.nodes.end(); }

  // ----------------------------------------------------------------------------------------------------------- signatures
  const path::NodeSettings& settings_of(const std::string& node) {
    const auto* profile = readers_->profile_of(node);
    const std::string reader = profile ? readers_->reader_of(node) : "";
    const auto found = settings_.find(reader);
    if (found != settings_.end()) return found->second;
    if (!profile) return settings_[""] = path::NodeSettings{.cni = "", .values = {}, .ranges = {}, .cluster_cidrs = {}};
    return settings_[reader] = path::settings_of(facts_, stage_.world, *profile, question_.settings, readers_->flags_of(node));
  }

  const std::string& signature_of_node(const std::string& node) {
    std::string& signature = node_signatures_[node];
    if (!signature.empty()) return signature;
    const resource::Node* object = stage_.world.find_node(node);
    signature = (object ? readers_->reader_of(node) : "") + "|" + (object ? stage_.cell_of(object->internal_ips) : "") + "|" + stage_.cell_of(stage_.tunnel_addresses(node));
    return signature;
  }

  std::string signature_of(const Spot& spot) {
    std::string signature = signature_of_node(spot.node);
    for (const auto& end : spot.ends) signature += "|" + stage_.cell_of(readers_->find(end)->addresses);
    return signature;
  }

  // ---------------------------------------------------------------------------------------------------------- connections
  /// Nodes on which endpoints of the target's Service surely are; empty where its pods could be anywhere.
  std::set<std::string> endpoint_nodes(const Target& target) const {
    std::set<std::string> nodes;
    for (const auto& one : targets_) {
      if (one.kind != target.kind || one.service != target.service || one.entry_port != target.entry_port) continue;
      if (!endpoints_[one.actor].fixed) return {};
      for (const auto& spot : endpoints_[one.actor].spots) nodes.insert(spot.node);
    }
    return nodes;
  }

  void enumerate(const Target& target) {
    const auto fixed = endpoint_nodes(target);
    const bool relayed = target.kind == Kind::node_port || target.kind == Kind::load_balancer;
    for (const auto& client : client_.spots) {
      const bool by_relay = relayed && (target.kind == Kind::node_port || client.what == path::Client::What::external);
      for (const auto& endpoint : endpoints_[target.actor].spots) {
        if (!answers_at(target.place, endpoint.node)) continue;
        if (!by_relay) {
          if (!skipped(target, client.node, endpoint.node, fixed, target.kind == Kind::cluster_ip && target.service->internal_traffic_policy == "Local")) add(target, client, endpoint, "");
          continue;
        }
        for (const auto& node : stage_.world.nodes)
          if (!skipped(target, node.meta.name, endpoint.node, fixed, target.service->external_traffic_policy == "Local")) add(target, client, endpoint, node.meta.name);
      }
    }
  }

  /// Under a Local policy the node that is asked serves from its own endpoints: others are not combinations, and a node without any is one.
  bool skipped(const Target& target, const std::string& asked, const std::string& endpoint, const std::set<std::string>& fixed, bool local) const {
    if (!local || asked == endpoint || fixed.empty()) return false;
    if (fixed.contains(asked)) return true;
    const auto first = std::find_if(targets_.begin(), targets_.end(), [&](const auto& one) { return one.kind == target.kind && one.service == target.service && one.entry_port == target.entry_port; });
    return !(*first == target && endpoints_[target.actor].spots[0].node == endpoint);
  }

  void add(const Target& target, const Spot& client, const Spot& endpoint, const std::string& relay) {
    const std::string key = std::to_string(static_cast<int>(target.kind)) + "#" + (target.service ? name_of(target.service->meta) : "") + "#" + std::to_string(target.entry_port) + "#" +
                            std::to_string(target.actor) + "#" + signature_of(client) + "#" + signature_of(endpoint) + "#" + (relay.empty() ? "" : signature_of_node(relay)) + "#" +
                            place_text(target.place) + "#" + (client.node == endpoint.node ? "=" : "") + (relay == client.node ? "c" : "") + (relay == endpoint.node ? "e" : "") + (client.ends == endpoint.ends ? "self" : "");
    const auto families = families_of(target, client, endpoint);
    for (const auto& family : families) {
      auto [found, fresh] = memo_.try_emplace(key + (family ? base::to_string(*family) : ""));
      if (fresh) found->second = where_it_is_there(target, family, outcome_of(target, client, endpoint, relay, family));
      count(target, client, endpoint, relay, families.size() > 1 ? family : std::nullopt, found->second);
    }
  }

  static std::string place_text(const path::HostPortPlace& place) { return (place.address ? place.address->to_string() : "") + (place.family ? base::to_string(*place.family) : ""); }

  /// A connection has one family: each that both ends and the way to it have. One without a family where the ends have no addresses.
  std::vector<std::optional<base::Family>> families_of(const Target& target, const Spot& client, const Spot& endpoint) const {
    const auto has = [&](const Spot& spot, base::Family family) { return readers_->find(spot.ends[0])->address(family) != nullptr; };
    std::vector<std::optional<base::Family>> families;
    bool shared = false;
    for (const auto family : {base::Family::ipv4, base::Family::ipv6}) {
      if (!has(client, family) || !has(endpoint, family)) continue;
      shared = true;
      if (leads_in(target, family)) families.emplace_back(family);
    }
    if (!shared) families.emplace_back();
    return families;
  }

  /// Does the way to the target exist in that family, or may it?
  bool leads_in(const Target& target, base::Family family) const {
    if (target.place.family) return family == *target.place.family;
    const auto own = service_families(target);
    return !own || holds(own->has, family) || holds(own->may_have, family);
  }

  static bool holds(const std::vector<base::Family>& families, base::Family family) { return std::find(families.begin(), families.end(), family) != families.end(); }

  std::optional<path::ServiceFamilies> service_families(const Target& target) const {
    if (!target.service || target.kind == Kind::pod_ip) return std::nullopt;
    std::vector<base::Family> cluster;
    if (addresses_.families_told && addresses_.ipv4) cluster.push_back(base::Family::ipv4);
    if (addresses_.families_told && addresses_.ipv6) cluster.push_back(base::Family::ipv6);
    return path::families_of(target.kind, *target.service, cluster);
  }

  /// What a connection comes to, where nobody says whether its way is there.
  Outcome where_it_is_there(const Target& target, std::optional<base::Family> family, Outcome outcome) const {
    std::string supply = target.place.to_supply;
    const auto own = service_families(target);
    if (own && family && holds(own->may_have, *family)) supply = own->to_supply;
    if (supply.empty()) return outcome;
    outcome.verdict = EndVerdict::unknown;
    outcome.layer = Layer::endpoint;
    outcome.reason = "nobody says whether this way is there";
    outcome.by_address = outcome.fails_by_address = outcome.works_by_address = false;
    outcome.to_supply = {supply};
    return outcome;
  }

  Outcome outcome_of(const Target& target, const Spot& client, const Spot& endpoint, const std::string& relay, std::optional<base::Family> family) {
    AtAddresses found;
    found.left_out = !client.all_addresses || !endpoint.all_addresses;
    for (const auto& client_end : client.ends)
      for (const auto& endpoint_end : endpoint.ends) {
        // Two pods have not one address; where a kind of addresses is down to that one, no flow is of this kind at both ends.
        const auto shared = client_end == endpoint_end ? std::nullopt : shared_address(client_end, endpoint_end);
        if (!shared) found.add(judge_all(target, client, client_end, endpoint, endpoint_end, relay, family));
        found.left_out = found.left_out || (shared && !stage_.sole_of_its_kind(*shared));
      }
    if (found.all.empty()) {
      found.add(judge_all(target, client, client.ends[0], endpoint, endpoint.ends[0], relay, family));
      found.left_out = true;
    }
    return joined(std::move(found));
  }

  /// Of two pods with addresses of their own.
  std::optional<base::Address> shared_address(const std::string& one, const std::string& other) const {
    const world::Endpoint &a = *readers_->find(one), &b = *readers_->find(other);
    if (a.kind != logic::EndpointKind::pod || b.kind != logic::EndpointKind::pod) return std::nullopt;
    const auto found = std::find_first_of(a.addresses.begin(), a.addresses.end(), b.addresses.begin(), b.addresses.end());
    return found == a.addresses.end() ? std::nullopt : std::optional(*found);
  }

  std::vector<JourneyVerdict> judge_all(const Target& target, const Spot& client, const std::string& client_end, const Spot& endpoint, const std::string& endpoint_end, const std::string& relay, std::optional<base::Family> family) {
    const auto address_of = [&](const std::string& end) -> std::optional<base::Address> {
      const auto& addresses = readers_->find(end)->addresses;
      const auto found = std::find_if(addresses.begin(), addresses.end(), [&](const auto& address) { return !family || address.family == *family; });
      return found == addresses.end() ? std::nullopt : std::optional(*found);
    };
    Connection connection{.request = {.kind = target.kind, .client = {client.what, client_end, client.node}, .endpoint = endpoint_end, .endpoint_node = endpoint.node, .port = target.port,
                                      .client_address = address_of(client_end), .endpoint_address = address_of(endpoint_end), .service = target.service, .entry_port = target.entry_port, .relay = relay,
                                      .asked_address = address_of_node(relay.empty() ? endpoint.node : relay)},
                          .client_end = client_end, .endpoint_end = endpoint_end, .endpoint_policed = endpoint.what == path::Client::What::pod, .protocol = question_.protocol, .family = family, .asked = target.place.address};
    if (target.place.address) connection.request.asked_address = target.place.address;
    std::vector<JourneyVerdict> judged;
    for (const auto& journey : path::trace(facts_, connection.request, [&](const std::string& node) -> const path::NodeSettings& { return settings_of(node); })) {
      judged.push_back(judge(*readers_, stage_, connection, journey));
      judged.back().addresses = addresses_text(connection.request);
    }
    return judged;
  }

  static std::string addresses_text(const path::Request& request) {
    const auto text = [](const std::optional<base::Address>& address) { return address ? address->to_string() : "?"; };
    return text(request.client_address) + " to " + text(request.endpoint_address);
  }

  std::optional<base::Address> address_of_node(const std::string& node) const {
    const auto* end = readers_->find("node:" + node);
    return end && !end->addresses.empty() ? std::optional(end->addresses[0]) : std::nullopt;
  }

  static void add(std::vector<std::string>& list, const std::vector<std::string>& more) {
    for (const auto& text : more)
      if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
  }

  static Outcome joined(AtAddresses found) {
    std::vector<JourneyVerdict>& all = found.all;
    Outcome outcome{all[0].verdict, all[0].layer, all[0].reason, {}, {}};
    outcome.by_address = found.decide || found.left_out;
    outcome.fails_by_address = found.fails;
    outcome.works_by_address = found.works;
    if (!found.decide)
      for (auto& one : all) one.addresses.clear();
    for (const auto& one : all)
      if (one.verdict == EndVerdict::unknown) add(outcome.to_supply, one.to_supply);
    const bool agree = std::all_of(all.begin(), all.end(), [&](const auto& one) { return one.verdict == all[0].verdict; });
    if (agree && !found.left_out) {
      outcome.journeys.push_back(std::move(all[0]));
      return outcome;
    }
    outcome.verdict = EndVerdict::unknown;
    outcome.layer = Layer::path;
    if (found.decide || found.left_out) outcome.to_supply.push_back("the addresses that the pods have: name a Pod that has one (status.podIP)");
    for (const auto& question : deciding_questions(all)) outcome.to_supply.push_back(text_of(question));
    outcome.reason = found.decide ? "the verdict depends on which of the cluster's pod addresses the pods have" : found.left_out ? "more kinds of pod addresses are told apart than were tried" : "the verdict depends on what nothing here tells";
    for (auto& one : all)
      if (std::none_of(outcome.journeys.begin(), outcome.journeys.end(), [&](const auto& shown) { return shown.verdict == one.verdict; })) outcome.journeys.push_back(std::move(one));
    return outcome;
  }

  // -------------------------------------------------------------------------------------------------------------- counting
  std::string relation_of(const Spot& client, const Spot& endpoint, const std::string& relay) const {
    std::string relation = client.node.empty() || endpoint.node.empty() ? "outside" : client.node == endpoint.node ? "same node" : "other node";
    if (!relay.empty()) relation += relay == endpoint.node ? ", asked at the endpoint's node" : relay == client.node ? ", asked at the client's node" : ", asked at another node";
    return relation;
  }

  /// `family`: where the connection could have another too.
  void count(const Target& target, const Spot& client, const Spot& endpoint, const std::string& relay, std::optional<base::Family> family, const Outcome& outcome) {
    for (Share* share : {&result_.total, &result_.by_path[path::to_string(target.kind)]}) {
      ++share->all;
      share->failing += outcome.verdict == EndVerdict::deny;
      const bool unknown = outcome.verdict == EndVerdict::unknown;
      share->unknown += unknown;
      share->by_address += unknown && outcome.by_address;
      share->failing_by_address += unknown && outcome.fails_by_address;
      share->working_by_address += unknown && outcome.works_by_address;
    }
    if (outcome.verdict == EndVerdict::deny) ++result_.by_cause[std::string(to_string(outcome.layer)) + ": " + outcome.reason];
    if (relay.empty() || relay == endpoint.node) {  // of several ways between two nodes the worst counts
      const auto [at, fresh] = by_pair_.try_emplace({target.kind, client.node, endpoint.node}, outcome.verdict);
      if (outcome.verdict == EndVerdict::deny || (at->second == EndVerdict::allow && !fresh)) at->second = outcome.verdict;
    }
    const std::string relation = relation_of(client, endpoint, relay) + (family ? ", " + std::string(base::to_string(*family)) : "");
    const auto reader = [&](const std::string& node) { return node.empty() ? "" : readers_->reader_of(node); };
    const std::string key = std::string(path::to_string(target.kind)) + "#" + (target.service ? name_of(target.service->meta) : "") + "#" + std::to_string(target.entry_port) + "#" + relation + "#" +
                            reader(client.node) + "#" + reader(endpoint.node) + "#" + reader(relay) + "#" + std::to_string(static_cast<int>(outcome.verdict)) + "#" + to_string(outcome.layer) + "#" + outcome.reason;
    const auto [at, fresh] = rows_.try_emplace(key, result_.rows.size());
    if (fresh)
      result_.rows.push_back({.kind = target.kind, .service = target.service ? name_of(target.service->meta) : "", .client = client_.id, .client_node = client.node, .endpoint = endpoints_[target.actor].id,
                              .endpoint_node = endpoint.node, .relay = relay, .relation = relation, .entry_port = target.entry_port, .verdict = outcome.verdict, .layer = outcome.layer,
                              .reason = outcome.reason, .to_supply = outcome.to_supply, .journeys = outcome.journeys, .combinations = 0});
    ++result_.rows[at->second].combinations;
  }

  void count_asymmetries() {
    std::map<std::string, size_t> places;
    for (const auto& [key, verdict] : by_pair_) {
      const auto& [kind, from, to] = key;
      if (from.empty() || to.empty() || from == to || verdict != EndVerdict::allow) continue;
      const auto back = by_pair_.find({kind, to, from});
      if (back == by_pair_.end() || back->second != EndVerdict::deny) continue;
      const std::string readers = std::string(path::to_string(kind)) + signature_of_node(from) + ">" + signature_of_node(to);
      const auto [at, fresh] = places.try_emplace(readers, result_.asymmetries.size());
      if (fresh) result_.asymmetries.push_back({kind, from, to, 0});
      ++result_.asymmetries[at->second].pairs;
    }
  }

  void conclude() {
    const auto first_with = [&](EndVerdict verdict) { return std::find_if(result_.rows.begin(), result_.rows.end(), [&](const auto& row) { return row.verdict == verdict; }); };
    for (const auto verdict : {EndVerdict::deny, EndVerdict::unknown})
      if (const auto row = first_with(verdict); row != result_.rows.end()) {
        result_.verdict = verdict;
        result_.layer = row->layer;
        result_.reason = row->reason;
        for (const auto& other : result_.rows)
          if (other.verdict == verdict && other.layer < result_.layer) {
            result_.layer = other.layer;
            result_.reason = other.reason;
          }
        return;
      }
    if (result_.rows.empty()) {
      fail(EndVerdict::deny, Layer::path, "the two ends and the way between them have no address family in common");
      return;
    }
    result_.verdict = EndVerdict::allow;
    result_.layer = Layer::none;
    result_.reason.clear();
  }

  /// The client and the endpoints, each once.
  std::vector<const Actor*> actors() const {
    std::vector<const Actor*> all{&client_};
    for (const auto& one : endpoints_)
      if (std::none_of(all.begin(), all.end(), [&](const auto* other) { return other->id == one.id; })) all.push_back(&one);
    return all;
  }

  void finish() {
    for (const auto& row : result_.rows)
      for (const auto& journey : row.journeys)
        for (const auto& [id, value] : journey.journey.settings) {
          const std::pair<std::string, std::string> used{id + "=" + value.value, value.origin};
          if (std::find(result_.settings.begin(), result_.settings.end(), used) == result_.settings.end()) result_.settings.push_back(used);
        }
    result_.assumptions = stage_.assumptions;
    if (!result_.rows.empty()) result_.assumptions.push_back("resources are not counted when nodes are chosen, and nodes that are cordoned or not ready now are left out");
    if (result_.by_path.contains("loadBalancer")) result_.assumptions.push_back("the load balancer keeps the client's address");
    for (const auto* actor : actors())
      if (const std::string sign = mesh_of(snapshot_, actor->id); !sign.empty())
        result_.not_modelled.push_back(actor->id + " is in a mesh (" + sign + "): what its proxies do to a connection, and the ports that they use, are outside of this answer");
    for (const auto& kind : snapshot_.unmodelled)
      if (kind.carries_policy) result_.not_modelled.push_back(kind.kind + " (" + kind.api_version + "), " + std::to_string(kind.objects.size()) + (kind.objects.size() == 1 ? " object" : " objects") + ": L7, mesh or a CNI's own policy, outside of this answer");
  }

  const resource::Snapshot& snapshot_;
  const semantics::PathFacts& facts_;
  const FlowQuestion& question_;
  Stage stage_;
  const world::AddressPlan addresses_;
  const semantics::Profile* profile_;
  const matrix::Cluster* cluster_;
  std::unique_ptr<NodeReaders> readers_;
  Actor client_;
  std::vector<Actor> endpoints_;
  std::vector<Target> targets_;
  std::map<std::string, path::NodeSettings> settings_;
  std::map<std::string, std::string> node_signatures_;
  std::map<std::string, Outcome> memo_;
  std::map<std::string, size_t> rows_;
  std::map<std::tuple<Kind, std::string, std::string>, EndVerdict> by_pair_;
  FlowExplanation result_{};
};

}  // namespace

const char* to_string(Layer layer) {
  switch (layer) {
    case Layer::none: return "none";
    case Layer::manifest: return "manifest missing";
    case Layer::placement: return "placement impossible";
    case Layer::endpoint: return "service without endpoint";
    case Layer::path: return "path rewriting";
    case Layer::source_policy: return "policy at source";
    case Layer::identity: return "unknown identity";
    case Layer::destination_policy: return "policy at destination";
  }
  return "";
}

FlowExplanation explain_flow(const resource::Snapshot& snapshot, const semantics::PathFacts& facts, const semantics::Profile* profile, const matrix::Cluster* cluster, const FlowQuestion& question) {
  base::require((profile != nullptr) != (cluster != nullptr), "one profile, or pools");
  return Explainer(snapshot, facts, profile, cluster, question).run();
}

}  // namespace npverify::verify
