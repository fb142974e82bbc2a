; The destination port lies in the closed interval from port to end.
(define-fun ports.interval ((port Number) (end Number)) Bool (<= port flow.port end))

; Only the first port counts: endPort is not read.
(define-fun ports.first-only ((port Number) (end Number)) Bool (and (= flow.port port) (not policy.uses-sctp)))
