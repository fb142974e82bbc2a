#pragma once

#include <string>
#include <vector>

#include "verify/flow_explanation.h"

/// What nothing tells of a path, and which of it decides.
namespace npverify::verify {

/// The open questions on which the verdicts part: those that differ between two journeys of different verdicts which answer all else alike;
/// where no two are so near, every open question. Empty where the verdicts agree.
std::vector<path::OpenQuestion> deciding_questions(const std::vector<JourneyVerdict>& all);

/// "--path-setting proxy=iptables|ipvs: What turns ...", or for a fact "evidence for ...".
std::string text_of(const path::OpenQuestion& question);

}  // namespace npverify::verify
