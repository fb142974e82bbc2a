#pragma once

#include "resource/decode.h"
#include "resource/meta.h"

/// One decoder a kind. Each reports what the API server would refuse and gives what could be read; where there was an error the loader drops it.
namespace npverify::resource {

NetworkPolicy decode_network_policy(const Field& object);      // networking.cpp
Namespace decode_namespace(const Field& object);               // core.cpp
Node decode_node(const Field& object);
ServiceAccount decode_service_account(const Field& object);
Service decode_service(const Field& object);                   // service.cpp
/// EndpointSlice or Endpoints.                                   // endpoints.cpp
EndpointObject decode_endpoints(const Field& object, std::string_view kind);
Pod decode_pod(const Field& object);                           // pod.cpp
PodSpec decode_pod_spec(const Field& spec);
Workload decode_workload(const Field& object, std::string_view kind);  // workloads.cpp

/// ConfigMaps and CNI objects, scalars by path.                  // config.cpp
Configuration decode_configuration(const Field& object, std::string_view api_version, std::string_view kind);
/// Does npverify read the configuration in ConfigMaps of this name?
bool is_relevant_config_map(std::string_view name);
/// Does npverify read the configuration in this kind? CNIs' own kinds only, not ConfigMap.
bool is_configuration_kind(std::string_view group, std::string_view kind);

}  // namespace npverify::resource
