"""What the comparisons with the CNIs' own policy engines share: worlds, npverify's command line, engine drivers, manifests, shrinking."""
