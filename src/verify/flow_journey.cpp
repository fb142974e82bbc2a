// One journey, hop by hop. Where a hop denies, the layer is found by asking again with what the path or the reader's ignorance took away: if the
// policy allows the client as itself, it is not the policy that stops the connection.
#include "verify/flow_journey.h"

#include <algorithm>

#include "verify/path_places.h"

namespace npverify::verify {
namespace {

using oracle::EndVerdict;
using path::Header;
using path::Hook;
using policy::Direction;
using world::Endpoint;

std::string address_text(const Endpoint& end) { return end.addresses.empty() || end.name.starts_with("ip:") ? "" : " (" + end.addresses[0].to_string() + ")"; }

class Judge {
 public:
  Judge(const NodeReaders& readers, const Stage& stage, const Connection& connection, const path::Journey& journey)
      : readers_(readers), stage_(stage), connection_(connection), request_(connection.request) {
    result_.journey = journey;
  }

  JourneyVerdict run() {
    for (const auto& hop : result_.journey.hops) take(hop);
    if (result_.verdict == EndVerdict::deny) return std::move(result_);
    if (!result_.journey.dropped.empty()) {
      stop(EndVerdict::deny, Layer::path, result_.journey.dropped);
    } else if (!result_.journey.undefined.empty() && result_.verdict == EndVerdict::allow) {
      stop(EndVerdict::unknown, Layer::path, result_.journey.undefined);
    }
    return std::move(result_);
  }

 private:
  void stop(EndVerdict verdict, Layer layer, const std::string& reason) {
    result_.verdict = verdict;
    result_.layer = layer;
    result_.reason = reason;
  }

  // -------------------------------------------------------------------------------------------------------------- headers
  Endpoint in_family(Endpoint end) const {
    if (connection_.family) std::erase_if(end.addresses, [&](const auto& address) { return address.family != *connection_.family; });
    return end;
  }
  Endpoint client() const { return in_family(*readers_.find(connection_.client_end)); }
  Endpoint endpoint() const { return in_family(*readers_.find(connection_.endpoint_end)); }

  /// The end whose address the header's source is.
  Endpoint source_of(const Header& header) const {
    if (header.source == Header::Source::client) return client();
    Endpoint node = *readers_.find("node:" + header.source_node);
    if (header.source == Header::Source::tunnel) node.addresses = stage_.tunnel_addresses(header.source_node);
    return in_family(node);
  }

  /// The end that the header's destination is; nothing where its address is not known.
  std::optional<Endpoint> destination_of(const Header& header) const {
    if (header.destination == Header::Destination::endpoint) return endpoint();
    if (header.destination == Header::Destination::node) {
      Endpoint node = *readers_.find("node:" + header.destination_node);
      if (connection_.asked) node.addresses = {*connection_.asked};
      return in_family(node);
    }
    const auto& service = *request_.service;
    const auto& addresses = request_.kind == path::Kind::load_balancer ? service.load_balancer_ips : service.cluster_ips;
    if (std::none_of(addresses.begin(), addresses.end(), [&](const auto& address) { return address.family == connection_.family.value_or(address.family); })) return std::nullopt;
    return in_family({.kind = logic::EndpointKind::outside, .name = "service " + service.meta.namespace_name + "/" + service.meta.name, .addresses = addresses});
  }

  // ------------------------------------------------------------------------------------------------------------------ hops
  void take(const path::Hop& hop) {
    if (result_.verdict == EndVerdict::deny) return;
    HopVerdict verdict{.hop = hop, .source = {}, .destination = {}, .judgement = {}};
    const Endpoint source = source_of(hop.header);
    const auto destination = destination_of(hop.header);
    verdict.source = source.name + address_text(source);
    if (hop.header.source == Header::Source::tunnel) verdict.source = "tunnel of " + verdict.source;
    verdict.destination = (destination ? destination->name + address_text(*destination) : "the Service's address") + ":" + std::to_string(hop.header.port);
    if (hop.hook == Hook::source_egress) egress(verdict, destination);
    if (hop.hook == Hook::destination_ingress && connection_.endpoint_policed) ingress(verdict, source);
    result_.hops.push_back(std::move(verdict));
  }

