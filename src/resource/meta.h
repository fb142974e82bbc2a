#pragma once

#include "resource/decode.h"

namespace npverify::resource {

enum class Scope : uint8_t { namespaced, cluster };
enum class NameForm : uint8_t { dns_subdomain, dns_label };

/// metadata of an object, its namespace defaulted. Strict reading reports unknown fields. An object with generateName only, which
/// `kubectl create` names, is called by that prefix, "x" and a number.
ObjectMeta decode_meta(const Field& object, Scope scope, NameForm form, bool strict);

/// Reports the slips of the keyboard in a template's metadata, of which only the labels are read.
void no_slips_in_meta(const Field& meta);

/// A label selector that is present (absent or null reads as the empty one): reported where the API server refuses it.
LabelSelector decode_selector(const Field& selector, bool strict);

/// Keys and values of labels, reported where they are not valid.
Labels decode_labels(const Field& labels);

}  // namespace npverify::resource
