; Words that no rule may use.

; The port is one that the destination names.
(define-fun extra.a ((port Number)) Bool (= flow.ports port))

; A rule that does not exist is applied.
(define-fun extra.b ((port Number)) Bool (ports.intervals port port))
