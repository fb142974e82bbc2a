#pragma once

#include <map>
#include <memory>

#include "oracle/evaluate.h"
#include "reach/address_parts.h"
#include "reach/membership.h"

namespace npverify::reach {

/// Every atom of what the reading asks, of either end.
std::vector<logic::Expr> atoms_of(const logic::Pool& pool, const policy::Reading& reading);
/// What a flow between pods of the universe meets beside its ends.
oracle::Cluster cluster_of(const world::Universe& universe);

/// What both sides of a question share.
struct Context {
  logic::Pool& pool;
  const policy::Reading& reading;
  const world::Universe& universe;
  const PodClasses& classes;
  oracle::Cluster cluster;
  Tables& tables;
};

/// One direction, for flows of one family: the outcome at the policed end for every class of pods and every other end.
///
/// Pods that the same policies select, with the same port names, have one *profile*; what it lets through is counted up from the rules of
/// those policies as ports by peer. Peers that no rule names have the profile's default outcome. An address that is free is a free choice
/// of each peer, so the ports that blocks bring are alternatives, all of them possible, whatever the labels of the peer are.
class Side {
 public:
  Side(Context& context, policy::Direction direction, base::Family family);

  /// Throws Unsupported at once where some question below would.
  void prepare();

  using ProfileId = uint32_t;
  ProfileId profile_of(ClassId subject) const { return profile_of_[subject]; }
  size_t profiles() const { return profiles_.size(); }
  bool isolated(ProfileId profile) const { return !profiles_[profile].policies.empty(); }

  /// Towards a peer of that class that no rule of the profile names apart.
  OutcomeId usual(ProfileId profile, ClassId peer);
  /// The peers for which it may be another: every class is there once at most.
  struct Exception {
    uint32_t id;  ///< of the peer's class, or of the profile
    OutcomeId outcome;
  };
  const std::vector<Exception>& exceptions_of_profile(ProfileId profile);
  /// Towards a peer of that class, whoever names it.
  OutcomeId towards(ProfileId profile, ClassId peer);
  /// The same seen from a peer: the profiles that name it.
  std::vector<Exception> exceptions_of_peer(ClassId peer);

  /// Towards nodes: any node, the pod's own and others.
  enum class Admitted : uint8_t { counts, left_out };  ///< flows that the CNI lets through between a pod and a node whatever policy says
  OutcomeId nodes(ProfileId profile, Admitted admitted = Admitted::counts);
  /// Towards addresses outside, each where it holds.
  struct Outside {
    base::AddressSet addresses;
    OutcomeId outcome;
  };
  const std::vector<Outside>& outside(ProfileId profile) { return by_address(profile, PeerKind::outside); }
  /// The same towards nodes of one kind; not towards pods.
  const std::vector<Outside>& by_address(ProfileId profile, PeerKind kind);

  /// The ports at which `e` holds towards a destination that gives these names to ports. Throws Unsupported if `e` asks for more than the port.
  TableId ports(logic::Expr e, uint32_t port_names);

 private:
  struct Profile {
    std::vector<uint32_t> policies;
    uint32_t port_names = 0;  ///< of the subject, where it is the destination
    bool unknown = false, unknown_if_isolated = false, unknown_if_denied = false;
    auto operator<=>(const Profile&) const = default;
  };
  struct Peers {  ///< one alternative of a rule's peers
    logic::Expr when;
    bool by_address = false;  ///< asks for the peer's address
    bool everyone = false;    ///< every class, whatever its address
    Roaring members;           ///< classes that it holds; where it asks for addresses, those with a fixed one
  };
  struct Use {  ///< of peers by a profile
    uint32_t peers;
    logic::Expr ports;
    auto operator<=>(const Use&) const = default;
  };
  struct Conditions {  ///< of the profile's axes, for a kind of peer
    PortTable drop, admit_isolated, admit_open, unknown, unknown_if_isolated, unknown_if_denied;
  };

  uint64_t kinds_below(logic::Expr e);  ///< a bit for each AtomKind; in the upper half those about the subject
  bool about_subject(logic::Expr e);
  bool depends_on_node_between_pods(logic::Expr e);
  void check_peers(logic::Expr e);
  void read_conditions();
  bool asks_kinds_and_ports(logic::Expr e);
  PortTable ports_of_condition(logic::Expr e, PeerKind kind, bool isolated);
  void read_profiles();
  void read_uses();
  uint32_t peers_of(logic::Expr e);
  TableId ports(ProfileId profile, const Use& use, uint32_t peer_names) { return ports(use.ports, direction_ == policy::Direction::ingress ? profiles_[profile].port_names : peer_names); }
  TableId default_ports(ProfileId profile, uint32_t peer_names);
  uint32_t free_ports(ProfileId profile, uint32_t peer_names);
  const base::AddressSet& addresses(uint32_t peers, PeerKind kind);
  std::vector<AddressPart> parts(ProfileId profile, PeerKind kind, const base::AddressSet& domain, uint32_t peer_names);
  OutcomeId towards_pod(ProfileId profile, ClassId peer, TableId ports);
  OutcomeId towards_pod(ProfileId profile, bool free_address, uint32_t peer_names, TableId ports);
  Outcome judged(const Profile& profile, PeerKind kind, const PortTable& ports) const;
  static uint32_t standing(const Profile& profile);
  OutcomeId outcome(const Profile& profile, PeerKind kind, TableId ports);
  uint32_t peer_names(ClassId peer) const { return direction_ == policy::Direction::egress ? context_.classes[peer].port_names : 0; }

  Context& context_;
  policy::Direction direction_;
  const policy::DirectionReading& reading_;
  base::Family family_;
  Membership membership_;
  base::AddressSet pod_addresses_, node_addresses_, outside_addresses_;

  std::array<Conditions, std::size(all_peer_kinds)> conditions_;
  std::vector<Profile> profiles_;
  std::vector<ProfileId> profile_of_;
  std::vector<std::vector<Use>> uses_;                     ///< by profile
  std::vector<std::vector<std::pair<ProfileId, TableId>>> users_;  ///< by peers; for ingress
  std::vector<std::vector<uint32_t>> named_in_;                     ///< by class, the peers that hold it apart; for ingress
  std::vector<Peers> peers_;
  std::unordered_map<uint32_t, uint32_t> peers_index_;
  std::unordered_map<uint32_t, uint64_t> kinds_below_;
  std::map<std::pair<logic::Expr, uint32_t>, TableId> ports_;
  std::map<std::pair<uint32_t, PeerKind>, base::AddressSet> addresses_;
  std::map<std::pair<ProfileId, uint32_t>, TableId> default_ports_;
  Numbering<std::vector<TableId>> alternatives_;
  std::map<std::pair<ProfileId, uint32_t>, uint32_t> free_ports_;
  std::map<std::tuple<ProfileId, uint32_t, bool>, OutcomeId> usual_;
  std::map<std::array<uint32_t, 3>, OutcomeId> outcomes_;  ///< towards pods: by what else of a profile counts, alternatives and ports
  std::map<std::tuple<uint32_t, PeerKind, TableId>, OutcomeId> judged_;
  std::map<std::pair<ProfileId, Admitted>, OutcomeId> nodes_;
  std::map<std::pair<ProfileId, PeerKind>, std::vector<Outside>> by_address_;
  std::unordered_map<ProfileId, std::vector<Exception>> rows_;
  size_t rows_size_ = 0;
  std::vector<TableId> scratch_;
};

}  // namespace npverify::reach
