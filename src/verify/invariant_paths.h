#pragma once

#include <array>

#include "verify/flow_explanation.h"
#include "verify/invariant_run.h"
#include "verify/path_places.h"
#include "verify/path_ways.h"

/// An invariant over service paths: for every placement of both ends, every node that can be asked, and every answer to what nobody tells of the
/// way. Only invariant_path*.cpp include this.
///
/// A journey (path/trace.h) is a sequence of hooks, each with the header that it sees. Where the header shows an end as it is, the hook's formula is
/// that of the plain flow; where it shows a node's or a Service's address, that address is put into the formula. A connection is allowed where
/// every hook allows it; it is so for certain where that holds under every answer to what is open. All placements of all paths are one question.
namespace npverify::verify {

/// The places of a connection, in journeys that many placements share.
inline constexpr const char *at_client = "client", *at_endpoint = "endpoint", *at_relay = "relay";

class PathRun {
 public:
  PathRun(InvariantRun& run, PathChoice choice);

  /// forbid and isolate: no flow of `all` is allowed. `peers`: of the destination, as the author wrote it, one each.
  void forbid(std::vector<Flows> all, const std::vector<const Peer*>& to, std::optional<policy::Direction> side, bool spare_admitted_hosts);
  void require(const Flows& asked, const Peer& to, std::optional<policy::Direction> side);
  void agree(const Flows& asked, const Peer& to);

 private:
  using Expr = logic::Expr;
  using Direction = policy::Direction;
  using Role = logic::Role;
  enum class Question : uint8_t { allowed, denied, disagreement };

  /// The verdict of one journey.
  struct Route {
    Expr allowed, denied;
    const path::Journey* journey = nullptr;
  };
  /// Where the node that is asked stands.
  enum class RelayAt : uint8_t { none, client, endpoint, elsewhere };
  /// One way on like placements.
  struct Variant {
    const Way* way = nullptr;              ///< the first of `alike`
    std::vector<const Way*> alike;         ///< ways that no hook tells apart; each leads to ends of its own
    Expr leads_to = logic::True;           ///< some of `alike` does
    Expr surely = logic::True;             ///< some of `alike` does, and is there without a doubt
    size_t flows = 0;                      ///< into all_
    const ReaderCase* of = nullptr;
    path::Client::What client = path::Client::What::pod;
    size_t destination_kind = 0;
    RelayAt relay_at = RelayAt::none;
    size_t relay = 0;                      ///< class, for elsewhere
    std::string placement;                 ///< equal for variants of one placement
    Expr where;                            ///< ends, nodes and addresses
    std::vector<Route> routes;             ///< one an answer to what is open
  };
  /// What is asked of the solver: `possible` where the invariant may break, `definite` where it does.
  struct Term {
    const Variant* variant = nullptr;
    const Variant* other = nullptr;        ///< of a disagreement: the one that `variant` is held to
    Expr possible, definite;
  };
  /// The nodes of a connection while it is enumerated; -1: none.
  struct Spot {
    path::Client::What client = path::Client::What::pod;
    int source = -1;          ///< class
    size_t destination = 0;   ///< class
    bool one_node = false;
    bool outside = false;     ///< the destination is on no node
    RelayAt relay_at = RelayAt::none;
    int relay = -1;           ///< class
  };
  /// Cells of addresses that settings tell apart.
  struct Cell {
    std::optional<base::Address> client, endpoint;  ///< one of the cell
    Expr where = logic::True;
    std::string text;
  };

  // The question (invariant_paths.cpp).
  void ask(Question question, std::vector<Flows> all, const std::vector<const Peer*>& to, bool through_any);
  void find_ways(const std::vector<const Peer*>& to, bool through_any);
  void note_missing(const std::string& sentence);
  bool occupied();
  bool taken(const std::function<bool(const Way&)>& counts);
  void note_other_ports();
  void note_empty_ways();
  /// A flow that breaks the invariant, or may, and the term that it is of.
  struct Broken {
    InvariantRun::Found found;
    std::vector<Variant> variants;
    Term term;
  };
  void search();
  std::optional<Broken> search(const Slice& from, const Slice& to, bool definite_only);
  /// Of each piece of one end: can the invariant break there as far as this end's hook goes? True where it is not `asked`.
  std::vector<bool> may_break(const std::vector<Slice>& slices, Direction direction, bool asked);
  /// A flow of the domain for which `question` holds, and which can be held to `told`. `probe`: as Question::probe.
  std::optional<smt::Assignment> ask(std::vector<Expr> domain, Expr question, const std::vector<Expr>& told, bool probe = false);
  /// The first of which `definite` (or `possible`) can hold. `found`: a flow for which some of them does.
  size_t first_of(const std::vector<Expr>& domain, const std::vector<Term>& terms, bool definite, smt::Assignment found);
  std::optional<InvariantRun::Found> smallest_of(const std::vector<Expr>& domain, const Term& term, bool definite);
  static std::vector<Expr> formulas(const std::vector<Term>& terms, bool definite);
  std::vector<Term> terms_of(const std::vector<Variant>& variants);
  std::vector<Slice> pieces(Direction direction);
  /// The policies of every snapshot that is read, by namespace: a piece is cut for all of them. All, or those that bear on one direction.
  PoliciesByNamespace policies_on(std::optional<Direction> direction) const;
  /// Those namespaces in which some end can be, sorted.
  std::vector<std::string> relevant_namespaces();
  std::vector<Term> terms(const std::vector<Variant>& variants) const;
  void add_disagreements(const std::vector<Variant>& variants, std::vector<Term>& terms) const;
  Term disagreement(const Variant& variant, const Variant& other) const;
  static bool compatible(const path::Journey& a, const path::Journey& b);
  Expr excepted(path::Kind kind);
  Expr admitted_hosts(const ReaderCase& of);

