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
/// that are ready, and from workloads of which no pod is in the snapshot. Pointers point into `snapshot`.
Resolution resolve(const resource::Snapshot& snapshot, const resource::Service& service, const resource::ServicePort& port);

/// The number of `target` in a pod's containers, as the endpoint controller finds it; nothing where no container has it.
std::optional<base::Port> target_number(const resource::ServicePort& port, const resource::PodSpec& pod);

/// The families of the Service's own addresses; empty where the input does not tell them.
std::vector<base::Family> families_of(const resource::Service& service);

/// Does the Service's selector select these labels? False without a selector.
bool selects(const resource::Service& service, const resource::Labels& labels);

}  // namespace npverify::path
