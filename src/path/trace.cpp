// One run of `Walk` follows a connection and asks for facts on the way. Where nothing tells a fact, the run takes an answer and notes the question;
// `trace` repeats the run until every combination of such answers has been taken. So each journey is consistent in itself.
#include "path/trace.h"

#include <algorithm>
#include <map>

namespace npverify::path {
namespace {

using semantics::PathEntry;
using semantics::PathFact;
using semantics::PathFacts;
using Source = Header::Source;
using Destination = Header::Destination;

/// The answers of one run to what is open: the same question gets the same answer, the last question's answer changes first.
class Choices {
 public:
  void begin() { position_ = 0; made_.clear(); }

  size_t choose(const std::string& key, size_t answers) {
    if (const auto made = made_.find(key); made != made_.end()) return made->second;
    if (position_ == script_.size()) script_.push_back({0, answers});
    return made_[key] = script_[position_++].answer;
  }

  /// The next combination; false after the last.
  bool next() {
    script_.resize(position_);
    while (!script_.empty() && script_.back().answer + 1 == script_.back().answers) script_.pop_back();
    if (script_.empty()) return false;
    ++script_.back().answer;
    return true;
  }

 private:
  struct Step {
    size_t answer, answers;
  };
  std::vector<Step> script_;
  size_t position_ = 0;
  std::map<std::string, size_t> made_;
};

bool lists(const std::vector<std::string>& words, const std::string& word) { return std::find(words.begin(), words.end(), word) != words.end(); }

class Walk {
 public:
  Walk(const PathFacts& facts, const Request& request, const SettingsOf& settings_of, Choices& choices) : facts_(facts), request_(request), settings_of_(settings_of), choices_(choices) {}

  Journey run() {
    switch (request_.kind) {
      case Kind::pod_ip: to_pod(); break;
      case Kind::cluster_ip: to_cluster_ip(); break;
      case Kind::node_port: to_node_port(); break;
      case Kind::load_balancer: to_load_balancer(); break;
      case Kind::host_port: to_host_port(); break;
    }
    return std::move(journey_);
  }

 private:
  // ---------------------------------------------------------------------------------------------------------------- facts
  /// Settings that belong to this connection and not to a node.
  std::optional<std::string> of_connection(const NodeSettings& node, const std::string& id) const {
    if (id == "destination-range" && !node.values.contains(id)) {
      if (request_.endpoint_node.empty() || settings_of_(request_.endpoint_node).cni == node.cni) return "own";
      if (node.ranges.empty() || !request_.endpoint_address) return std::nullopt;
      return inside(node.ranges, *request_.endpoint_address) ? "own" : "foreign";
    }
    if (id.starts_with("masq-agent") && !node.values.contains(id)) {
      const auto& destination = id == "masq-agent" ? request_.endpoint_address : request_.asked_address;
      if (!node.masquerade_agent) return "false";
      const auto answer = destination ? node.masquerade_agent->masquerades(*destination) : std::nullopt;
      return answer ? std::optional<std::string>(*answer ? "true" : "false") : std::nullopt;
    }
    if (id == "client-range" && !node.cluster_cidrs.empty() && request_.client_address) return inside(node.cluster_cidrs, *request_.client_address) ? "inside" : "outside";
    return std::nullopt;
  }

  static bool inside(const std::vector<base::Prefix>& prefixes, const base::Address& address) {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](const auto& prefix) { return prefix.contains(address); });
  }

  std::optional<std::string> known(const NodeSettings& settings, const std::string& id) const {
    if (id == "cni") return settings.cni;
    if (const auto value = of_connection(settings, id)) return value;
    if (id == "destination-range" && !settings.values.contains(id)) return std::nullopt;
    const auto found = settings.values.find(id);
    return found == settings.values.end() ? std::nullopt : std::optional(found->second.value);
  }

