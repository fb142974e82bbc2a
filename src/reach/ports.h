#pragma once

#include "oracle/evaluate.h"

/// All pairs: the quotient of the same expressions that the solver and the oracle read.
namespace npverify::reach {

/// The destination ports for which `e` holds between two concrete ends under one protocol, exactly: every atom but those of the port
/// is a constant here, and those are sets. For ICMP only port 0 counts.
/// `isolated` stands for the flag of that name.
base::PortSet ports_where(const logic::Pool& pool, logic::Expr e, const world::Flow& ends, base::Protocol protocol, const oracle::Cluster& cluster, bool isolated = false);

}  // namespace npverify::reach
