#pragma once

#include <optional>
#include <string>
#include <string_view>

/// The syntax of names, labels and ports as k8s.io/apimachinery validates them (pkg/api/validate/content, pkg/util/validation). Each gives what
/// is expected where the text does not comply, and nothing where it does.
namespace npverify::resource {

std::optional<std::string> dns_label_problem(std::string_view text);      ///< RFC 1123 label, at most 63 bytes
std::optional<std::string> dns_subdomain_problem(std::string_view text);  ///< RFC 1123 subdomain, at most 253 bytes
std::optional<std::string> label_key_problem(std::string_view text);      ///< "prefix/name"; also annotations (lower-cased) and finalizers
std::optional<std::string> label_value_problem(std::string_view text);
std::optional<std::string> port_name_problem(std::string_view text);      ///< IANA service name, at most 15 bytes

}  // namespace npverify::resource