  void egress(HopVerdict& verdict, const std::optional<Endpoint>& destination) {
    const Header& header = verdict.hop.header;
    if (!destination) {
      verdict.judgement = readers_.decide(Direction::egress, connection_.client_end, {.kind = logic::EndpointKind::outside, .name = "the Service"}, false, connection_.protocol, header.port, connection_.family);
      if (verdict.judgement.verdict == EndVerdict::unknown && verdict.judgement.to_supply.empty()) verdict.judgement.to_supply = "give the Service with its spec.clusterIP";
    } else if (header.destination == Header::Destination::node && header.port == 0) {
      verdict.judgement = {.verdict = EndVerdict::unknown, .reason = "the number of the NodePort is not in the manifests", .to_supply = "give the Service with its nodePort"};
    } else {
      verdict.judgement = readers_.decide(Direction::egress, connection_.client_end, *destination, false, connection_.protocol, header.port);
    }
    const auto as_itself = [&] { return readers_.decide_known(Direction::egress, connection_.client_end, endpoint(), connection_.protocol, request_.port); };
    const auto as_stranger = [&] { return readers_.decide(Direction::egress, connection_.client_end, endpoint(), false, connection_.protocol, request_.port); };
    conclude(verdict.judgement, Layer::source_policy, header.destination != Header::Destination::endpoint, as_itself, as_stranger);
  }

  void ingress(HopVerdict& verdict, const Endpoint& source) {
    const Header& header = verdict.hop.header;
    const Endpoint seen = header.source_is_world ? Endpoint{.kind = logic::EndpointKind::outside, .name = source.name} : source;
    const bool untold = header.source == Header::Source::tunnel && !header.source_is_world && seen.addresses.empty();
    verdict.judgement = readers_.decide(Direction::ingress, connection_.endpoint_end, seen, !header.source_identified, connection_.protocol, header.port, connection_.family, untold ? &stage_.pod_addresses() : nullptr);
    if (untold && verdict.judgement.verdict == EndVerdict::unknown && verdict.judgement.to_supply.empty()) verdict.judgement.to_supply = tunnel_to_supply(header.source_node);
    const auto as_itself = [&] { return readers_.decide_known(Direction::ingress, connection_.endpoint_end, client(), connection_.protocol, header.port); };
    const auto as_seen = [&] { return readers_.decide(Direction::ingress, connection_.endpoint_end, client(), false, connection_.protocol, header.port); };
    conclude(verdict.judgement, Layer::destination_policy, header.source != Header::Source::client, as_itself, as_seen);
  }

  /// `rewritten`: the header shows another address than the other end's own. `as_itself`: what policy says of the other end, known and under its own
  /// address; `as_seen`: under its own address, with what the reader knows.
  template <typename AsItself, typename AsSeen>
  void conclude(const EndJudgement& judgement, Layer policy, bool rewritten, AsItself as_itself, AsSeen as_seen) {
    if (judgement.verdict == EndVerdict::allow || judgement.verdict == EndVerdict::unpoliced) return;
    if (judgement.verdict == EndVerdict::unknown) {
      if (result_.verdict == EndVerdict::allow) stop(EndVerdict::unknown, judgement.knowledge ? Layer::identity : policy, judgement.reason);
      if (!judgement.to_supply.empty()) result_.to_supply.push_back(judgement.to_supply);
      return;
    }
    Layer layer = policy;
    std::string reason = judgement.reason;
    if (rewritten && as_seen().verdict == EndVerdict::allow) {
      layer = Layer::path;
      reason += policy == Layer::source_policy ? "; the policy allows the endpoint, and sees another destination" : "; the policy allows the client, and sees another address";
    } else if ((rewritten || judgement.stranger) && as_itself().verdict == EndVerdict::allow) {
      layer = Layer::identity;
      reason += "; the policy allows the other end, and its address says nothing to " + judgement.reader;
    }
    stop(EndVerdict::deny, layer, reason);
  }

  const NodeReaders& readers_;
  const Stage& stage_;
  const Connection& connection_;
  const path::Request& request_;
  JourneyVerdict result_{};
};

}  // namespace

JourneyVerdict judge(const NodeReaders& readers, const Stage& stage, const Connection& connection, const path::Journey& journey) { return Judge(readers, stage, connection, journey).run(); }

}  // namespace npverify::verify