  std::string setting(const std::string& node, const NodeSettings& settings, const std::string& id) {
    if (const auto value = known(settings, id)) {
      if (const auto found = settings.values.find(id); found != settings.values.end() && found->second.value == *value) note_setting(id, found->second);
      if (id.starts_with("masq-agent") && settings.masquerade_agent && !settings.values.contains(id)) note_setting(id, {*value, settings.masquerade_agent->origin});
      return *value;
    }
    const auto* info = facts_.setting(id);
    const size_t answer = choices_.choose(id + "|" + settings.cni, info->values.size());
    add_open({id, node, info->question, info->values[answer], info->values, true});
    return info->values[answer];
  }

  void note_setting(const std::string& id, const SettingValue& value) {
    const auto same = [&](const auto& one) { return one.first == id && one.second.value == value.value && one.second.origin == value.origin; };
    if (std::none_of(journey_.settings.begin(), journey_.settings.end(), same)) journey_.settings.emplace_back(id, value);
  }

  void add_open(const OpenQuestion& question) {
    const auto same = [&](const OpenQuestion& one) { return one.id == question.id && one.answer == question.answer; };
    if (std::none_of(journey_.open.begin(), journey_.open.end(), same)) journey_.open.push_back(question);
  }

  /// Conditions that are known are looked at first, so that nothing is asked that decides nothing.
  bool holds(const PathEntry& entry, const std::string& node, const NodeSettings& settings) {
    for (const auto& [id, values] : entry.when)
      if (const auto value = known(settings, id); value && !lists(values, *value)) return false;
    return std::all_of(entry.when.begin(), entry.when.end(), [&](const auto& condition) { return condition.first == "cni" || lists(condition.second, setting(node, settings, condition.first)); });
  }

  /// The answer to a fact where `node` takes the step.
  std::string ask(const char* id, const std::string& node) {
    const PathFact& fact = facts_.fact(id);
    const NodeSettings& settings = settings_of_(node);
    for (const auto& entry : fact.entries)
      if (holds(entry, node, settings)) return note(fact, node, entry.answer, entry.evidence.empty() ? "" : entry.evidence[0].kind + ": " + entry.evidence[0].text);
    std::vector<std::string> answers;
    for (const auto& [word, sentence] : fact.answers) answers.push_back(word);
    const size_t answer = choices_.choose(fact.id + "|" + settings.cni, answers.size());
    add_open({fact.id, node, fact.question, answers[answer], answers, false});
    return note(fact, node, answers[answer], "");
  }

  std::string note(const PathFact& fact, const std::string& node, const std::string& answer, const std::string& ground) {
    const auto word = std::find_if(fact.answers.begin(), fact.answers.end(), [&](const auto& one) { return one.first == answer; });
    journey_.facts.push_back({fact.id, node, answer, word->second, ground});
    return answer;
  }

  // ----------------------------------------------------------------------------------------------------------------- hops
  bool from_pod() const { return request_.client.what == Client::What::pod; }
  bool from_outside() const { return request_.client.what == Client::What::external; }
  const std::string& here() const { return request_.client.node; }
  const std::string& there() const { return request_.endpoint_node; }
  bool one_node() const { return !from_outside() && here() == there(); }

  static Header header(Destination destination, base::Port port, const std::string& node = "") { return {.destination = destination, .destination_node = node, .port = port}; }

  void leave(Header seen, std::string sentence = "") {
    if (from_outside()) return;
    Hop hop{here(), Hook::source_egress, std::move(seen), {}};
    if (!sentence.empty()) hop.sentences.push_back(std::move(sentence));
    journey_.hops.push_back(std::move(hop));
  }

  void arrive(Header seen, std::string sentence = "") {
    seen.destination = Destination::endpoint;
    seen.destination_node.clear();
    seen.port = request_.port;
    Hop hop{there(), Hook::destination_ingress, std::move(seen), {}};
    if (!sentence.empty()) hop.sentences.push_back(std::move(sentence));
    journey_.hops.push_back(std::move(hop));
  }

  void relay(const std::string& node, Header leaving, std::string sentence) {
    leaving.port = request_.port;
    journey_.hops.push_back({node, Hook::relay, std::move(leaving), {std::move(sentence)}});
  }

