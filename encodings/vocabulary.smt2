; The words that a rule may use, one sentence each. "subject" is the pod whose policies are asked (the destination for ingress, the source
; for egress), "peer" is the other end. A test holds this list and the program's together.

; Sorts: Bool; Number (ports and counts); Protocol TCP UDP SCTP ICMP; Family IPv4 IPv6; Kind pod host outside; Direction ingress egress; Name (of a port).
; A pod has an address of its own; host is the host network of a node, host-network pods included; outside is an address of neither.

; The transport protocol of the flow; ICMP stands for an echo request of either family.
(declare-fun flow.protocol () Protocol)
; The destination port that arrives at the destination; 0 for ICMP.
(declare-fun flow.port () Number)
; The address family of the flow.
(declare-fun flow.family () Family)
; Whether the subject receives (ingress) or sends (egress) the connection.
(declare-fun direction () Direction)
; What the policed end is: always a pod.
(declare-fun subject.kind () Kind)
; What the other end is.
(declare-fun peer.kind () Kind)
; Both ends are on one node; false where the peer is outside.
(declare-fun same-node () Bool)
; The agent on the subject's node knows the identity behind the peer's address.
(declare-fun subject.knows-peer () Bool)

; The flow's port is one that a regular container of the end's pod gives to the name under the protocol.
(declare-fun subject.container-port (Name Protocol) Bool)
(declare-fun peer.container-port (Name Protocol) Bool)
(declare-fun destination.container-port (Name Protocol) Bool)
; The flow's port is one that a sidecar (an init container with restartPolicy Always) gives to the name under the protocol.
(declare-fun subject.sidecar-port (Name Protocol) Bool)
(declare-fun peer.sidecar-port (Name Protocol) Bool)
(declare-fun destination.sidecar-port (Name Protocol) Bool)
; The flow's port is one that an ordinary init container gives to the name under the protocol.
(declare-fun subject.init-port (Name Protocol) Bool)
(declare-fun peer.init-port (Name Protocol) Bool)
(declare-fun destination.init-port (Name Protocol) Bool)
; The flow's port is that of the last declaration of the name in the regular containers, and that declaration has the protocol.
(declare-fun subject.last-port (Name Protocol) Bool)
(declare-fun peer.last-port (Name Protocol) Bool)
(declare-fun destination.last-port (Name Protocol) Bool)
; The flow's port is the only number that last declarations of the name under the protocol have in the whole cluster.
(declare-fun cluster.port (Name Protocol) Bool)

; Facts known before solving.
; The cluster has IPv4 and IPv6.
(declare-fun cluster.dual-stack () Bool)
; Some port entry of the policy names SCTP.
(declare-fun policy.uses-sctp () Bool)
; Some ingress peer of the policy is an ipBlock.
(declare-fun policy.has-ingress-ip-block () Bool)
; The length of the longest label key without a prefix in the policy's podSelectors.
(declare-fun policy.longest-pod-key () Number)
; The length of the longest label key without a prefix in the policy's namespaceSelectors.
(declare-fun policy.longest-namespace-key () Number)
; The length of the longest prefix (before the slash) of a label key in the policy's podSelectors.
(declare-fun policy.longest-pod-key-prefix () Number)
; The length of the longest prefix (before the slash) of a label key in the policy's namespaceSelectors.
(declare-fun policy.longest-namespace-key-prefix () Number)
