#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oracle/evaluate.h"
#include "policy/reading.h"
#include "semantics/profile.h"
#include "world/endpoint.h"
#include "world/universe.h"

/// Questions to verdicts. A verdict is data; report turns it into text, JSON and the rest.
namespace npverify::verify {

enum class Verdict : uint8_t { proved, violated, unknown, vacuous };

/// A place in the user's policies that decides.
struct PolicyPlace {
  std::string kind = "NetworkPolicy", namespace_name, name;
  std::string file;
  uint32_t line = 0;
  std::string field;  ///< "spec.ingress[0].from[0].ipBlock"
  std::string role;   ///< why it is named: "allows on the left", "isolates", "refused on the right"
};

/// One hook on the way of a witness, with the header as it is there.
struct WitnessHop {
  std::string hook, node;           ///< "egress", "relay", "ingress"; node empty outside
  std::string source, destination;  ///< "pay/payment (10.0.1.5)", "node a1 (10.10.0.11)"; the destination with its port
  std::string verdict, reader, reason;
  std::string source_end, destination_end;  ///< the same as `eval` names them: "pay/payment", "node:a1", "ip:10.96.0.10"
  base::Port port = 0;
};

/// The way of a witness: by which path and Service it is asked for.
struct WitnessPath {
  std::string path, service, relay;  ///< relay: the node that received the packet, where one is asked
  base::Port entry_port = 0;         ///< that the client asks for; 0: not in the input
  std::vector<WitnessHop> hops;
};

/// A concrete flow that shows a finding, replayed by the oracle.
struct Witness {
  world::Endpoint source, destination;
  std::vector<world::Endpoint> bystanders;  ///< other pods that must exist (port names that the cluster resolves as a whole)
  base::Protocol protocol = base::Protocol::tcp;
  base::Port port = 0;
  base::PortSet ports;  ///< all destination ports that show the same
  base::Family family = base::Family::ipv4;
  bool same_node = false;
  oracle::FlowVerdict left, right;  ///< for prove: `left` alone
  /// Who judges an end, where nodes read differently: pool, and profile.
  struct Reader {
    std::string pool, profile;
  };
  Reader source_reader, destination_reader;
  bool source_knows_destination = true;  ///< false: the destination's port names do not count where the source's CNI resolves names of the cluster
  std::string path, relay;          ///< of a service path; empty for the pod's own address
  std::vector<WitnessPath> ways;    ///< of an invariant over paths: its way; of pathAgreement also the one that decides otherwise (`right`)
};

struct Cause {
  std::vector<std::string> axes;       ///< that, answered alike, make the verdicts agree
  std::vector<std::string> changed;  ///< of diff: policies and namespaces whose change, taken back, makes the verdicts agree
  std::vector<PolicyPlace> policies;
};

enum class Change : uint8_t { none, opened, closed };  ///< of diff

struct Finding {
  std::string id;        ///< stable: of the change and its cause; no pod names, no line numbers
  std::string severity;  ///< critical, high, medium, low
  std::string title;     ///< one sentence in the user's words
  Change change = Change::none;
  policy::Direction direction = policy::Direction::egress;  ///< with `namespace_name`: the slice in which it was found
  std::string namespace_name;                               ///< empty: of pods without policies
  Cause cause;
  Witness witness;
  std::vector<std::string> explanation;  ///< sentences: what each side does, and why
  std::string repair;                    ///< the edit that would make both agree; empty if none is known
  size_t policies_affected = 0;          ///< how many policies the same cause touches
  std::vector<PolicyPlace> more;         ///< some of them
};

/// What limits an answer: named, so that it is never silent.
struct Limits {
  std::vector<std::string> gaps;            ///< "axis ...: no evidence for cilium@1.21"
  std::vector<std::string> approximations;  ///< "assumed" evidence leaned on, address ranges assumed, ...
  std::vector<std::string> not_modelled;    ///< kinds that could carry policy, L7, ...
  std::vector<std::string> datapath;        ///< what a CNI does whatever policy says, left out of the comparison
  bool partial = false;                     ///< an unmodelled kind that can carry policy was loaded
};

struct SideInfo {
  semantics::Profile profile;
  std::vector<policy::Refused> refused;
};

/// Of equiv and diff.
struct ComparisonResult {
  Verdict verdict = Verdict::unknown;  ///< proved: equivalent / same; violated: different
  std::string reason;                  ///< of unknown and vacuous
  world::UniverseKind universe = world::UniverseKind::possible;
  SideInfo left, right;
  std::vector<Finding> findings;
  Limits limits;
  std::map<std::string, size_t> counts;  ///< policies, namespaces, slices, queries, findings, ...
  std::vector<std::string> assumptions;
};

/// Of capability: nodes where pods can land and cannot have what they need.
struct Shortfall {
  std::string workload, pool;
  std::vector<std::string> nodes;  ///< empty: the workload can land on none
  std::string feature;             ///< that these nodes lack
  std::optional<PolicyPlace> needed_by;  ///< absent: the invariant itself asks for it
};

/// Of one invariant.
struct InvariantResult {
  std::string id, title, severity;
  Verdict verdict = Verdict::unknown;
  std::string reason;
  std::string profile;  ///< of the witness
  std::optional<Witness> witness;
  std::vector<PolicyPlace> policies;        ///< that decide the witness
  std::vector<std::string> axes;            ///< that the verdict leans on, where a profile departs from the API's words
  std::vector<std::string> exceptions;      ///< "EXC-7 (expires 2027-01-01)": applied; expired ones say so
  std::vector<std::string> controls;
  std::vector<Shortfall> shortfalls;        ///< of capability
  std::vector<std::string> notes;           ///< what the verdict does not speak of: a path that a Service does not offer, ...
  bool fails = false;     ///< counts as violated: the set says onUnknown or onVacuous: fail
  bool accepted = false;  ///< counts as proved: vacuous, and the set says onVacuous: ok
  base::SourceSpan span;
};

struct ProveResult {
  std::vector<InvariantResult> results;
  std::vector<SideInfo> profiles;
  Limits limits;
  std::map<std::string, size_t> counts;
  std::vector<std::string> assumptions;
};

/// Exit code of a verdict by the contract: 0, 1 or 3.
int exit_code(const ComparisonResult& result);
/// The same for all invariants of a run. `fail_on`: violations below this severity count as unknown; empty: every violation fails.
int exit_code(const ProveResult& result, const std::string& fail_on = "");

}  // namespace npverify::verify
