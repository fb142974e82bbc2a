#pragma once

#include <string>
#include <vector>

#include "report/json_parts.h"
#include "resource/snapshot.h"
#include "verify/result.h"

/// A witness as manifests and a flow: what `npverify eval`, a policy engine or a cluster needs to see the same.
namespace npverify::report {

/// Namespaces, Nodes and Pods of the witness, addresses and statuses included, then the NetworkPolicies of its pods' namespaces.
/// `snapshot` holds those policies and what is known of the nodes.
std::vector<Json> witness_world(const verify::Witness& witness, const resource::Snapshot& snapshot);

/// The flow as `eval --flows` reads it, with its header.
std::string witness_flow(const verify::Witness& witness);

/// Writes DIR/<n>/world.yaml and DIR/<n>/flow.csv for each witness, n from 1. `old_snapshot`, if given (diff), adds world-old.yaml.
/// Throws InputError where the folder cannot be written.
void write_witnesses(const std::string& folder, const std::vector<const verify::Witness*>& witnesses, const resource::Snapshot& snapshot, const resource::Snapshot* old_snapshot = nullptr);

}  // namespace npverify::report
