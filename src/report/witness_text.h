#pragma once

#include <string>

#include "report/terminal.h"
#include "verify/result.h"

/// A witness in words: the small tables of a text report.
namespace npverify::report {

/// "app=web, tier=front", or "none".
std::string labels_text(const resource::Labels& labels);
/// "container", "sidecar" or "init".
const char* container_word(resource::ContainerKind kind);
/// "TCP 8443", and the other ports that show the same: "TCP 8000 (the same on 8001-8080)". ICMP has no port.
std::string port_text(const verify::Witness& witness);
/// "pay/payment -> acct/account TCP 8443": a flow on one line.
std::string flow_line(const verify::Witness& witness);

/// Who talks to whom: pod, labels, namespace labels, node and address of both ends, then the port.
Table flow_table(const verify::Witness& witness);
/// "nodePort acct/account:30443"
std::string way_name(const verify::WitnessPath& way);
/// One row a hook, with the header that it sees.
Table way_table(const Style& style, const verify::WitnessPath& way);
/// What each profile makes of it at each end, with the deciding rule.
Table verdict_table(const Style& style, const verify::Witness& witness, const std::string& left, const std::string& right);
/// The same with one profile.
Table verdict_table(const Style& style, const verify::Witness& witness, const std::string& profile);

}  // namespace npverify::report
