#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "policy/stranger.h"
#include "verify/closed_worlds.h"
#include "verify/known_ends.h"
#include "verify/landings.h"
#include "verify/prove.h"
#include "verify/readers.h"
#include "verify/slices.h"

/// One invariant on its way to a verdict. Only prove*.cpp and invariant*.cpp include this.
namespace npverify::verify {

/// The policies of each snapshot by namespace.
using PolicyIndex = std::map<const resource::Snapshot*, SnapshotPolicies>;

/// What an answer depends on beside the invariant; shared, read-only.
struct ProofContext {
  const resource::Snapshot& snapshot;
  const InvariantSet& set;
  const Invariant& invariant;
  const std::vector<semantics::Profile>& profiles;  ///< of `equivalent`
  const std::vector<ReaderCase>& cases;             ///< in each of which the invariant must hold
  const ProveOptions& options;
  std::chrono::year_month_day as_of;
  const semantics::Profile* reference = nullptr;    ///< the API's own words, where encodings have them
  const Landings* landings = nullptr;               ///< where the pods of workloads can be, where nodes differ
  const matrix::Cluster* cluster = nullptr;         ///< whose pools `cases` are, where nodes read differently
  const PolicyIndex* policies = nullptr;            ///< of every snapshot that `cases` read
  Solvers* solvers = nullptr;                       ///< of the thread; null: the run's own
  const semantics::PathFacts* paths = nullptr;      ///< what a header becomes on its way
  const std::map<std::string, std::string>* meshes = nullptr;  ///< verify/mesh.h: by workload and pod
  ClosedWorlds* worlds = nullptr;                   ///< what classes of pods rule out; null: the solver is asked for everything
};

/// An answer, and what the run reports of it beside the result.
struct ProofAnswer {
  InvariantResult result;
  std::set<std::string> gaps, datapath, assumptions;
  std::set<std::string> meshed;  ///< workloads and pods of a mesh that can be an end
  size_t queries = 0, by_classes = 0;  ///< searches of the solver; searches that classes of pods made needless
};

ProofAnswer prove_invariant(const ProofContext& context);

/// Flows that an invariant speaks of.
struct Flows {
  logic::Expr from, to, ports;
  std::string from_text, to_text;        ///< as the author wrote them, for messages
  logic::Expr left_out = logic::False;   ///< flows that do not count
};

/// One invariant under one profile after another, in one pool.
class InvariantRun {
 public:
  explicit InvariantRun(const ProofContext& context);
  ~InvariantRun();
  ProofAnswer run();

 private:
  friend class PathRun;  // the same question on service paths
  using Direction = policy::Direction;
  /// A flow that breaks the invariant, or may: where `definite` is false, some profile is silent about it.
  struct Found {
    bool definite = false;
    smt::Assignment assignment;
    std::vector<logic::Expr> asserted, mentioned;  ///< the question, and its atoms
  };
  /// The verdict of one end as three exclusive formulas.
  struct End {
    logic::Expr allowed, denied, unknown;
  };
  /// How an end is read.
  struct Reader {
    const Readers* of = nullptr;
    bool stranger = false;      ///< it does not know the other end
    std::optional<bool> named;  ///< a port name of the cluster stands for nothing, or for whatever number the flow has
    std::optional<matrix::FaultMode> fault;  ///< the agent is down, and its node lets everything through or nothing
  };
  /// One case at work. Several readers at an end are those of which nobody says which is right: where they part, the end is unknown.
  struct Ends {
    const ReaderCase* of = nullptr;
    std::vector<Reader> egress, ingress;
    logic::Expr where = logic::True;  ///< the nodes of both ends
    const std::vector<Reader>& at(Direction d) const { return d == Direction::ingress ? ingress : egress; }
    const Reader& first(Direction d) const { return at(d).front(); }
  };

