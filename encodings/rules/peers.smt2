; An ipBlock matches by address alone: pods, nodes and outside alike.
(define-fun blocks.by-address ((in-block Bool) (zero-length Bool)) Bool in-block)

; An ipBlock matches only ends outside the cluster: pods and nodes have identities that no ipBlock selects.
(define-fun blocks.outside-only ((in-block Bool) (zero-length Bool)) Bool (and in-block (= peer.kind outside)))

; An ipBlock matches ends outside the cluster and nodes, never pods.
(define-fun blocks.outside-and-nodes ((in-block Bool) (zero-length Bool)) Bool (and in-block (distinct peer.kind pod)))

; An ipBlock matches ends outside the cluster, and nodes unless its prefix length is 0; never pods.
(define-fun blocks.outside-and-nodes-but-not-by-zero ((in-block Bool) (zero-length Bool)) Bool
  (and in-block (or (= peer.kind outside) (and (= peer.kind host) (not zero-length)))))

; An ipBlock matches ends outside the cluster and pods, never nodes.
(define-fun blocks.outside-and-pods ((in-block Bool) (zero-length Bool)) Bool (and in-block (distinct peer.kind host)))

; A block of one address family matches no flow of the other.
(define-fun blocks.own-family-only ((zero-length Bool) (has-except Bool)) Bool false)

; A block of prefix length 0 without excepts matches every end outside the cluster, of the other address family too.
(define-fun blocks.zero-leaks-without-except ((zero-length Bool) (has-except Bool)) Bool (and zero-length (not has-except) (= peer.kind outside)))

; In a cluster of one address family a block of prefix length 0 matches every end outside the cluster, even if it is of the other family.
(define-fun blocks.zero-leaks-in-single-stack ((zero-length Bool) (has-except Bool)) Bool (and zero-length (not cluster.dual-stack) (= peer.kind outside)))

; A block that its excepts cover whole matches nobody.
(define-fun blocks.covered-is-nobody ((has-ports Bool)) Bool false)

; A block that its excepts cover whole matches everybody, in a rule that lists ports; in one without ports nobody.
(define-fun blocks.covered-is-everybody-on-ports ((has-ports Bool)) Bool has-ports)

; Selectors match pods only.
(define-fun selectors.pods-only ((matches-unlabelled Bool) (by-name Bool)) Bool false)

; A peer whose namespaceSelector and podSelector only ask for labels to be absent or different matches nodes and the outside too, which have no labels.
(define-fun selectors.unlabelled-ends-too ((matches-unlabelled Bool) (by-name Bool)) Bool (and matches-unlabelled (distinct peer.kind pod)))

; A peer whose namespaceSelector and podSelector only ask for labels to be absent or different matches nodes other than the subject's own too, not the outside.
(define-fun selectors.unlabelled-other-nodes-too ((matches-unlabelled Bool) (by-name Bool)) Bool (and matches-unlabelled (= peer.kind host) (not same-node)))

; A peer whose namespaceSelector and podSelector only ask for labels to be absent or different matches nodes too, not the outside.
(define-fun selectors.unlabelled-nodes-too ((matches-unlabelled Bool) (by-name Bool)) Bool (and matches-unlabelled (= peer.kind host)))

; A peer whose namespaceSelector and podSelector only ask for labels to be absent or different matches every end, pods of the namespaces that it leaves out included; at egress to a port given by its name only the pods that it selects.
(define-fun selectors.unlabelled-is-everybody ((matches-unlabelled Bool) (by-name Bool)) Bool
  (and matches-unlabelled (or (= direction ingress) (not by-name))))
