; Sorts that do not fit.

; A number where a truth is wanted.
(define-fun extra.a ((port Number)) Bool port)

; A truth compared with a number.
(define-fun extra.b ((port Number) (flag Bool)) Bool (= flag port))

; Too few arguments, and a connective of numbers.
(define-fun extra.c ((port Number)) Bool (and (ports.interval port) port))

; An unknown sort.
(define-fun extra.d ((port Port)) Bool true)