  // The domain (invariant_domain.cpp).
  Flows flows(const Peer& from, const Peer& to, const PortSpec& ports);
  void add_exceptions();
  bool expired(const Exception& exception) const;
  /// The paths that the invariant or its set lists; nothing where none does.
  std::optional<PathChoice> listed_paths() const;
  Placement placement() const;
  void keep_pods_where_they_are();
  void add_assumptions();
  std::vector<logic::Expr> domain_of(const Flows& flows) const;
  /// From here on every query is about flows of `all`: what is the same for all of them is put in.
  void narrow_to(const std::vector<Flows>& all);
  void note_meshes(logic::Expr from, logic::Expr to, const KnownEnds& known);
  /// `where`: the nodes of all cases.
  bool occupied(const std::vector<Flows>& all, logic::Expr where = logic::True);
  std::string why_vacuous(const std::vector<Flows>& all, logic::Expr where);
  bool satisfiable(std::vector<logic::Expr> asserted, const std::string& title);
  logic::Expr peer(const Peer& peer, logic::Role role);
  void note_caveats(const Peer& peer, const std::string& field, bool host_covered);
  bool covers_hosts(logic::Expr e, logic::Role role);
  bool may_be_host(logic::Expr e, logic::Role role);
  logic::Expr at_host(logic::Expr e, logic::Role role);
  void cap(const std::string& reason);

  // The bodies (invariant_bodies.cpp).
  void decide(const Forbid& body);
  void decide(const Require& body);
  void decide(const Isolate& body);
  void decide(const DefaultDeny& body);
  void decide(const Equivalent& body);
  void decide(const PathAgreement& body);
  void decide(const Capability& body);    // invariant_capability.cpp
  void decide(const ConflictFree& body);
  void decide(const Undecided&) {}
  using Search = std::function<std::optional<Found>(const Ends&)>;
  using Breaks = std::function<bool(const oracle::FlowVerdict&)>;
  /// In each case: searches, replays and tells. `breaks`: does a replayed flow break the invariant?
  void decide_each(const std::vector<Flows>& all, const Search& search, const Breaks& breaks);
  void tell_violated(const Found& found, const Ends& ends, const Breaks& breaks);
  /// The realised flow against the whole question, atom by atom, as the oracle understands them. Throws InternalError where it does not fit.
  void recheck(const Found& found, const Witness& witness) const;
  std::vector<oracle::FlowVerdict> replays(const Ends& ends, const Witness& witness);
  void name_readers(const Ends& ends, Witness& witness) const;
  /// Beside the rules that deny: those that would allow, were the axis answered as the reference answers it.
  void name_rules_without(const std::string& axis, const Ends& ends, const Witness& witness);
  void tell_gap(const Found& found, const Ends& ends);
  void tell_different(const Found& found, const Reader& left, const Reader& right, Direction direction);
  std::vector<std::string> axes_of(const Witness& witness, const semantics::Profile& profile, const semantics::Profile& donor, const Breaks& breaks);
  /// The same where each end has readings of its own, held to the reference; "identity_scope" where knowing the other end would do.
  std::vector<std::string> axes_of(const Witness& witness, const Ends& ends, const Breaks& breaks);
  /// No flow breaks the invariant for sure: proved, or unknown with every reason.
  void conclude();
  void finish();
  world::UniverseKind universe_kind() const;
  world::EndClasses end_classes() const;
  void add_fresh_pod();
  logic::Expr fresh_pod(logic::Role role, const std::vector<logic::Expr>& formulas);
  logic::Expr admitted_hosts(const Ends& ends);
  logic::Expr dropped_flows(const policy::Reading& reading);

  // The cases (invariant_cases.cpp).
  Ends ends_in(const ReaderCase& one, const std::vector<Flows>& all);
  /// Namespaces are read when their policies are looked at, so an answer costs what it looks at.
  const policy::Reading& reading(const Reader& reader, const std::vector<std::string>& namespaces);
  policy::Reading read(const Readers& readers, const std::vector<std::string>& namespaces);
  std::vector<Reader> readers_of(const Readers& readers, const Knowledge& knowledge) const;
  std::vector<Reader> readers_that_run(const Readers& readers, const Knowledge& knowledge) const;
  /// What would settle what the readers do; not empty where that is not known.
  static std::string fault_to_supply(const Readers& readers);
  const resource::Snapshot& policies_of(const Readers& readers) const { return readers.policies ? *readers.policies : context_.snapshot; }
  logic::Expr on_nodes(const Readers& readers, logic::Role role, const std::vector<Flows>& all);
  std::vector<std::string> representatives(const Readers& readers, const std::vector<Flows>& all) const;

