// core/v1 Pod and PodSpec: what decides about a pod's traffic and placement. Other fields are read past.
#include <algorithm>

#include "resource/kinds.h"
#include "resource/placement.h"
#include "resource/ports.h"
#include "resource/syntax.h"

namespace npverify::resource {
namespace {

void decode_ports(const Field& ports, ContainerKind container, PodSpec& spec) {
  for (size_t i = 0; i < ports.size(); ++i) {
    const Field entry = ports.item(i);
    if (!entry.mapping()) continue;
    entry.no_slips({"name", "containerPort", "protocol", "hostPort", "hostIP"});
    const Field name = entry.child("name"), number = entry.child("containerPort"), protocol = entry.child("protocol"), host = entry.child("hostPort");
    ContainerPort port;
    port.name = name.text_or("");
    if (!port.name.empty())
      if (const auto expected = port_name_problem(port.name)) name.error("port name '" + port.name + "' is not valid; expected " + *expected);
    if (!number.present()) number.error("a containerPort is missing; expected 1 to 65535");
    port.number = static_cast<base::Port>(number.integer(1, 65535).value_or(0));
    port.protocol = decode_protocol(protocol, true);
    port.host_port = static_cast<base::Port>(host.integer(0, 65535).value_or(0));
    const Field on = entry.child("hostIP");
    port.host_ip = on.text_or("");
    // On a loopback address it is asked for by the node itself alone: no way to the pod for anybody else.
    if (port.host_ip.starts_with("127.") || port.host_ip == "::1") port.host_port = 0;
    port.container = container;
    spec.ports.push_back(std::move(port));
  }
}

void decode_agent_variables(const Field& environment, PodSpec& spec) {
  for (size_t i = 0; i < environment.size(); ++i) {
    const Field variable = environment.item(i);
    if (!variable.mapping()) continue;
    const Field name = variable.child("name"), value = variable.child("value"), from = variable.child("valueFrom");
    const auto text = name.text();
    if (text && text->starts_with("FELIX_")) spec.agent_variables[std::string(*text)] = from.present() ? agent_variable_unsaid : value.text_or("");
  }
}

void decode_containers(const Field& containers, bool init, PodSpec& spec) {
  for (size_t i = 0; i < containers.size(); ++i) {
    const Field container = containers.item(i);
    if (!container.mapping()) continue;
    container.no_slips({"name", "image", "command", "args", "workingDir", "ports", "envFrom", "env", "resources", "resizePolicy", "restartPolicy", "restartPolicyRules", "volumeMounts", "volumeDevices",
                        "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "terminationMessagePath", "terminationMessagePolicy", "imagePullPolicy", "securityContext", "stdin", "stdinOnce",
                        "tty"});
    const Field restart = container.child("restartPolicy"), ports = container.child("ports"), image = container.child("image"), environment = container.child("env");
    const bool sidecar = init && restart.text() == "Always";
    decode_ports(ports, !init ? ContainerKind::regular : sidecar ? ContainerKind::sidecar : ContainerKind::init, spec);
    if (const auto text = image.text()) spec.images.emplace_back(*text);
    decode_agent_variables(environment, spec);
  }
}

PodPhase decode_phase(const Field& phase) {
  const auto text = phase.text();
  if (!text || text->empty() || *text == "Running") return PodPhase::running;
  if (*text == "Pending") return PodPhase::pending;
  if (*text == "Succeeded") return PodPhase::succeeded;
  if (*text == "Failed") return PodPhase::failed;
  return PodPhase::unknown;
}

std::optional<bool> decode_ready(const Field& conditions) {
  for (size_t i = 0; i < conditions.size(); ++i) {
    const Field condition = conditions.item(i);
    const Field type = condition.child("type"), status = condition.child("status");
    if (type.text() == "Ready") return status.text() == "True";
  }
  return std::nullopt;
}

std::string controller_of(const Field& owners) {
  for (size_t i = 0; i < owners.size(); ++i) {
    const Field owner = owners.item(i);
    const Field controller = owner.child("controller"), kind = owner.child("kind"), name = owner.child("name");
    if (controller.boolean().value_or(false)) return kind.text_or("") + "/" + name.text_or("");
  }
  return "";
}

}  // namespace

PodSpec decode_pod_spec(const Field& field) {
  PodSpec spec;
  if (!field.mapping()) return spec;
  field.no_slips({"volumes", "initContainers", "containers", "ephemeralContainers", "restartPolicy", "terminationGracePeriodSeconds", "activeDeadlineSeconds", "dnsPolicy", "nodeSelector",
                  "serviceAccountName", "serviceAccount", "automountServiceAccountToken", "nodeName", "hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "securityContext",
                  "imagePullSecrets", "hostname", "subdomain", "affinity", "schedulerName", "tolerations", "hostAliases", "priorityClassName", "priority", "dnsConfig", "readinessGates",
                  "runtimeClassName", "enableServiceLinks", "preemptionPolicy", "overhead", "topologySpreadConstraints", "setHostnameAsFQDN", "os", "hostUsers", "schedulingGates",
                  "resourceClaims", "resources", "hostnameOverride", "workloadRef"});
  const Field account = field.child("serviceAccountName"), old_account = field.child("serviceAccount"), node = field.child("nodeName"), host = field.child("hostNetwork"),
              containers = field.child("containers"), init = field.child("initContainers"), selector = field.child("nodeSelector"), affinity = field.child("affinity"),
              tolerations = field.child("tolerations"), spread = field.child("topologySpreadConstraints"), scheduler = field.child("schedulerName"),
              runtime = field.child("runtimeClassName"), gates = field.child("schedulingGates");
  spec.service_account = account.text_or(old_account.text_or(""));
  if (spec.service_account.empty()) spec.service_account = "default";
  spec.node_name = node.text_or("");
  spec.node_name_origin = node.origin();
  spec.host_network = host.boolean().value_or(false);
  decode_containers(containers, false, spec);
  decode_containers(init, true, spec);
  spec.node_selector = decode_node_selector(selector);
  if (affinity.mapping()) decode_affinity(affinity, spec);
  decode_tolerations(tolerations, spec);
  decode_spread(spread, spec);
  spec.scheduler_name = scheduler.text_or("");
  spec.runtime_class = runtime.text_or("");
  for (size_t i = 0; i < gates.size(); ++i) {
    const Field gate = gates.item(i);
    const Field name = gate.child("name");
    spec.scheduling_gates.push_back(name.text_or(""));
  }
  return spec;
}

Pod decode_pod(const Field& object) {
  Pod pod;
  pod.meta = decode_meta(object, Scope::namespaced, NameForm::dns_subdomain, false);
  const Field spec = object.child("spec"), status = object.child("status"), meta = object.child("metadata");
  pod.spec = decode_pod_spec(spec);
  const Field owners = meta.child("ownerReferences"), deleted = meta.child("deletionTimestamp");
  pod.owner = controller_of(owners);
  pod.terminating = deleted.present();
  if (!status.mapping()) return pod;
  const Field phase = status.child("phase"), ips = status.child("podIPs"), ip = status.child("podIP"), conditions = status.child("conditions");
  pod.ready = decode_ready(conditions);
  pod.phase = decode_phase(phase);
  for (size_t i = 0; i < ips.size(); ++i) {
    const Field entry = ips.item(i);
    const Field address = entry.child("ip");
    append_address(address, pod.addresses);
  }
  if (pod.addresses.empty()) append_address(ip, pod.addresses);
  return pod;
}

}  // namespace npverify::resource
