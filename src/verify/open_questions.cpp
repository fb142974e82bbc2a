#include "verify/open_questions.h"

#include <algorithm>

namespace npverify::verify {
namespace {

void add(std::vector<path::OpenQuestion>& list, const path::OpenQuestion& question) {
  if (std::none_of(list.begin(), list.end(), [&](const auto& one) { return one.id == question.id; })) list.push_back(question);
}

}  // namespace

std::vector<path::OpenQuestion> deciding_questions(const std::vector<JourneyVerdict>& all) {
  std::vector<path::OpenQuestion> found, every;
  bool part = false;
  for (const auto& a : all) {
    for (const auto& question : a.journey.open) add(every, question);
    for (const auto& b : all) {
      if (a.verdict == b.verdict) continue;
      part = true;
      std::vector<const path::OpenQuestion*> different;
      for (const auto& mine : a.journey.open)
        for (const auto& other : b.journey.open)
          if (mine.id == other.id && mine.answer != other.answer) different.push_back(&mine);
      if (different.size() == 1) add(found, *different[0]);
    }
  }
  if (!part) return {};
  return found.empty() ? every : found;
}

std::string text_of(const path::OpenQuestion& question) {
  std::string answers;
  for (const auto& answer : question.answers) answers += (answers.empty() ? "" : "|") + answer;
  return (question.setting ? "--path-setting " + question.id + "=" + answers : "evidence for " + question.id + " (" + answers + ")") + ": " + question.question;
}

}  // namespace npverify::verify
