#pragma once

#include <optional>
#include <string>

#include "explain/explain.h"

namespace npverify::explain {

/// The part of a policy that a place's field names: "spec.ingress[0].from[1].ipBlock". What the field does not reach is nullptr.
struct Part {
  const resource::NetworkPolicy* policy = nullptr;
  const resource::NetworkPolicyRule* rule = nullptr;
  const resource::NetworkPolicyPeer* peer = nullptr;
  const resource::NetworkPolicyPort* port = nullptr;
  bool ingress = true;
};

/// Looks the place up by its object's name and its field. An unknown object gives an empty Part.
Part part_of(const verify::PolicyPlace& place, const resource::Snapshot& snapshot);

using Wanted = bool (*)(const Part&);

/// Every part that `wanted` asks for in the rule that the place names; where the place names no rule, in the whole policy.
std::vector<Part> parts_at(const verify::PolicyPlace& place, const resource::Snapshot& snapshot, Wanted wanted);

/// The one that decided at an end of the witness, else the first; nothing where there is none.
std::optional<Part> deciding(const std::vector<Part>& parts, const verify::Witness& witness);

/// Of all such parts of the finding's places, the deciding one.
std::optional<Part> find_part(const verify::Finding& finding, const Material& material, Wanted wanted);

/// Where the part stands: "spec.ingress[0].ports[1]", and its origin.
std::string field_of(const Part& part);
const resource::Origin& origin_of(const Part& part);

/// "pay/payment-egress".
std::string name_of(const resource::NetworkPolicy& policy);
/// The end of the finding's flow that the part's peer is about: the source for ingress rules.
const world::Endpoint& peer_end(const verify::Finding& finding, const Part& part);

}  // namespace npverify::explain
