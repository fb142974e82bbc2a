; No policy is refused on this ground.
(define-fun refused.never () Bool false)

; A policy that names SCTP is refused as a whole: it neither allows nor isolates.
(define-fun refused.sctp () Bool policy.uses-sctp)

; A policy is refused as a whole if a label key without a prefix is so long that the CNI's own prefix makes it invalid: 60 characters in a podSelector, 29 in a namespaceSelector.
(define-fun refused.long-keys () Bool (or (>= policy.longest-pod-key 60) (>= policy.longest-namespace-key 29)))

; A policy with an ipBlock among its ingress peers is refused as a whole.
(define-fun refused.ingress-ip-block () Bool policy.has-ingress-ip-block)
