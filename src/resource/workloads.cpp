// The kinds that make pods from a template: apps, batch, and core's ReplicationController.
#include "resource/kinds.h"

namespace npverify::resource {
namespace {

/// spec.replicas, or the parallelism of a Job. A DaemonSet has as many pods as nodes; one stands for all.
int decode_replicas(const Field& spec, std::string_view kind) {
  if (kind == "DaemonSet") return 1;
  const Field count = spec.child(kind == "Job" || kind == "CronJob" ? "parallelism" : "replicas");
  return static_cast<int>(count.integer(0, INT32_MAX).value_or(1));
}

void decode_template(const Field& spec, Workload& workload) {
  workload.replicas = decode_replicas(spec, workload.kind);
  const Field pod = spec.child("template");
  if (!pod.present() && workload.kind != "ReplicationController" && workload.kind != "ReplicaSet") pod.error("a pod template is missing");
  if (!pod.mapping()) return;
  pod.no_slips({"metadata", "spec"});
  const Field meta = pod.child("metadata"), pod_spec = pod.child("spec");
  if (meta.mapping()) {
    no_slips_in_meta(meta);
    const Field labels = meta.child("labels"), annotations = meta.child("annotations");
    workload.pod_labels = decode_labels(labels);
    workload.pod_annotations = annotations.text_map();
  }
  workload.pod = decode_pod_spec(pod_spec);
}

}  // namespace

Workload decode_workload(const Field& object, std::string_view kind) {
  Workload workload;
  workload.kind = kind;
  workload.meta = decode_meta(object, Scope::namespaced, NameForm::dns_subdomain, false);
  const Field spec = object.child("spec");
  if (spec.present() && !spec.mapping()) return workload;
  if (kind != "CronJob") {
    decode_template(spec, workload);
    return workload;
  }
  const Field job = spec.child("jobTemplate");
  const Field job_spec = job.child("spec");
  decode_template(job_spec, workload);
  return workload;
}

}  // namespace npverify::resource
