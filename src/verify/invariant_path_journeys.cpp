// The journeys of a connection: cells of addresses that settings tell apart, the way traced through the places of each, and its verdict from those of
// its hooks.
#include "verify/invariant_paths.h"

namespace npverify::verify {

using logic::Role;
using path::Client;
using path::Kind;

namespace {

constexpr base::Port endpoint_port = 1, asked_port = 2;  // which of the two a header shows; not their numbers

}  // namespace

// Settings can tell addresses of clients and endpoints apart: kube-proxy's clusterCIDR, the ranges of the CNI, the list of ip-masq-agent,
// loadBalancerSourceRanges. A cell is where each of them answers alike.
std::vector<PathRun::Cell> PathRun::cells(const Way& way, const Spot& spot) {
  struct Cut {
    Role role;
    const std::vector<base::Prefix>* prefixes;
  };
  std::vector<Cut> cuts;
  if (spot.source >= 0) {
    const auto& here = places_->kinds()[kind_of(static_cast<size_t>(spot.source))].settings;
    if (!here.cluster_cidrs.empty() && way.kind != Kind::pod_ip) cuts.push_back({Role::source, &here.cluster_cidrs});
    if (!here.ranges.empty() && !spot.outside && here.cni != places_->kinds()[kind_of(spot.destination)].settings.cni) cuts.push_back({Role::destination, &here.ranges});
    if (here.masquerade_agent) cuts.push_back({Role::destination, &here.masquerade_agent->keeps});
  } else if (way.kind == Kind::load_balancer && !way.service->source_ranges.empty()) {
    cuts.push_back({Role::source, &way.service->source_ranges});
  }
  if (cuts.empty()) return {Cell{}};
  std::vector<Cell> out;
  for (const auto family : {base::Family::ipv4, base::Family::ipv6}) {
    struct Part {
      std::optional<base::AddressSet> client, endpoint;  // absent: not asked
    };
    std::vector<Part> parts(1);
    for (const Cut& cut : cuts) {
      base::AddressSet inside;
      for (const auto& prefix : *cut.prefixes) inside = inside.united(base::AddressSet::of(prefix));
      std::vector<Part> finer;
      for (const auto& side : {inside.only(family), base::AddressSet::all(family).minus(inside)})
        for (const Part& part : parts) {
          Part one = part;
          auto& set = cut.role == Role::source ? one.client : one.endpoint;
          set = set ? set->intersected(side) : side;
          if (!set->empty()) finer.push_back(std::move(one));
        }
      parts = std::move(finer);
    }
    for (const Part& part : parts) {
      Cell cell{.where = pool_.family_is(family), .text = base::to_string(family)};
      for (const auto& [role, set] : {std::pair{Role::source, &part.client}, std::pair{Role::destination, &part.endpoint}}) {
        if (!*set) continue;
        const base::Address first = (*set)->intervals()[0].first;
        (role == Role::source ? cell.client : cell.endpoint) = first;
        cell.where = pool_.both(cell.where, pool_.address_in(role, **set));
        cell.text += "|" + first.to_string();
      }
      out.push_back(std::move(cell));
    }
  }
  return out;
}

// Journeys depend on the settings at the three places, not on which nodes they are.
const std::vector<path::Journey>& PathRun::journeys(const Way& way, const Spot& spot, const Cell& cell) {
  const auto settings_class = [&](int node_class) { return node_class < 0 ? std::string("-") : std::to_string(places_->kinds()[kind_of(static_cast<size_t>(node_class))].settings_class); };
  const int relay = spot.relay_at == RelayAt::elsewhere ? spot.relay : -1;
  std::string key = std::to_string(static_cast<int>(way.kind)) + "|" + std::to_string(static_cast<int>(spot.client)) + "|" + settings_class(spot.source) + "|" + settings_class(static_cast<int>(spot.destination)) + "|" +
                    settings_class(relay) + "|" + std::to_string(static_cast<int>(spot.relay_at)) + (spot.one_node ? "=" : "") + (spot.outside ? "o" : "") + (way.entry_port == 0 ? "0" : "") + "|" + cell.text;
  if (way.service) {
    key += "|" + way.service->external_traffic_policy + "|" + way.service->internal_traffic_policy;
    for (const auto& prefix : way.service->source_ranges) key += "," + prefix.to_string();
  }
  const std::optional<base::Address> asked_address = address_of_asked(way, spot);
  if (asked_address && spot.source >= 0)
    if (const auto& agent = places_->kinds()[kind_of(static_cast<size_t>(spot.source))].settings.masquerade_agent) {
      const auto masqueraded = agent->masquerades(*asked_address);
      key += masqueraded ? *masqueraded ? "|masked" : "|kept" : "|open";
    }
  const auto [at, fresh] = journeys_.try_emplace(key);
  if (!fresh) return at->second;
  const std::string endpoint_node = spot.outside ? "" : spot.one_node ? at_client : at_endpoint;
  path::Request request{.kind = way.kind, .client = {spot.client, "the client", spot.source < 0 ? "" : at_client}, .endpoint = "the endpoint", .endpoint_node = endpoint_node, .port = endpoint_port,
                        .client_address = cell.client, .endpoint_address = cell.endpoint, .service = way.service, .entry_port = way.entry_port == 0 ? base::Port{0} : asked_port, .relay = {}, .asked_address = asked_address};
  if (spot.relay_at == RelayAt::client) request.relay = at_client;
  if (spot.relay_at == RelayAt::endpoint) request.relay = endpoint_node;
  if (spot.relay_at == RelayAt::elsewhere) request.relay = at_relay;
  at->second = path::trace(*context_.paths, request, [&](const std::string& place) -> const path::NodeSettings& { return places_->kinds()[kind_of(class_at(place, spot))].settings; });
  return at->second;
}

// The node that a client asks, as its address is seen.
std::optional<base::Address> PathRun::address_of_asked(const Way& way, const Spot& spot) const {
  if (spot.outside || (way.kind != Kind::node_port && way.kind != Kind::host_port)) return std::nullopt;
  if (way.asked) return way.asked;
  const size_t asked = spot.relay_at == RelayAt::elsewhere ? static_cast<size_t>(spot.relay) : spot.relay_at == RelayAt::client ? static_cast<size_t>(spot.source) : spot.destination;
  const auto& addresses = places_->classes()[asked].host.addresses;
  return addresses.empty() ? std::nullopt : std::optional(addresses[0]);
}

size_t PathRun::class_at(const std::string& place, const Spot& spot) const {
  if (place == at_relay) return static_cast<size_t>(spot.relay);
  return place == at_client && spot.source >= 0 ? static_cast<size_t>(spot.source) : spot.destination;
}

}  // namespace npverify::verify
