#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "matrix/matrix.h"
#include "base/address.h"
#include "base/diagnostics.h"
#include "base/port.h"
#include "path/trace.h"
#include "policy/reading.h"
#include "resource/snapshot.h"
#include "world/universe.h"

/// The invariant language: npverify.io/v1alpha1 InvariantSet, PeerSet, ExceptionSet and Assumptions. docs/invariants.md is its reference.
namespace npverify::verify {

// -------------------------------------------------------------------------------------------------------------------------- peers
/// A selector as a spec writes it: `{any: true}`, or requirements that all must hold. `{}` is refused by the reader.
struct SpecSelector {
  bool any = false;
  resource::LabelSelector labels;
};

struct NamespaceSelector {
  bool any = false;
  std::vector<std::string> names;   ///< any of them; empty: not asked
  resource::LabelSelector labels;   ///< and all of these
  resource::Origin origin;
};

/// "shop/Deployment/web" (workloads) or "shop/web" (services, service accounts; `kind` is empty).
struct ObjectName {
  std::string namespace_name, kind, name;
  resource::Origin origin;
  std::string text() const { return namespace_name + "/" + (kind.empty() ? "" : kind + "/") + name; }
};

/// A set of ends of a flow. One of the alternatives; the fields of `pods` are all asked of the same pod.
struct Peer {
  enum class Kind : uint8_t { any, pods, addresses, nodes, reference, any_of, all_of, negation };
  Kind kind = Kind::any;
  resource::Origin origin;

