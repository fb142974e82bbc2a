// The places: where the policy room asks an axis, and what it hands to the rule. An axis in encodings/axes.yaml names one of these.
#include "semantics/load.h"

namespace npverify::semantics {

const std::vector<Place>& places() {
  using enum Sort;
  static const std::vector<Place> all{
      // Predicates: the rule is a define-fun with these parameters.
      {"port-range", false, {{"port", number}, {"end", number}}},                           // an entry with port and endPort
      {"port-absent", false, {}},                                                           // an entry with a protocol and no port
      {"port-entry", false, {{"protocol", protocol}, {"has-port", boolean}}},               // any entry of a ports list: is it read at all?
      {"port-name", false, {{"name", name}, {"protocol", protocol}}},                       // an entry with a port's name
      {"block", false, {{"in-block", boolean}, {"zero-length", boolean}}},                  // an ipBlock; in-block: the peer's address lies in cidr minus excepts
      {"block-other-family", false, {{"zero-length", boolean}, {"has-except", boolean}}},   // an ipBlock, for a flow of the other family
      {"block-empty", false, {{"has-ports", boolean}}},                                     // an ipBlock whose excepts leave nothing
      {"selector-beyond-pods", false, {{"matches-unlabelled", boolean}, {"by-name", boolean}}},  // selectors, for an end that they do not ask for
      {"refusal", false, {}},                                                               // is the policy as a whole refused? (policy.* facts)
      {"drop", false, {}},                                                                  // denied whatever policy says
      {"admit", false, {{"isolated", boolean}}},                                            // allowed whatever policy says
      {"unknown-where-isolated", false, {}},                                                // not specified once a policy isolates
      {"unknown-where-denied", false, {}},                                                  // not specified where nothing allows
      // Structural: the policy room implements each rule; axes.yaml has its sentence.
      {"labels", true, {}},
      {"policy-types", true, {}},
      {"enforcement", true, {}},
      {"ended-pods", true, {}},
      {"long-keys", true, {}},
      {"block-addresses", true, {}},
  };
  return all;
}

}  // namespace npverify::semantics
