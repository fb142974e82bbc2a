; Forms that are no define-fun, and rules without a sentence or twice.

(declare-const x Bool)

(define-fun extra.a () Bool true)

; A second definition.
(define-fun ports.interval ((port Number) (end Number)) Bool true)

; A quantifier: rules are closed and quantifier-free.
(define-fun extra.b () Bool (forall ((x Int)) true))
