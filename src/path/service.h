#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resource/snapshot.h"

/// Services to the endpoints behind them.
namespace npverify::path {

/// One endpoint of one port of a Service.
struct Backend {
  std::string id;                               ///< "shop/web-1", "shop/Deployment/web", or an address
  const resource::Pod* pod = nullptr;           ///< of the snapshot; or
  const resource::Workload* workload = nullptr; ///< whose pods would be endpoints, where no pod of it is in the snapshot; or neither
  std::optional<base::Address> address;         ///< as an EndpointSlice says; for a pod without one its own
  bool listed = false;                          ///< by an EndpointSlice: under this address alone
  std::string node;                             ///< where it is; empty: not known, or wherever its workload can land
  base::Port port = 0;
};

/// What is wrong, or odd, about a Service's endpoints.
struct ServiceProblem {
  std::string sentence;
  resource::Origin origin;
};

struct Resolution {
  std::vector<Backend> backends;          ///< in the order of the snapshot
  std::vector<ServiceProblem> problems;   ///< endpoints that are missing, and why
  std::vector<ServiceProblem> notes;      ///< what nothing forbids and nobody means: ports that no container declares, slices that disagree
  std::string to_supply;                  ///< not empty: endpoints may exist that the snapshot does not show; what would tell
};

/// The endpoints of `port`, from EndpointSlices where the snapshot has some for the Service, else from Endpoints, else by its selector from pods
/// that are ready, and from workloads of which no pod is in the snapshot. Pointers point into `snapshot`. `pods`: addresses that only pods have, as
/// far as they are known: one of them that no Pod of the snapshot has is of a pod that is to be supplied.
Resolution resolve(const resource::Snapshot& snapshot, const resource::Service& service, const resource::ServicePort& port, const base::AddressSet& pods);

/// The number of `target` in a pod's containers, as the endpoint controller finds it; nothing where no container has it.
std::optional<base::Port> target_number(const resource::ServicePort& port, const resource::PodSpec& pod);

/// In which families a Service has an address.
struct ServiceFamilies {
  std::vector<base::Family> has;       ///< for sure
  std::vector<base::Family> may_have;  ///< others, of which the input does not tell
  std::string to_supply;               ///< what would tell; not empty where some may be
};

/// As the API server fills in spec.ipFamilies. `cluster`: the families that objects show the cluster to have; empty: none does.
/// REQUIRES: the Service has addresses of its own: it is neither headless nor an ExternalName.
ServiceFamilies families_of(const resource::Service& service, const std::vector<base::Family>& cluster);

/// Is the Service asked for by a port of its nodes? A LoadBalancer need not be.
bool has_node_port(const resource::Service& service, const resource::ServicePort& port);

/// Where a hostPort answers.
struct HostPortPlace {
  std::optional<base::Address> address;  ///< the only one that answers; absent: every one of the node
  std::optional<base::Family> family;    ///< the only one in which it answers
  std::vector<std::string> nodes;        ///< that have `address`: it answers on no other
  std::string to_supply;                 ///< not empty: which node has `address` is not in the input
};

/// As the portmap plugin and Cilium do it: an unspecified hostIP is every address of its family, another that one alone.
HostPortPlace place_of(const resource::Snapshot& snapshot, const resource::ContainerPort& port);

/// Does the Service's selector select these labels? False without a selector.
bool selects(const resource::Service& service, const resource::Labels& labels);

}  // namespace npverify::path
