; The destination port lies in the closed interval from port to endPort.
(define-fun ports.interval ((port Number) (end Number)) Bool (<= port flow.port end))

; Only the first port counts: endPort is not read.
(define-fun ports.first-only ((port Number) (end Number)) Bool (= flow.port port))

; An entry without a port admits every port of its protocol.
(define-fun ports.every-number () Bool true)

; An entry without a port admits nothing: the dataplane has no lookup for a protocol alone.
(define-fun ports.no-number () Bool false)

; Every entry of a ports list is read.
(define-fun ports.all-read ((protocol Protocol) (has-port Bool)) Bool true)

; SCTP ports are not parsed: an SCTP entry with a port matches nothing, one without a port matches.
(define-fun ports.sctp-unparsed ((protocol Protocol) (has-port Bool)) Bool (not (and (= protocol SCTP) has-port)))

; A port name stands for every number that the destination's regular containers and sidecars give to it under the protocol.
(define-fun named.containers-and-sidecars ((name Name) (protocol Protocol)) Bool
  (or (destination.container-port name protocol) (destination.sidecar-port name protocol)))

; A port name stands for every number that the destination's regular containers give to it under the protocol.
(define-fun named.containers ((name Name) (protocol Protocol)) Bool (destination.container-port name protocol))

; A port name stands for every number that any container of the destination, init containers of either sort included, gives to it under the protocol.
(define-fun named.every-container ((name Name) (protocol Protocol)) Bool
  (or (destination.container-port name protocol) (destination.sidecar-port name protocol) (destination.init-port name protocol)))

; A port name stands for one number: the last declaration of the name in the destination's regular containers, whatever its protocol; nothing where that protocol is another.
(define-fun named.last-declaration ((name Name) (protocol Protocol)) Bool (destination.last-port name protocol))

; A port name stands for one number in the whole cluster, also for destinations that do not declare it, and for nothing where two pods disagree.
(define-fun named.cluster-wide ((name Name) (protocol Protocol)) Bool (cluster.port name protocol))
