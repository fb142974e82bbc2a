#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "report/writer.h"
#include "verify/list.h"

/// Who reaches whom, written while it is found: a list can be longer than memory. One writer a format, a file each.
namespace npverify::report {

/// What ends and ports are called in every format.
std::string end_name(const verify::ConnectionList& list, const reach::ListedEnd& end);  ///< "shop/Deployment/web", "nodes", "external"
/// "198.51.100.0/24", "10.0.0.1-10.0.0.9" or "203.0.113.7".
std::string range_text(const base::AddressSet::Interval& interval);
/// Whether these are all the addresses outside that the cluster's families have.
bool is_everything_outside(const verify::ConnectionList& list, const base::AddressSet& addresses);
/// "TCP 80,443; UDP 53", or "any" where it is every port of every protocol asked for.
std::string ports_text(const verify::ConnectionList& list, const reach::PortTable& ports);

void write_connections_csv(verify::ConnectionList& list, std::ostream& out);
void write_connections_json(verify::ConnectionList& list, const Run& run, std::ostream& out);
void write_connections_dot(verify::ConnectionList& list, std::ostream& out);
void write_connections_text(verify::ConnectionList& list, const Run& run, std::ostream& out);

/// The counts alone.
void write_counts_json(verify::ConnectionList& list, const Run& run, std::ostream& out);
void write_counts_csv(verify::ConnectionList& list, std::ostream& out);
void write_counts_text(verify::ConnectionList& list, const Run& run, std::ostream& out);

}  // namespace npverify::report