  /// Masquerade by `node` of what goes on to the endpoint.
  Header masqueraded(const std::string& node) {
    if (node == there()) return taken_for(node, Source::node, "relay.own-identity");
    const bool tunnel = ask("relay.address", node) == "tunnel";
    return taken_for(node, tunnel ? Source::tunnel : Source::node, "relay.identity");
  }

  /// A node's address as the endpoint's agent sees it. What an agent of another CNI knows of that node is not a fact of the path.
  Header taken_for(const std::string& node, Source source, const char* fact) {
    const bool same_cni = settings_of_(node).cni == settings_of_(there()).cni;
    const std::string taken = same_cni ? ask(fact, there()) : "node";
    return {.source = source, .source_node = node, .source_identified = taken == "node", .source_is_world = taken == "world"};
  }

  Header client_kept() const { return {}; }

  /// What a pod's packet to a pod carries when it arrives.
  Header transit_to_pod() {
    if (!from_pod() || one_node() || ask("transit.pod", here()) == "client") return client_kept();
    return masqueraded(here());
  }

  // ---------------------------------------------------------------------------------------------------------------- paths
  void to_pod() {
    leave(header(Destination::endpoint, request_.port));
    arrive(transit_to_pod());
  }

  /// The client's own node has translated the Service's address.
  void translated_at_source(const char* source_fact) {
    if (!from_pod()) return arrive(from_outside() ? client_kept() : Header{.source = Source::node, .source_node = here()});
    const Header left = ask(source_fact, here()) == "client" ? transit_to_pod() : masqueraded(here());
    arrive(left);
  }

  void leave_for_service() {
    if (!from_pod()) return leave(header(Destination::endpoint, request_.port), "a node is no pod: policy does not apply here");
    const bool endpoint = ask("egress.service", here()) == "endpoint";
    leave(endpoint ? header(Destination::endpoint, request_.port) : header(Destination::service, request_.entry_port));
  }

  bool reaches_itself() {
    if (!from_pod() || request_.client.id != request_.endpoint) return false;
    journey_.undefined = "a pod that reaches itself through a Service: what policy says of that is up to the CNI, and not modelled";
    return true;
  }

  void to_cluster_ip() {
    if (from_outside()) {
      journey_.dropped = "a clusterIP is not reached from outside the cluster";
      return;
    }
    if (request_.service->internal_traffic_policy == "Local" && here() != there()) {
      journey_.dropped = "internalTrafficPolicy is Local, and the client's node has no endpoint";
      return;
    }
    if (reaches_itself()) return;
    leave_for_service();
    translated_at_source("service.source");
  }

  bool local_outside() const { return request_.service->external_traffic_policy == "Local"; }

  void to_node_port() {
    if (reaches_itself()) return;
    const std::string& entry = request_.relay;
    if (from_pod() && entry == here()) return own_node_port();
    if (from_pod()) {
      if (ask("node-port.remote", here()) == "at-source") {
        leave(header(Destination::endpoint, request_.port), "the NodePort is translated here");
        return arrive(transit_to_pod());
      }
      leave(header(Destination::node, request_.entry_port, entry));
    } else {
      leave(header(Destination::node, request_.entry_port, entry), "a node is no pod: policy does not apply here");
    }
    at_relay(entry_source());
  }

  /// The source with which the packet comes to the relay.
  Header entry_source() {
    if (from_outside()) return client_kept();
    if (!from_pod()) return {.source = Source::node, .source_node = here()};
    return ask("transit.node", here()) == "client" ? client_kept() : taken_for(here(), Source::node, "transit.identity");
  }

  void own_node_port() {
    const bool before = ask("node-port.own", here()) == "before-egress";
    const bool cluster = !local_outside() || here() == there() || ask("node-port.local-policy", here()) == "cluster";
    leave(before ? header(Destination::endpoint, request_.port) : header(Destination::node, request_.entry_port, here()));
    if (!cluster) {
      no_local_endpoint(here());
      return;
    }
    if (local_outside() && here() != there()) return arrive(transit_to_pod());
    at_relay(client_kept());
  }