  // Placements (invariant_path_variants.cpp).
  void make_places();
  std::vector<Variant> variants(const Slice& from, const Slice& to);
  std::vector<std::vector<const Way*>> alike_ways(const std::vector<Way>& ways);
  std::string look_of(const Way& way);
  void add_variants(const Way& way, size_t flows, std::vector<Variant>& out);
  void add_relays(const Way& way, size_t flows, Spot spot, std::vector<Variant>& out);
  void add(const Way& way, size_t flows, const Spot& spot, std::vector<Variant>& out);
  void add_spots(const Way& way, size_t flows, path::Client::What client, std::vector<Variant>& out);
  Expr where(const Way& way, const Spot& spot);
  Expr on(size_t node_class, logic::Role role, logic::EndpointKind kind, const std::set<std::string>& without);
  Expr on_anew(size_t node_class, logic::Role role, logic::EndpointKind kind, const std::set<std::string>& without);
  Expr relay_elsewhere(size_t node_class, const std::set<std::string>& without);
  bool can_be(logic::EndpointKind source, size_t flows);
  const ReaderCase* case_of(const Spot& spot) const;
  size_t kind_of(size_t node_class) const { return places_->classes()[node_class].kind; }

  // Journeys (invariant_path_journeys.cpp).
  std::vector<Cell> cells(const Way& way, const Spot& spot);
  const std::vector<path::Journey>& journeys(const Way& way, const Spot& spot, const Cell& cell);
  std::optional<base::Address> address_of_asked(const Way& way, const Spot& spot) const;
  size_t class_at(const std::string& place, const Spot& spot) const;

  // Hops (invariant_path_hops.cpp).
  /// The verdict at a hook, and the families that its header can have.
  struct HopFormula {
    InvariantRun::End end;
    Expr families = logic::True;
  };
  Route route(const Way& way, const Spot& spot, const path::Journey& journey, Expr& where);
  HopFormula hop(const Way& way, const Spot& spot, const path::Hop& hop);
  HopFormula egress(const Way& way, const Spot& spot, const path::Header& header);
  HopFormula ingress(const Spot& spot, const path::Header& header);
  /// Egress to the Service's own address, and to a node's NodePort.
  const HopFormula& at_service(const Way& way, size_t source);
  const HopFormula& at_node(const Way& way, size_t source, size_t at, bool one_node);
  const HopFormula& plain(size_t reader, const Knowledge& knowledge, Direction direction);
  /// The other end as the header shows it: `peer`, on the port `port` where that is not the endpoint's.
  struct Seen {
    world::Endpoint peer;
    std::optional<base::Port> port = {};
    bool one_node = false;
    bool world = false;  ///< the outside as a whole
    const base::AddressSet* among = nullptr;  ///< the addresses that it may have where nothing tells; null: any
    base::AddressSet may_have(base::Family family) const { return among ? among->only(family) : base::AddressSet::all(family); }
    /// Families in which it has an address that nothing tells.
    bool untold(base::Family family) const {
      if (world || peer.address(family)) return false;
      return among ? !may_have(family).empty() : peer.addresses.empty() || peer.kind == logic::EndpointKind::outside;
    }
  };
  /// A hook before a header is put in: its verdict, and what that asks of a header.
  struct OpenHook {
    InvariantRun::End end;
    std::vector<Expr> addresses, ports;  ///< atoms
    bool node_asked = false;             ///< on which node the peer is
    bool port_named = false;             ///< what names the subject gives to the port
  };
  const OpenHook& open_hook(size_t reader, const Knowledge& knowledge, Direction direction, bool other_port);
  const std::vector<const OpenHook*>& egress_hooks();
  /// Equal for ways of which all hooks make the same, told without a look at them: cheaper, and finer than look_of of the way.
  std::string header_of(const Way& way);
  /// Equal for headers of which the hook makes the same.
  std::string look_of(const OpenHook& hook, const Seen& seen) const;
  const HopFormula& seeing(size_t reader, const Knowledge& knowledge, Direction direction, const Seen& seen);
  HopFormula put_in(const OpenHook& hook, Direction direction, const Seen& seen);
  std::optional<Expr> known_of(const Seen& seen, Role subject, Expr atom);
  Expr address_of(const Seen& seen, const base::AddressSet& asked);
  /// `hop` where it asks for the peer's address: in the families in which nothing tells that, decided where every address that it may have decides alike.
  HopFormula without_untold(HopFormula hop, const OpenHook& hook, Direction direction, const Seen& seen);
  InvariantRun::End at_every_address(const OpenHook& hook, Direction direction, const Seen& seen, base::Family family);
  InvariantRun::End put_in_end(const OpenHook& hook, Direction direction, const Seen& seen);
  /// One of the addresses for each kind that the hook tells apart.
  std::vector<base::Address> told_apart(const OpenHook& hook, const base::AddressSet& addresses) const;
  static std::string hook_key(size_t reader, const Knowledge& knowledge, Direction direction);
  InvariantRun::End undetermined(Direction direction);
  InvariantRun::End end_of(const std::vector<InvariantRun::Reader>& readers, Direction direction, InvariantRun::Other other);
  std::vector<InvariantRun::Reader> readers_at(const Readers& readers, const Knowledge& knowledge, bool other_port) const;
  Knowledge knowledge(size_t reader, size_t of) const;
  world::Endpoint service_end(const Way& way) const;

