#pragma once

#include <map>
#include <string>
#include <vector>

#include "semantics/rules.h"

namespace npverify::semantics {

/// One word that a rule may use beside its parameters. encodings/vocabulary.smt2 declares the same words, one English sentence each;
/// a test holds the two lists together.
struct Word {
  Sort sort = Sort::boolean;
  std::vector<Sort> parameters;  ///< of the port-name questions: name and protocol
  bool fact = false;             ///< a number or truth known before solving (RuleContext::facts)
};

/// Every word by name.
const std::map<std::string, Word>& vocabulary();

/// The value of an enumeration's word ("pod", "TCP", "IPv4", "ingress") as its sort and index, if it is one.
struct EnumerationValue {
  Sort sort;
  int64_t index;
};
std::optional<EnumerationValue> enumeration_value(const std::string& word);

/// Whether the word is a number: digits and nothing else.
bool is_number_word(const std::string& word);

}  // namespace npverify::semantics