  void no_local_endpoint(const std::string& node) { journey_.dropped = "externalTrafficPolicy is Local, and node " + node + " has no endpoint"; }

  void at_relay(Header arrived) {
    const std::string& node = request_.relay;
    if (local_outside()) {
      if (node != there()) return no_local_endpoint(node);
      relay(node, arrived, "NodePort to endpoint; externalTrafficPolicy Local keeps the source");
      return arrive(arrived);
    }
    const bool kept = ask(node == there() ? "node-port.source-local" : "node-port.source-remote", node) == "client";
    const Header left = kept ? arrived : masqueraded(node);
    relay(node, left, kept ? "NodePort to endpoint; the source is kept as policy sees it" : "NodePort to endpoint, and the source becomes an address of this node");
    arrive(left);
  }

  void to_load_balancer() {
    if (!request_.service->source_ranges.empty()) {
      if (!from_outside() || !request_.client_address) {
        journey_.undefined = "loadBalancerSourceRanges hold for this client too, and how is not modelled for clients in the cluster";
        return;
      }
      if (!inside(request_.service->source_ranges, *request_.client_address)) {
        journey_.dropped = "the client's address is in none of loadBalancerSourceRanges";
        return;
      }
    }
    if (from_outside()) return at_relay(client_kept());
    if (reaches_itself()) return;
    leave_for_service();
    if (!local_outside()) return translated_at_source("external-address.source");
    arrive(from_pod() ? transit_to_pod() : Header{.source = Source::node, .source_node = here()});
  }

  void to_host_port() {
    const bool own = from_pod() && one_node();
    const bool before = own && ask("node-port.own", here()) == "before-egress";
    leave(before ? header(Destination::endpoint, request_.port) : header(Destination::node, request_.entry_port, there()));
    Header arrived = own ? client_kept() : entry_source();
    if (ask("host-port.source", there()) == "node") arrived = {.source = Source::node, .source_node = there()};
    arrive(arrived, "hostPort to the pod's port");
  }

  const PathFacts& facts_;
  const Request& request_;
  const SettingsOf& settings_of_;
  Choices& choices_;
  Journey journey_;
};

}  // namespace

const char* to_string(Kind kind) {
  switch (kind) {
    case Kind::pod_ip: return "podIP";
    case Kind::cluster_ip: return "clusterIP";
    case Kind::node_port: return "nodePort";
    case Kind::load_balancer: return "loadBalancer";
    case Kind::host_port: return "hostPort";
  }
  return "";
}

std::optional<Kind> parse_kind(const std::string& text) {
  for (const auto kind : {Kind::pod_ip, Kind::cluster_ip, Kind::node_port, Kind::load_balancer, Kind::host_port})
    if (text == to_string(kind)) return kind;
  return std::nullopt;
}

ServiceFamilies families_of(Kind kind, const resource::Service& service, const std::vector<base::Family>& cluster) {
  if (kind != Kind::load_balancer || service.load_balancer_ips.empty()) return families_of(service, cluster);
  ServiceFamilies families;
  for (const auto& address : service.load_balancer_ips)
    if (std::find(families.has.begin(), families.has.end(), address.family) == families.has.end()) families.has.push_back(address.family);
  return families;
}

const char* to_string(Hook hook) {
  switch (hook) {
    case Hook::source_egress: return "egress";
    case Hook::relay: return "relay";
    case Hook::destination_ingress: return "ingress";
  }
  return "";
}

std::vector<Journey> trace(const PathFacts& facts, const Request& request, const SettingsOf& settings_of) {
  std::vector<Journey> journeys;
  Choices choices;
  do {
    choices.begin();
    journeys.push_back(Walk(facts, request, settings_of, choices).run());
    base::require(journeys.size() < 100000, "the answers to what is open are few");
  } while (choices.next());
  return journeys;
}

}  // namespace npverify::path
