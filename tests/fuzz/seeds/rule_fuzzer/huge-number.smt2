; A number that no machine word holds.
(define-fun ports.interval ((port Number) (end Number)) Bool (<= port flow.port 99999999999999999999999))
