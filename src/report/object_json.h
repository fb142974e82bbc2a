#pragma once

#include "report/json_parts.h"
#include "resource/snapshot.h"

/// Typed objects back to Kubernetes objects, as an API server would show them (without what it adds of its own).
namespace npverify::report {

Json object_of(const resource::NetworkPolicy& policy);
Json object_of(const resource::Node& node);
Json object_of(const resource::ServiceAccount& account);
Json selector_of(const resource::LabelSelector& selector);
Json namespace_object(const std::string& name, const resource::Labels& labels);

}  // namespace npverify::report
