// The reader of rules: any bytes give rules or diagnostics, and every rule that is taken can be instantiated.
#include <cstddef>
#include <cstdint>

#include "logic/expression.h"
#include "semantics/rules.h"
#include "semantics/vocabulary.h"

using namespace npverify;

namespace {

semantics::Argument plain_argument(semantics::Sort sort) {
  switch (sort) {
    case semantics::Sort::boolean: return logic::True;
    case semantics::Sort::name: return std::string("http");
    case semantics::Sort::protocol: return base::Protocol::tcp;
    case semantics::Sort::number:
    case semantics::Sort::family:
    case semantics::Sort::kind:
    case semantics::Sort::direction: return int64_t{80};
  }
  return int64_t{0};
}

semantics::RuleContext every_fact() {
  semantics::RuleContext context;
  for (const auto& [name, word] : semantics::vocabulary())
    if (word.fact) context.facts[name] = 1;
  return context;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = std::make_shared<base::SourceFile>(base::SourceFile{"rules.smt2", std::string(reinterpret_cast<const char*>(data), size)});
  base::Diagnostics diagnostics;
  semantics::RuleLibrary rules;
  rules.add(file, diagnostics);
  (void)diagnostics.to_string();
  logic::Pool pool;
  for (const std::string& name : rules.names()) {
    std::vector<semantics::Argument> arguments;
    bool plain = true;
    for (const auto& [parameter, sort] : rules.find(name)->parameters) {
      plain = plain && sort != semantics::Sort::family && sort != semantics::Sort::kind && sort != semantics::Sort::direction;
      arguments.push_back(plain_argument(sort));
    }
    if (plain) rules.instantiate(pool, name, arguments, every_fact());
  }
  return 0;
}
