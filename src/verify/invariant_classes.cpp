// Closed universes: classes of pods are asked first. They answer for all pairs at once, and only too much: what they rule out is no flow, and an
// end that they leave out is none of a flow. So a search that they rule out is over, and of any other the solver is asked about the pods that
// are left. The smallest flow is looked for among all pods, so a witness does not depend on them.
#include <algorithm>

#include "base/diagnostics.h"
#include "base/fingerprint.h"
#include "verify/invariant_run.h"

namespace npverify::verify {

using logic::Role;

namespace {

uint64_t number_of(const std::string& text) { return std::stoull(base::fingerprint(text).substr(0, 15), nullptr, 16); }

size_t index_of(Role role) { return role == Role::source ? 0 : 1; }

/// The pods that a universe leaves for an end, fewer for a while.
class FewerEnds {
 public:
  using Pods = std::optional<std::vector<uint32_t>>;
  FewerEnds(world::Universe& universe, const reach::PossibleFlows& left) : universe_(universe), sources_(universe.sources), destinations_(universe.destinations) {
    narrow(universe.sources, left.sources);
    narrow(universe.destinations, left.destinations);
  }
  ~FewerEnds() {
    universe_.sources = std::move(sources_);
    universe_.destinations = std::move(destinations_);
  }
  FewerEnds(const FewerEnds&) = delete;
  FewerEnds& operator=(const FewerEnds&) = delete;

 private:
  static void narrow(Pods& pods, const std::vector<uint32_t>& left) {
    std::vector<uint32_t> both;
    if (pods)
      std::set_intersection(pods->begin(), pods->end(), left.begin(), left.end(), std::back_inserter(both));
    else
      both = left;
    pods = std::move(both);
  }

  world::Universe& universe_;
  Pods sources_, destinations_;
};

}  // namespace

// A whole search can cost much more than all that the classes do, so that of one that is drawn a piece is asked.
InvariantRun::OpenFlows::Sample InvariantRun::sample_of(const ClosedWorld& world, uint64_t fingerprint) const {
  using enum OpenFlows::Sample;
  const size_t every = context_.options.sample_classes_every;
  if (every <= 1) return every == 1 ? all : none;
  return world.first() == &context_.invariant || fingerprint % every == 0 ? piece : none;
}

bool InvariantRun::ruled_out(const Ends& ends, const reach::PairQuestion& asked, const std::string& title, std::optional<Role> nobody) {
  open_flows_.reset();
  ClosedWorld* world = context_.worlds ? context_.worlds->world_for(*ends.of, context_.set, context_.invariant) : nullptr;
  if (!world) return false;
  auto found = world->possible({pool_, asked, nobody});
  if (!found) return false;
  answer_.by_classes += !found->any;
  const uint64_t which = number_of(context_.invariant.id + ": " + title);
  const OpenFlows::Sample sample = sample_of(*world, which);
  if (!found->any && sample == OpenFlows::Sample::none) return true;
  open_flows_ = {.flows = std::move(*found), .sample = sample, .which = which, .namespaces = {}};
  for (const Role role : {Role::source, Role::destination})
    for (const uint32_t pod : role == Role::source ? open_flows_->flows.sources : open_flows_->flows.destinations) open_flows_->namespaces[index_of(role)].insert(universe_.pods.at(pod).pod.namespace_name);
  return false;
}

void InvariantRun::leave_out(std::vector<Slice>& pieces, Direction direction) const {
  if (!open_flows_ || open_flows_->sample == OpenFlows::Sample::all) return;
  if (!open_flows_->flows.any) {
    pieces = {pieces[open_flows_->which / context_.options.sample_classes_every % pieces.size()]};
    return;
  }
  const auto& left = open_flows_->namespaces[index_of(policy::subject_of(direction))];
  std::erase_if(pieces, [&](const Slice& piece) {
    return !piece.when.is_true() && std::none_of(piece.namespaces.begin(), piece.namespaces.end(), [&](const auto& name) { return left.contains(name); });
  });
}

smt::Result InvariantRun::ask(const std::vector<logic::Expr>& asserted, const std::string& title) {
  if (!open_flows_ || !open_flows_->flows.any) return question_->ask(asserted, title);
  const FewerEnds fewer(universe_, open_flows_->flows);
  return question_->ask(asserted, title);
}

smt::Result InvariantRun::ask_for_flow(const std::vector<logic::Expr>& asserted, const std::string& title) {
  const smt::Result left = ask(asserted, title);
  if (!open_flows_ || open_flows_->sample == OpenFlows::Sample::none) return left;
  const auto disagree = [&](const std::string& said) {
    throw base::InternalError("the classes of pods and the solver disagree on invariant '" + context_.invariant.id + "': the classes " + said + ", the solver finds one\n" + question_->script(asserted, title));
  };
  if (!open_flows_->flows.any) {
    if (left.answer == smt::Answer::sat) disagree("rule out every flow");
    return left;
  }
  if (left.answer != smt::Answer::unsat) return left;
  if (question_->ask(asserted, title).answer == smt::Answer::sat) disagree("leave no pod that is an end of one");
  if (open_flows_->sample == OpenFlows::Sample::piece) open_flows_->sample = OpenFlows::Sample::none;
  return left;
}

}  // namespace npverify::verify