  // The search (invariant_search.cpp).
  /// `other`: what the policies see at the other end: the flow's own end, or whatever a header shows, which is put in later.
  enum class Other : uint8_t { itself, header };
  End end_of(const policy::Reading& reading, Direction direction, const std::vector<std::string>& namespaces, Other other = Other::itself);
  End end_of(const Ends& ends, Direction direction, const std::vector<std::string>& namespaces, Other other = Other::itself);
  std::vector<Slice> slices(const Readers& readers, Direction direction, logic::Expr end);
  /// For policies that are not those of one snapshot.
  std::vector<Slice> slices(const PoliciesByNamespace& policies, Direction direction, logic::Expr end);
  logic::Expr in_slice(const Slice& slice, Direction direction, const std::vector<logic::Expr>& asserted) { return verify::in_slice(pool_, policy::subject_of(direction), slice, universe_, asserted); }
  /// What classes of pods leave open of the search at hand (invariant_classes.cpp).
  struct OpenFlows {
    reach::PossibleFlows flows;
    enum class Sample : uint8_t { none, piece, all } sample = Sample::none;  ///< what the solver is asked all the same
    uint64_t which = 0;                   ///< chooses the piece
    std::set<std::string> namespaces[2];  ///< by role: of the pods that can be that end
  };
  /// No flow of the search breaks the invariant: nothing is left to ask. Else what is left is in `open_flows_` until the search is over.
  bool ruled_out(const Ends& ends, const reach::PairQuestion& asked, const std::string& title, std::optional<logic::Role> nobody = std::nullopt);
  OpenFlows::Sample sample_of(const ClosedWorld& world, uint64_t fingerprint) const;
  /// Pieces without a pod that is left are no longer asked about; where none is left, but a sample is wanted, one piece is.
  void leave_out(std::vector<Slice>& pieces, Direction direction) const;
  /// As Question::ask, of the flows that are left.
  smt::Result ask(const std::vector<logic::Expr>& asserted, const std::string& title);
  /// The same for a flow that may break the invariant. Throws InternalError where the classes are sampled and the solver finds one that they rule out.
  smt::Result ask_for_flow(const std::vector<logic::Expr>& asserted, const std::string& title);
  std::optional<Found> find_allowed(const Ends& ends, const Flows& flows, std::optional<Direction> side);
  std::optional<Found> find_denied(const Ends& ends, const Flows& flows, std::optional<Direction> side);
  std::optional<Found> find_reaching_fresh(const Ends& ends, const Flows& group, Direction direction);
  std::optional<Found> find_different(const Reader& left, const Reader& right, const Flows& flows, Direction direction);
  /// `possible`: the flow may break the invariant; `definite`: it does.
  std::optional<Found> search(std::vector<logic::Expr> domain, logic::Expr possible, logic::Expr definite, const std::string& title);
  /// Keeps the better of two: a definite one ends a search.
  static bool keep(std::optional<Found>& best, std::optional<Found> found);
  Witness witness_of(const Found& found) const;
  Witness witness_of(const Found& found, const Ends& ends) const;

  const ProofContext& context_;
  logic::Pool pool_;
  std::unique_ptr<world::Universe> borrowed_;  ///< given back when the run is over
  world::Universe& universe_;
  bool keeps_universe_ = false;           ///< pods of it were changed or left out
  std::unique_ptr<Question> question_;
  std::unique_ptr<KnownEnds> known_;      ///< absent: nothing is known of the ends
  std::vector<logic::Expr> scope_;        ///< of every flow: assumptions, no exception
  logic::Expr excepted_ = logic::False;
  ProofAnswer answer_;
  std::map<std::string, std::unique_ptr<policy::Reading>> readings_;  ///< by reader and namespaces
  std::string fresh_namespace_;           ///< of the pod that nobody has heard of, in closed universes
  std::string gap_;                       ///< the first flow about which a profile is silent
  std::vector<std::string> caps_;         ///< why `proved` would say too much
  std::vector<std::string> said_of_hosts_;
  std::optional<OpenFlows> open_flows_;   ///< of the search at hand
  std::string open_;                      ///< the first query that the solver did not decide
};

}  // namespace npverify::verify
