#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is known of API groups and kinds beyond those that are decoded.
namespace npverify::resource {

/// apiVersion in its parts: "apps/v1" is apps and v1, "v1" has the empty group.
struct GroupVersion {
  std::string_view group, version;
};
GroupVersion split_api_version(std::string_view api_version);

/// The kinds that a Kubernetes API server serves in a group of its own; nothing for other groups.
const std::vector<std::string>* served_kinds(std::string_view group);

/// The apiVersion in which a kind that npverify decodes is served ("networking.k8s.io/v1" for NetworkPolicy).
std::optional<std::string> home_of(std::string_view kind);

/// Could objects of this kind allow or deny traffic? For kinds that npverify reads past.
bool carries_policy(std::string_view group, std::string_view kind);

}  // namespace npverify::resource
