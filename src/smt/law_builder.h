#pragma once

#include <map>
#include <memory>
#include <set>

#include "smt/cell_classes.h"
#include "smt/laws.h"

namespace npverify::smt {

/// Makes Laws: first what is mentioned is collected, then variables are given, then the laws between them are stated.
class LawBuilder {
 public:
  LawBuilder(const logic::Pool& pool, const std::vector<logic::Expr>& atoms) : pool_(pool), atoms_(atoms) {}
  Laws build();

 private:
  struct ChoiceKey {
    Attribute attribute;
    logic::Role role;
    logic::Symbol key;
    auto operator<=>(const ChoiceKey&) const = default;
  };
  struct Mention {
    std::set<logic::Symbol> values;
    bool exists = false;
  };
  struct PortNameKey {
    logic::Role role;
    logic::Symbol name;
    base::Protocol protocol;
    logic::PortNames names;
    auto operator<=>(const PortNameKey&) const = default;
  };

  // laws.cpp: the flow's own variables and the atoms' literals
  void collect();
  void mention(const logic::Atom& atom);
  void make_flow_variables();
  void relation_laws();
  Literal literal_of(const logic::Atom& atom);

  // laws_choices.cpp: finite-domain attributes
  void mirror_choices();
  void mirror(Attribute attribute);
  void make_choices();
  void choice_laws(const Choice& choice);
  void agree(Literal condition, Attribute attribute);
  void congruence();
  void node_laws();
  Literal choice_literal(Attribute attribute, const logic::Atom& atom) const;

  // laws_numbers.cpp: addresses and ports
  void mention_cuts(const base::AddressSet& set, logic::Role role);
  void mention_cuts(const base::PortSet& set);
  void make_scales();
  void make_scale(Scale& scale, const std::set<base::uint128>& cuts, base::uint128 last);
  bool make_merged_scale(logic::Role role, base::Family family);
  Literal below(const Scale& scale, base::uint128 cut) const;
  void add_cubes(std::vector<std::vector<Literal>>& cubes, const CellClasses& classes, const base::AddressSet& set, logic::Role role, base::Family family) const;
  Literal address_literal(logic::Role role, const base::AddressSet& set);
  Literal port_literal(const base::PortSet& set);
  Literal membership(std::vector<std::vector<Literal>> cubes);
  void agree(Literal condition, const Scale& a, const Scale& b);

  // laws_ports.cpp: names of ports
  void mirror_port_names();
  void make_port_names();
  void port_name_laws();
  void cluster_port_laws();
  Literal port_name(const PortNameKey& key) const;

  // Making constraints. Literals may be constants; a clause that holds anyway is left out.
  Literal fresh() { return ++laws_.variables; }
  void clause(std::initializer_list<Literal> literals);
  void at_most_one(std::vector<Literal> literals);
  void equal_under(Literal condition, Literal a, Literal b);
  Literal kind(logic::Role role, logic::EndpointKind kind) const { return laws_.kinds[static_cast<size_t>(role)][static_cast<size_t>(kind)]; }

  const logic::Pool& pool_;
  const std::vector<logic::Expr>& atoms_;
  Laws laws_;
  std::map<ChoiceKey, Mention> mentions_;
  std::map<PortNameKey, Literal> port_names_;
  std::map<std::pair<logic::Symbol, base::Protocol>, Literal> cluster_names_;
  std::set<base::uint128> address_cuts_[2][2], port_cuts_;
  std::vector<const base::AddressSet*> address_sets_[2];  ///< [role]: of the atoms
  std::unique_ptr<const CellClasses> merged_[2][2];       ///< [role][family]: where the scale is of classes of cells
  std::map<logic::Symbol, Literal> flags_;
  bool same_node_ = false, same_endpoint_ = false;
  bool peer_known_[2] = {false, false};
};

/// The label of a Namespace that holds its name.
inline constexpr const char* namespace_name_label = "kubernetes.io/metadata.name";

}  // namespace npverify::smt
