; No policy is refused on this ground.
(define-fun refused.never () Bool false)

; A policy that names SCTP is refused as a whole: it neither allows nor isolates.
(define-fun refused.sctp () Bool policy.uses-sctp)

; A policy is refused as a whole if a label key is so long that the CNI's own prefix makes it invalid: in a podSelector 60 characters, or a prefix of 250; in a namespaceSelector 29, or a prefix of 219.
(define-fun refused.long-keys () Bool
  (or (>= policy.longest-pod-key 60) (>= policy.longest-namespace-key 29) (>= policy.longest-pod-key-prefix 250) (>= policy.longest-namespace-key-prefix 219)))

; A policy with an ipBlock among its ingress peers is refused as a whole.
(define-fun refused.ingress-ip-block () Bool policy.has-ingress-ip-block)
