; A rule may use earlier rules only.

; Itself.
(define-fun extra.a ((port Number)) Bool (extra.a port))

; One that comes later.
(define-fun extra.b ((port Number)) Bool (extra.c port))

; A plain one.
(define-fun extra.c ((port Number)) Bool (= flow.port port))
