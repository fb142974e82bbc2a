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
    {"ip-blocks.peers", block_topic, block_detail, block_repair},
    {"ip-blocks.other-family", say<"an ipBlock of prefix length 0 and the other address family">, nothing, family_repair},
    {"ip-blocks.empty", say<"an ipBlock that its excepts cover whole">, nothing, covered_repair},
    {"ports.range", say<"a port range (endPort)">, nothing, range_repair},
    {"ports.absent", say<"a protocol without a port">, nothing, port_absent_repair},
    {"ports.read", say<"a port of SCTP">, nothing, say<"Nothing in a NetworkPolicy makes both agree: put SCTP traffic under a rule without ports, or keep it off the nodes that do not read SCTP ports.">},
    {"ports.named-ingress", say<"a port given by its name">, named_port_detail, named_port_repair},
    {"ports.named-egress", say<"a port given by its name">, named_port_detail, named_port_repair},
    {"policy.types", say<"rules of a direction that policyTypes does not list">, nothing, types_repair},
    {"policy.sctp", say<"a policy that is refused because it names SCTP">, nothing, say<"Move the SCTP entries into a policy of their own: what else the policy says is then enforced.">},
    {"policy.key-length", say<"a policy that is refused because of a long label key">, nothing, say<"Select by a shorter label key: the CNI adds a prefix of its own and refuses what grows beyond 63 characters.">},
    {"policy.ingress-ip-block", say<"a policy that is refused because an ingress peer is an ipBlock">, nothing, say<"Unset cilium.policy-default-local-cluster, or replace the ipBlock by selectors.">},
    {"selectors.beyond-pods", say<"a negative selector that ends without labels satisfy">, nothing, beyond_pods_repair},
    {"labels.keys", say<"a label that selectors see differently">, labels_detail, say<"Select by a label that no CNI drops or fills in, for example one of your own such as app.">},
    {"enforcement.mode", say<"pods that no policy selects">, nothing, say<"Select every pod of the namespace by a default-deny policy, or set the CNI's enforcement mode back to its default.">},
    {"pods.ended", say<"a pod that has ended">, nothing, nothing},
    {"datapath.from-own-node", say<"traffic from the pod's own node">, nothing, nothing},
    {"datapath.to-own-node", say<"traffic to the pod's own node">, nothing, nothing},
    {"datapath.sctp", say<"SCTP, which the CNI's datapath drops">, nothing, say<"Enable SCTP in the CNI (cilium.enable-sctp=true).">},
    {"datapath.vxlan", say<"VXLAN packets sent by pods">, nothing, nothing},
}};

}  // namespace

const AxisWords* words_of(const std::string& axis) {
  for (const AxisWords& one : table)
    if (axis == one.axis) return &one;
  return nullptr;
}

}  // namespace npverify::explain
