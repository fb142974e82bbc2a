#pragma once

#include <string>

#include "explain/place.h"

/// What can be said about one axis: one entry of a table an axis. An axis without an entry is told by its question and its sentences.
namespace npverify::explain {

struct AxisWords {
  const char* axis;
  /// What the finding is about, to end a title: "an ipBlock that covers pods".
  std::string (*topic)(const verify::Finding& finding, const Material& material);
  /// A sentence on this very finding beside the axis's own: "10.244.1.2 lies in the ipBlock 10.244.0.0/16 and is a pod's". May be empty.
  std::string (*detail)(const verify::Finding& finding, const Material& material);
  /// The part of a policy that the axis is about; nullptr: none in particular.
  Wanted part;
  /// See explain.h, repair.
  std::string (*repair)(const verify::Finding& finding, const Material& material);
};

/// nullptr for an axis without an entry.
const AxisWords* words_of(const std::string& axis);

// The entries, a file a topic.
bool is_block(const Part& part);
bool is_range(const Part& part);
bool is_named_port(const Part& part);
bool is_portless(const Part& part);
bool is_sctp(const Part& part);
bool is_unlisted_rule(const Part& part);
bool is_negative_peer(const Part& part);

std::string block_topic(const verify::Finding& finding, const Material& material);
std::string block_detail(const verify::Finding& finding, const Material& material);
std::string block_repair(const verify::Finding& finding, const Material& material);
std::string family_repair(const verify::Finding& finding, const Material& material);
std::string covered_repair(const verify::Finding& finding, const Material& material);

std::string range_repair(const verify::Finding& finding, const Material& material);
std::string named_port_detail(const verify::Finding& finding, const Material& material);
std::string named_port_repair(const verify::Finding& finding, const Material& material);
std::string port_absent_repair(const verify::Finding& finding, const Material& material);

std::string types_repair(const verify::Finding& finding, const Material& material);
std::string beyond_pods_repair(const verify::Finding& finding, const Material& material);
std::string labels_detail(const verify::Finding& finding, const Material& material);

}  // namespace npverify::explain