  // From a found flow to a verdict that can be shown (invariant_path_witness.cpp).
  struct Replayed {
    std::vector<JourneyVerdict> journeys;  ///< one an answer to what is open
    oracle::FlowVerdict ends;              ///< of the first
    std::vector<PolicyPlace> policies;     ///< that decide the first
    WitnessPath path;                      ///< the first, to be shown
    bool all(oracle::EndVerdict verdict) const;
  };
  /// What is otherwise while a witness is replayed: at the hooks of one direction an axis is answered as the reference does, or the other end known.
  struct Alteration {
    Direction direction = Direction::egress;
    std::string axis;
  };
  /// One hook of a replay.
  struct HookAt {
    const Readers* readers = nullptr;
    Knowledge knowledge;
    Direction direction = Direction::egress;
    world::Endpoint source, destination;
    base::Port port = 0;
    bool world = false;   ///< the source is taken for the outside as a whole
    bool tunnel = false;  ///< the source is a tunnel device
    /// The addresses that the peer may have where nothing tells its own; nothing where that is told. `pods`: of the cluster.
    std::optional<base::AddressSet> untold(base::Family family, const base::AddressSet& pods) const;
    std::string missing;  ///< not empty: the header is not known; what would tell
  };
  void tell(const InvariantRun::Found& found, Term term);
  void tell_violated(const InvariantRun::Found& found, const Term& term, Witness witness);
  /// `unsure`: of the ways, what would tell that they are there.
  void tell_open(const Term& term, const Witness& witness, const std::vector<std::string>& unsure);
  std::vector<std::string> unsure_ways(const Term& term, const smt::Assignment& assignment) const;
  Replayed replay(const Variant& variant, const Witness& witness, const Alteration* altered = nullptr);
  JourneyVerdict replay(const Variant& variant, const Witness& witness, const path::Journey& journey, const Alteration* altered, Replayed& out);
  HookAt hook_at(const Variant& variant, const Witness& witness, const path::Hop& hop) const;
  /// `asked`: the way names the address of the node that is asked.
  void name_for_eval(HookAt at, const path::Header& header, bool asked, base::Family family, WitnessHop& row) const;
  EndJudgement judge(HookAt hook, const Witness& witness, const Alteration* altered, oracle::EndDecision& decision, std::vector<PolicyPlace>& policies);
  size_t kind_at(const Variant& variant, const Witness& witness, const std::string& node) const;
  world::Endpoint host_at(const std::string& node) const;
  std::string relay_of(const Variant& variant, const Witness& witness) const;
  std::vector<std::string> axes_of(const Term& term, const Witness& witness);
  bool breaks(const Term& term, const Witness& witness, const Alteration* altered = nullptr);
  bool breaks(const Replayed& main, const Replayed* other) const;

  InvariantRun& run_;
  logic::Pool& pool_;
  const ProofContext& context_;
  PathChoice choice_;
  Question question_ = Question::allowed;
  std::optional<Direction> side_;
  std::optional<Direction> alone_;  ///< while pieces are looked at: the one hook that counts
  bool spare_admitted_hosts_ = false;
  std::vector<Flows> all_;
  std::vector<Ways> ways_;          ///< as all_
  std::unique_ptr<Places> places_;
  std::vector<std::string> from_namespaces_, to_namespaces_;  ///< of the piece that is asked
  std::map<std::string, std::vector<path::Journey>> journeys_;
  std::map<std::string, OpenHook> open_hooks_;        ///< of the piece that is asked, as hops_ and egress_hooks_
  std::map<std::string, HopFormula> hops_;
  std::vector<const OpenHook*> egress_hooks_;
  std::map<std::tuple<size_t, logic::Role, logic::EndpointKind, const std::set<std::string>*>, Expr> on_;
  std::map<path::Kind, Expr> excepted_;
  std::map<const ReaderCase*, Expr> admitted_;
  bool some_missing_ = false;       ///< something that a path lists is not there, and was said
  std::map<std::pair<size_t, logic::EndpointKind>, bool> can_be_;
};

}  // namespace npverify::verify
