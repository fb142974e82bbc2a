; Nothing of the kind is dropped before policy.
(define-fun drops.nothing () Bool false)

; Every SCTP packet of a pod is dropped before policy.
(define-fun drops.sctp () Bool (= flow.protocol SCTP))

; UDP to port 4789 (VXLAN) that a pod sends is dropped before policy.
(define-fun drops.vxlan-from-pods () Bool (and (= direction egress) (= flow.protocol UDP) (= flow.port 4789)))

; What a pod sends to its own node is dropped after its policies.
(define-fun drops.to-own-node () Bool (and (= direction egress) (= peer.kind host) same-node))

; A pod receives from its own node (and from host-network pods there) whatever policy says.
(define-fun admits.own-node ((isolated Bool)) Bool (and (= direction ingress) (= peer.kind host) same-node))

; A pod that some ingress rule selects receives from its own node whatever policy says; one that no rule selects does not.
(define-fun admits.own-node-where-isolated ((isolated Bool)) Bool (and (= direction ingress) (= peer.kind host) same-node isolated))

; A pod receives from every node whatever policy says.
(define-fun admits.every-node ((isolated Bool)) Bool (and (= direction ingress) (= peer.kind host)))

; Policy decides about a pod's own node as about any other end.
(define-fun admits.nothing ((isolated Bool)) Bool false)

; Everything is specified.
(define-fun unspecified.nothing () Bool false)

; What happens to protocols beyond TCP, UDP and SCTP is not specified once a policy isolates the pod.
(define-fun unspecified.icmp () Bool (= flow.protocol ICMP))

; Whether a pod may always send to its own node is not specified: the field's text grants one direction, the documentation both.
(define-fun unspecified.own-node () Bool (and (= direction egress) (= peer.kind host) same-node))

; As whom policy sees a node is not known, the own one included: a flow with one that no rule allows for everybody may be allowed.
(define-fun unspecified.nodes () Bool (= peer.kind host))