  // pods
  std::optional<NamespaceSelector> namespaces;
  std::optional<SpecSelector> pods;
  std::vector<ObjectName> service_accounts, workloads, services;  ///< any of each list
  std::optional<bool> host_network;  ///< true: the host network of their nodes; false: pods with an address of their own; absent: see peer_domain.h
  // addresses
  bool external = false;                          ///< an address of no pod and no node
  std::vector<base::Prefix> cidrs, except_cidrs;  ///< no cidrs: every address
  // nodes
  std::optional<SpecSelector> nodes;
  // reference
  std::string ref;
  std::shared_ptr<const Peer> target;  ///< set by read_specs
  // any_of, all_of, negation
  std::vector<Peer> operands;
};

// -------------------------------------------------------------------------------------------------------------------------- ports
/// One entry of a list of ports.
struct PortEntry {
  bool all_protocols = false;                      ///< "*": every port of TCP, UDP and SCTP
  base::Protocol protocol = base::Protocol::tcp;
  base::PortSet numbers;                           ///< where `name` is empty
  std::string name;                                ///< "TCP/:http": the number that the destination pod gives to the name
  std::string text;                                ///< as written
};
struct PortSpec {
  std::vector<PortEntry> entries;  ///< empty: as "*"
  std::vector<PortEntry> except;
};

// ---------------------------------------------------------------------------------------------------------- exceptions, assumptions
struct Exception {
  std::string id, justification, ticket, approved_by;
  std::chrono::year_month_day expires;  ///< the last day on which it applies
  Peer from, to;
  PortSpec ports;
  std::optional<std::vector<path::Kind>> paths;  ///< the only ones it is for; absent: every path
  std::vector<std::string> invariants;  ///< ids it is for; "*": every one. Of an invariant's own `except`: that invariant's
  base::SourceSpan span;
  bool covers(path::Kind kind) const;
};

/// A fact about the cluster that npverify takes for granted: it narrows the universe.
struct Assumption {
  struct Implication {
    Peer when, then;  ///< every pod that matches `when` matches `then`
  };
  struct LabelDomain {
    std::string key;
    std::vector<std::string> values;       ///< where the label is present it has one of these
    bool on_pods = false, on_namespaces = false;
    bool required = false;                 ///< and it is present
  };
  std::variant<Implication, LabelDomain> fact;
  std::string text;  ///< for the report
  base::SourceSpan span;
};

// ---------------------------------------------------------------------------------------------------------------------- invariants
/// Which readings an invariant speaks of.
struct ProfileChoice {
  enum class Kind : uint8_t { run, listed, per_node } kind = Kind::run;  ///< run: those of the command line, or detected; per_node: each node's own
  std::vector<std::string> names;                              ///< "calico@3.28", each of which must satisfy the invariant
  base::SourceSpan span;
};

/// Which pairs of nodes count.
enum class Placement : uint8_t {
  any,
  observed,  ///< pods are on the nodes where the dump has them
  same_node,
  cross_node,
};

/// By which ways a flow may go. docs/paths.md.
struct PathChoice {
  std::vector<path::Kind> kinds;  ///< in the order in which they are written
  bool all = false;               ///< every one that there is: what a Service does not offer is then nothing to miss
  std::vector<std::string> mesh;  ///< "sidecar", "ambient": above what is modelled
};

/// What every body may say. Absent fields take the set's value, then the default of the body's kind.
struct BodyScope {
  std::optional<world::UniverseKind> universe;
  std::optional<ProfileChoice> profiles;
  std::optional<Placement> placement;
  std::optional<PathChoice> paths;  ///< absent in a set too: the pod's own address, without the header's way
};

struct Forbid : BodyScope {
  Peer from, to;
  PortSpec ports;
  std::optional<policy::Direction> side;  ///< only this hook; absent: both ends decide
};
struct Require : Forbid {};
struct Isolate : BodyScope {
  Peer group;
  PortSpec ports;
  bool into = true, out_of = true;  ///< directions: ingress, egress
};
struct DefaultDeny : BodyScope {
  Peer group;
  bool ingress = true, egress = true;
};
struct Equivalent : BodyScope {
  Peer scope;                          ///< of the policed end
  bool ingress = true, egress = true;  ///< sides
  world::EndClasses peers;
  bool identity_known = false;         ///< every node knows every peer's identity
};
/// For each placement of both ends, every path leads to the same verdict.
struct PathAgreement : BodyScope {
  Peer from, to;
  PortSpec ports;
};
/// Every node on which a pod of `workloads` can land has the features that are needed there.
struct Capability : BodyScope {
  Peer workloads;
  bool from_policies = false;         ///< those that the policies which select the pod need
  std::vector<std::string> features;  ///< and these
};
/// No two rules decide one flow differently where neither comes first.
struct ConflictFree : BodyScope {
  Peer scope;
};
/// A body that the language knows and npverify does not decide yet.
struct Undecided {
  std::string kind;
};
using Body = std::variant<Forbid, Require, Isolate, DefaultDeny, Equivalent, PathAgreement, Capability, ConflictFree, Undecided>;
const char* name_of(const Body& body);  ///< "forbid", ...

enum class OnOutcome : uint8_t { fail, warn, ok };

/// `robust.cniFaults`: the invariant must hold, too, while the agents of at most `nodes` nodes are down.
struct CniFaults {
  unsigned nodes = 1;                      ///< a flow is judged on two nodes at most: more than two are two
  std::vector<matrix::FaultMode> modes;    ///< what such a node does; it must hold for each. Empty: what the matrix says of its pool
};

struct Invariant {
  std::string id, title, severity = "medium", owner, rationale;
  std::vector<std::string> controls;
  Body body;
  std::vector<Exception> except;
  std::optional<CniFaults> faults;
  std::vector<std::string> unsupported;  ///< "not supported yet: forbid.placement: sameNode", ...; not empty: unknown
  base::SourceSpan span;
};

struct InvariantSet {
  std::string name;
  std::optional<world::UniverseKind> universe;
  std::optional<ProfileChoice> profiles;
  std::optional<Placement> placement;
  std::optional<PathChoice> paths;
  OnOutcome on_vacuous = OnOutcome::warn, on_unknown = OnOutcome::warn;
  std::vector<Assumption> assume;        ///< of the set, and of every Assumptions document of the run
  std::vector<Invariant> invariants;     ///< `except` holds those of ExceptionSets too
  base::SourceSpan span;
};

/// The files at `paths` (or below folders: *.yaml, *.yml, *.json), in the order in which they are read.
std::vector<std::shared_ptr<const base::SourceFile>> read_spec_files(const std::vector<std::string>& paths, base::Diagnostics& diagnostics);
/// Every InvariantSet of the files at `paths`, references and ExceptionSets of the same run resolved.
/// Every problem of every file goes to `diagnostics`; what is returned then is incomplete and must not be used.
std::vector<InvariantSet> read_specs(const std::vector<std::string>& paths, base::Diagnostics& diagnostics);
/// The same for texts in memory.
std::vector<InvariantSet> read_spec_texts(const std::vector<std::shared_ptr<const base::SourceFile>>& files, base::Diagnostics& diagnostics);

/// A peer as a spec writes it, on one line: "{namespaces: {names: [shop]}, pods: {matchLabels: {app: web}}}".
std::string to_string(const Peer& peer);

/// "2027-01-31". Nothing for what is no day of the calendar.
std::optional<std::chrono::year_month_day> parse_date(const std::string& text);
std::string to_string(const std::chrono::year_month_day& day);

}  // namespace npverify::verify
