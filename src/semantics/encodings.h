#pragma once

#include "semantics/load.h"
#include "semantics/profile.h"

namespace npverify::semantics {

/// What Encodings holds; here so that tests can reach the examples.
struct Encodings::State {
  explicit State(EncodingsData loaded) : data(std::move(loaded)) {}
  EncodingsData data;
};

}  // namespace npverify::semantics
