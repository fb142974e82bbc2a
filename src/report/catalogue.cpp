#include "report/catalogue.h"

#include "report/catalogue_parts.h"

namespace npverify::report {

std::string list_page(const semantics::Encodings& encodings, bool json, size_t width) {
  return json ? dump(list_json(encodings)) : list_text(encodings, {.width = width});
}

std::string profile_page(const semantics::Encodings& encodings, const semantics::Profile& profile, bool json, size_t width) {
  return json ? dump(profile_json(encodings, profile)) : profile_text(encodings, profile, {.width = width});
}

std::string difference_page(const semantics::Encodings& encodings, const semantics::Profile& left, const semantics::Profile& right, bool json, size_t width) {
  return json ? dump(difference_json(encodings, left, right)) : difference_text(encodings, left, right, {.width = width});
}

std::string axis_page(const semantics::Encodings& encodings, const std::string& id, bool json, size_t width) {
  const semantics::AxisInfo* axis = encodings.axis(id);
  if (!axis) {
    std::vector<std::string> known;
    std::string list;
    for (const auto& one : encodings.axes()) {
      known.push_back(one.id);
      list += "\n  " + one.id + "  " + one.question;
    }
    const auto near = base::nearest(id, known);
    throw base::InputError("error: there is no axis '" + id + "'" + (near ? " (did you mean '" + *near + "'?)" : "") + "; the axes are:" + list + "\n");
  }
  return json ? dump(axis_json(encodings, *axis)) : axis_text(encodings, *axis, {.width = width});
}

std::vector<std::string> differing_axes(const semantics::Encodings& encodings, const semantics::Profile& left, const semantics::Profile& right) {
  std::vector<std::string> ids;
  for (const auto& axis : encodings.axes()) {
    const auto &a = left.axis(axis.id), &b = right.axis(axis.id);
    if (a.rule != b.rule || a.parameters != b.parameters) ids.push_back(axis.id);
  }
  return ids;
}

}  // namespace npverify::report
