#include "npverify/list.h"

#include "library/state.h"
#include "report/connections.h"
#include "verify/list.h"

namespace npverify {
namespace {

world::UniverseKind universe_of(const std::string& name) {
  for (const auto kind : {world::UniverseKind::observed, world::UniverseKind::declared})
    if (name == world::to_string(kind)) return kind;
  throw base::InputError("error: --universe " + name + ": a list needs pods that are there; expected declared or observed\n");
}

std::vector<base::Protocol> protocols_of(const std::vector<std::string>& names) {
  std::vector<base::Protocol> all;
  for (const auto protocol : base::all_protocols)
    for (const auto& name : names)
      if (base::parse_protocol(name) == protocol && (all.empty() || all.back() != protocol)) all.push_back(protocol);
  for (const auto& name : names)
    if (!base::parse_protocol(name)) throw base::InputError("error: --protocols " + name + ": expected some of TCP, UDP, SCTP and ICMP\n");
  return all;
}

[[noreturn]] void refuse_format(const std::string& format, const std::vector<std::string>& known) {
  std::string names;
  for (const auto& name : known) names += (names.empty() ? "" : ", ") + name;
  const auto near = base::nearest(format, known);
  throw base::InputError("error: --format " + format + ": expected one of " + names + (near ? " (did you mean '" + *near + "'?)" : "") + "\n");
}

}  // namespace

struct Connections::State {
  verify::ConnectionList list;
  report::Run run;

  report::Run laid_out(const TextOptions& options) const {
    report::Run out = run;
    out.style = {.colour = options.colour, .width = options.width, .quiet = options.quiet, .verbose = options.verbose, .stats = options.stats};
    return out;
  }
};

std::vector<std::string> Connections::formats() { return {"text", "csv", "json", "dot"}; }

void Connections::write(const std::string& format, std::ostream& out, const TextOptions& layout) {
  library::guarded([&] {
    if (format == "text") return report::write_connections_text(state_->list, state_->laid_out(layout), out);
    if (format == "csv") return report::write_connections_csv(state_->list, out);
    if (format == "json") return report::write_connections_json(state_->list, state_->run, out);
    if (format == "dot") return report::write_connections_dot(state_->list, out);
    refuse_format(format, formats());
  });
}

void Connections::write_counts(const std::string& format, std::ostream& out, const TextOptions& layout) {
  library::guarded([&] {
    if (format == "text") return report::write_counts_text(state_->list, state_->laid_out(layout), out);
    if (format == "csv") return report::write_counts_csv(state_->list, out);
    if (format == "json") return report::write_counts_json(state_->list, state_->run, out);
    refuse_format(format, {"text", "csv", "json"});
  });
}

int Connections::exit_code() const { return state_->list.exit_code(); }

std::vector<std::string> Connections::limits() const {
  const verify::Limits& limits = state_->list.limits();
  std::vector<std::string> all = limits.gaps;
  all.insert(all.end(), limits.not_modelled.begin(), limits.not_modelled.end());
  all.insert(all.end(), limits.approximations.begin(), limits.approximations.end());
  all.insert(all.end(), state_->list.assumptions().begin(), state_->list.assumptions().end());
  return all;
}

void Connections::add_profile_notes(const std::vector<std::string>& sentences) {
  state_->run.chosen.insert(state_->run.chosen.end(), sentences.begin(), sentences.end());
}

Connections list(const Snapshot& snapshot, const Profile& profile, const ListOptions& options) {
  return library::guarded([&] {
    verify::ListOptions question{.universe = universe_of(options.universe),
                                 .ends = {.pods = options.pods, .nodes = options.nodes, .external = options.external},
                                 .protocols = protocols_of(options.protocols),
                                 .focus = options.focus};
    auto state = std::make_shared<Connections::State>(Connections::State{verify::ConnectionList(snapshot.state().whole(), profile.state().profile, question), {.command = "list", .version = version()}});
    state->run.notes = snapshot.notes();
    return Connections(state);
  });
}

}  // namespace npverify
