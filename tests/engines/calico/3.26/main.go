package main

import "npverify/engines/calico/common"

func main() { common.Main("calico@3.26.0") }
