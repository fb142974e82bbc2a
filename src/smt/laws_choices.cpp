// Laws of finite-domain attributes: names, labels and where equal things must agree. See laws.cpp for why they are exact.
#include <algorithm>

#include "smt/law_builder.h"

namespace npverify::smt {

using logic::EndpointKind;
using logic::Role;
using logic::Symbol;

// Both ends get the values that either mentions, for each key that both mention.
void LawBuilder::mirror(Attribute attribute) {
  const auto first = mentions_.lower_bound({attribute, Role::source, 0});
  const auto end = mentions_.lower_bound({attribute, Role::destination, 0});
  for (auto source = first; source != end; ++source) {
    const auto destination = mentions_.find({attribute, Role::destination, source->first.key});
    if (destination == mentions_.end()) continue;
    source->second.values.insert(destination->second.values.begin(), destination->second.values.end());
    destination->second = source->second = {source->second.values, source->second.exists || destination->second.exists};
  }
}

void LawBuilder::mirror_choices() {
  if (same_endpoint_) {
    for (const Attribute a : {Attribute::namespace_name, Attribute::service_account, Attribute::label}) mirror(a);
    for (size_t family = 0; family < 2; ++family)
      if (auto &a = address_cuts_[0][family], &b = address_cuts_[1][family]; !a.empty() && !b.empty()) {
        a.insert(b.begin(), b.end());
        b = a;
      }
  }
  if (same_endpoint_ || same_node_) mirror(Attribute::node);
  mirror(Attribute::namespace_label);
}

void LawBuilder::make_choices() {
  laws_.choices.reserve(mentions_.size());
  for (const auto& [key, mention] : mentions_) {
    Choice choice{.attribute = key.attribute, .role = key.role, .key = key.key, .values = {mention.values.begin(), mention.values.end()}};
    for (size_t i = 0; i < choice.values.size(); ++i) choice.is.push_back(fresh());
    if (mention.exists) choice.exists = fresh();
    laws_.choices.push_back(std::move(choice));
  }
}

void LawBuilder::choice_laws(const Choice& choice) {
  at_most_one(choice.is);
  const bool placed = choice.attribute == Attribute::node;  // pods and hosts have a node; the rest is a pod's
  const Literal owner = placed ? -kind(choice.role, EndpointKind::outside) : kind(choice.role, EndpointKind::pod);
  for (const Literal is : choice.is) clause({-is, choice.exists ? choice.exists : owner});
  if (choice.exists) clause({-choice.exists, owner});
}

// Under `condition` both ends have the same value of every key that both mention. Mirrored before, so the values are the same.
void LawBuilder::agree(Literal condition, Attribute attribute) {
  for (const Choice& source : laws_.choices) {
    if (source.attribute != attribute || source.role != Role::source) continue;
    const Choice* destination = laws_.choice(attribute, Role::destination, source.key);
    if (!destination) continue;
    for (size_t i = 0; i < source.is.size(); ++i) equal_under(condition, source.is[i], destination->is[i]);
    if (source.exists) equal_under(condition, source.exists, destination->exists);
  }
}

// same_namespace must hold where both ends name one namespace or are one pod; elsewhere it is free, and then it only says that two
// namespaces that nobody names happen to be one.
void LawBuilder::congruence() {
  const auto labelled_at_both = [&](const Choice& c) {
    return c.attribute == Attribute::namespace_label && c.role == Role::source && laws_.choice(c.attribute, Role::destination, c.key);
  };
  if (std::none_of(laws_.choices.begin(), laws_.choices.end(), labelled_at_both)) return;
  const Choice* source = laws_.choice(Attribute::namespace_name, Role::source);
  const Choice* destination = laws_.choice(Attribute::namespace_name, Role::destination);
  if (!same_endpoint_ && !(source && destination)) return;
  const Literal same = laws_.same_namespace = fresh();
  if (same_endpoint_) clause({-laws_.same_endpoint, same});
  if (source && destination)
    for (size_t i = 0; i < source->values.size(); ++i) {
      const auto at = std::lower_bound(destination->values.begin(), destination->values.end(), source->values[i]);
      if (at == destination->values.end() || *at != source->values[i]) continue;
      clause({-source->is[i], -destination->is[static_cast<size_t>(at - destination->values.begin())], same});
    }
  agree(same, Attribute::namespace_label);
}

void LawBuilder::node_laws() {
  const Literal same = laws_.same_node;
  if (!same) return;
  for (const Role role : {Role::source, Role::destination}) clause({-same, -kind(role, EndpointKind::outside)});
  agree(same, Attribute::node);
  const Choice* source = laws_.choice(Attribute::node, Role::source);
  const Choice* destination = laws_.choice(Attribute::node, Role::destination);
  if (source && destination)
    for (size_t i = 0; i < source->is.size(); ++i) clause({-source->is[i], -destination->is[i], same});
}

Literal LawBuilder::choice_literal(Attribute attribute, const logic::Atom& a) const {
  const bool label = attribute == Attribute::label || attribute == Attribute::namespace_label;
  const Choice* choice = laws_.choice(attribute, a.role, label ? a.name : 0);
  if (a.kind == logic::AtomKind::label_exists || a.kind == logic::AtomKind::namespace_label_exists) return choice->exists;
  const Symbol value = label ? a.value : a.name;
  return choice->is[static_cast<size_t>(std::lower_bound(choice->values.begin(), choice->values.end(), value) - choice->values.begin())];
}

}  // namespace npverify::smt
