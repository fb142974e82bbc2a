// The table of axes. An entry is worth having where a person would ask "and what do I do now?"; anything else is told by the axis's own
// question and the two rules' sentences, which encodings/ holds.
#include "explain/axes.h"

#include <array>

namespace npverify::explain {
namespace {

using F = const verify::Finding&;
using M = const Material&;
std::string nothing(F, M) { return ""; }

template <size_t N>
struct Text {
  char value[N];
  consteval Text(const char (&text)[N]) {
    for (size_t i = 0; i < N; ++i) value[i] = text[i];
  }
};
/// A function that says `text` whatever the finding is.
template <Text text>
std::string say(F, M) { return text.value; }

constexpr std::array<AxisWords, 20> table{{
    {"ip-blocks.peers", block_topic, block_detail, is_block, block_repair},
    {"ip-blocks.other-family", say<"an ipBlock of prefix length 0 and the other address family">, nothing, is_block, family_repair},
    {"ip-blocks.empty", say<"an ipBlock that its excepts cover whole">, nothing, is_block, covered_repair},
    {"ports.range", say<"a port range (endPort)">, nothing, is_range, range_repair},
    {"ports.absent", say<"a protocol without a port">, nothing, is_portless, port_absent_repair},
    {"ports.read", say<"a port of SCTP">, nothing, is_sctp,
     say<"Nothing in a NetworkPolicy makes both agree: put SCTP traffic under a rule without ports, or keep it off the nodes that do not read SCTP ports.">},
    {"ports.named-ingress", say<"a port given by its name">, named_port_detail, is_named_port, named_port_repair},
    {"ports.named-egress", say<"a port given by its name">, named_port_detail, is_named_port, named_port_repair},
    {"policy.types", say<"rules of a direction that policyTypes does not list">, nothing, is_unlisted_rule, types_repair},
    {"policy.sctp", say<"a policy that is refused because it names SCTP">, nothing, is_sctp, say<"Move the SCTP entries into a policy of their own: what else the policy says is then enforced.">},
    {"policy.key-length", say<"a policy that is refused because of a long label key">, nothing, nullptr,
     say<"Select by a shorter label key: the CNI puts a prefix of its own before it and refuses what grows too long.">},
    {"policy.ingress-ip-block", say<"a policy that is refused because an ingress peer is an ipBlock">, nothing, is_block, say<"Unset cilium.policy-default-local-cluster, or replace the ipBlock by selectors.">},
    {"selectors.beyond-pods", say<"a negative selector that ends without labels satisfy">, nothing, is_negative_peer, beyond_pods_repair},
    {"labels.keys", say<"a label that selectors see differently">, labels_detail, nullptr, say<"Select by a label that no CNI drops or fills in, for example one of your own such as app.">},
    {"enforcement.mode", say<"pods that no policy selects">, nothing, nullptr, say<"Select every pod of the namespace by a default-deny policy, or set the CNI's enforcement mode back to its default.">},
    {"pods.ended", say<"a pod that has ended">, nothing, nullptr, nothing},
    {"datapath.from-own-node", say<"traffic from the pod's own node">, nothing, nullptr, nothing},
    {"datapath.to-own-node", say<"traffic to the pod's own node">, nothing, nullptr, nothing},
    {"datapath.sctp", say<"SCTP, which the CNI's datapath drops">, nothing, nullptr, say<"Enable SCTP in the CNI (cilium.enable-sctp=true).">},
    {"datapath.vxlan", say<"VXLAN packets sent by pods">, nothing, nullptr, nothing},
}};

}  // namespace

const AxisWords* words_of(const std::string& axis) {
  for (const AxisWords& one : table)
    if (axis == one.axis) return &one;
  return nullptr;
}

}  // namespace npverify::explain
