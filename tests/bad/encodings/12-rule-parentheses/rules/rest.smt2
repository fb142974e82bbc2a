; A parenthesis that is never closed.

; The port.
(define-fun extra.a ((port Number)) Bool (= flow.port port)
