#include "semantics/vocabulary.h"

namespace npverify::semantics {
namespace {

std::map<std::string, Word> make_vocabulary() {
  std::map<std::string, Word> words{
      {"flow.protocol", {Sort::protocol}},
      {"flow.port", {Sort::number}},
      {"flow.family", {Sort::family}},
      {"direction", {Sort::direction}},
      {"subject.kind", {Sort::kind}},
      {"peer.kind", {Sort::kind}},
      {"same-node", {Sort::boolean}},
      {"subject.knows-peer", {Sort::boolean}},
      {"cluster.dual-stack", {Sort::boolean, {}, true}},
      {"cluster.port", {Sort::boolean, {Sort::name, Sort::protocol}}},
      {"policy.uses-sctp", {Sort::boolean, {}, true}},
      {"policy.has-ingress-ip-block", {Sort::boolean, {}, true}},
      {"policy.longest-pod-key", {Sort::number, {}, true}},
      {"policy.longest-namespace-key", {Sort::number, {}, true}},
      {"policy.longest-pod-key-prefix", {Sort::number, {}, true}},
      {"policy.longest-namespace-key-prefix", {Sort::number, {}, true}},
  };
  for (const char* end : {"subject", "peer", "destination"})
    for (const char* names : {"container", "sidecar", "init", "last"})
      words[std::string(end) + "." + names + "-port"] = {Sort::boolean, {Sort::name, Sort::protocol}};
  return words;
}

}  // namespace

const std::map<std::string, Word>& vocabulary() {
  static const auto words = make_vocabulary();
  return words;
}

bool is_number_word(const std::string& word) {
  return !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
}

std::optional<EnumerationValue> enumeration_value(const std::string& word) {
  if (const auto protocol = base::parse_protocol(word)) return EnumerationValue{Sort::protocol, static_cast<int64_t>(*protocol)};
  for (const auto kind : {logic::EndpointKind::pod, logic::EndpointKind::host, logic::EndpointKind::outside})
    if (word == logic::to_string(kind)) return EnumerationValue{Sort::kind, static_cast<int64_t>(kind)};
  for (const auto family : {base::Family::ipv4, base::Family::ipv6})
    if (word == base::to_string(family)) return EnumerationValue{Sort::family, static_cast<int64_t>(family)};
  if (word == "ingress") return EnumerationValue{Sort::direction, 0};
  if (word == "egress") return EnumerationValue{Sort::direction, 1};
  return std::nullopt;
}

}  // namespace npverify::semantics
