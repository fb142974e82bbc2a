#include "verify/comparison.h"

#include <algorithm>
#include <iterator>

#include "base/diagnostics.h"
#include "base/fingerprint.h"
#include "verify/slices.h"

namespace npverify::verify {
namespace {

using logic::Expr;
using logic::Pool;
using policy::Direction;
using policy::DirectionReading;
using policy::Policy;
using policy::Reading;

constexpr size_t most_peers = 12;  ///< namespaces of one pair query
constexpr size_t most_policies = 60;  ///< of a slice that is asked as a whole: above, what has to be proved grows with the square of the policies
constexpr size_t first_ahead = 16;    ///< slices that are looked at ahead once one agreed; twice as many each time

const std::vector<uint32_t>& policies_in(const DirectionReading& side, const std::string& name) {
  static const std::vector<uint32_t> none;
  const auto it = side.by_namespace.find(name);
  return it == side.by_namespace.end() ? none : it->second;
}

template <class T, class Equal>
bool alike(const std::vector<T>& a, const std::vector<T>& b, Equal equal) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
}

bool same_gaps(const DirectionReading& a, const DirectionReading& b, const std::string& owner) {
  const auto of = [&](const DirectionReading& side) {
    std::vector<std::pair<policy::Gap::Scope, Expr>> gaps;
    if (const auto it = side.gaps_by_namespace.find(owner); it != side.gaps_by_namespace.end())
      for (const uint32_t index : it->second) gaps.emplace_back(side.gaps[index].scope, side.gaps[index].when);
    std::sort(gaps.begin(), gaps.end());
    return gaps;
  };
  return of(a) == of(b);
}

// What holds for every subject, whatever the policies. Drops count only where they are compared: else no flow in scope meets one.
bool same_frame(const DirectionReading& a, const DirectionReading& b, bool with_drops) {
  const auto same = [](const auto& x, const auto& y) { return x.when == y.when; };
  return a.enforced == b.enforced && a.unisolated_denied == b.unisolated_denied && (!with_drops || alike(a.drops, b.drops, same)) && alike(a.admits, b.admits, same) && same_gaps(a, b, "");
}

Canonical::Policies listed(const DirectionReading& side, const std::string& name) {
  Canonical::Policies policies;
  for (const uint32_t index : policies_in(side, name)) policies.push_back(&side.policies[index]);
  return policies;
}

// What tells one finding from another: its change and its cause, whatever the flow that shows it.
std::string id_of(const Finding& finding) {
  std::string text = finding.change == Change::none ? "differs" : finding.change == Change::opened ? "opened" : "closed";
  for (const auto* names : {&finding.cause.axes, &finding.cause.changed})
    for (const auto& name : *names) text += "\n" + name;
  return base::fingerprint(text).substr(0, 16);
}

std::string agreement_fact(Direction d) { return std::string("agrees in ") + to_string(d); }

}  // namespace

// Namespaces that can differ come first, so that their slices are spread evenly.
Comparison::Comparison(Question& question, Sides sides, const Options& options)
    : question_(question), pool_(question.pool()), sides_(std::move(sides)), options_(options), canonical_(question.pool(), question.universe().addresses),
      lemmas_(question, {in_scope()}, options.jobs) {
  for (const auto* names : {&sides_.alterable, &sides_.namespaces})
    for (const auto& name : *names) positions_.emplace(name, positions_.size());
  positions_.emplace("", positions_.size());
  for (const Reading* reading : {&sides_.left, &sides_.right})
    for (const auto& refused : reading->refused) refusing_.insert(refused.namespace_name);
}

// Folders are read in the order of their files, so the policies of a namespace are compared by name.
bool Comparison::as_written(const DirectionReading& a, const DirectionReading& b, Direction direction, const std::string& name) {
  Canonical::Policies left = listed(a, name), right = listed(b, name);
  for (Canonical::Policies* policies : {&left, &right}) std::sort(policies->begin(), policies->end(), [](const Policy* x, const Policy* y) { return x->name < y->name; });
  return same_gaps(a, b, name) && alike(left, right, [&](const Policy* x, const Policy* y) { return canonical_.same(*x, *y, policy::peer_of(direction)); });
}

bool Comparison::same_policies(const DirectionReading& a, const DirectionReading& b, Direction direction, const std::string& name) {
  if (!same_gaps(a, b, name)) return false;
  Canonical::Policies left = listed(a, name), right = listed(b, name);
  return canonical_.same(left, right, policy::peer_of(direction));
}

const Altered& Comparison::altered_by(const std::set<size_t>& on) {
  if (altered_ && altered_->first == on) return altered_->second;
  altered_.reset();
  Altered altered{.plain = &sides_.right};
  const bool anywhere = std::any_of(on.begin(), on.end(), [&](size_t i) { return sides_.switches[i].kind != Switch::Kind::policy; });
  if (anywhere) altered.namespaces = sides_.alterable;
  for (const size_t i : on)
    if (sides_.switches[i].kind == Switch::Kind::policy) altered.namespaces.insert(sides_.switches[i].namespace_name);
  if (!on.empty()) altered.reading = std::make_shared<const Reading>(sides_.right_with(on, altered.namespaces));
  return altered_.emplace(on, std::move(altered)).second;
}

std::vector<std::string> agreement_facts() {
  std::vector<std::string> facts;
  for (const Direction d : policy::both_directions) facts.push_back(agreement_fact(d));
  return facts;
}

std::vector<Comparison::Slice> Comparison::differing_slices(const Altered& right, const std::set<size_t>& on) {
  std::vector<Slice> slices;
  std::set<std::string> missing;
  for (const Direction d : policy::both_directions) {
    const DirectionReading& a = sides_.left.direction(d);
    const bool frame = same_frame(a, right.in("").direction(d), options_.datapath);
    const std::string fact = with_switches(agreement_fact(d), on);
    for (const auto& name : frame ? sides_.alterable : sides_.namespaces) {
      if (!takes(name)) continue;
      const auto known = recall(fact, name);
      if (known && *known > 0) slices.push_back({d, name, fact, known});
      if (known) continue;
      const DirectionReading& b = right.in(name).direction(d);
      if (sides_.unread.contains(name)) missing.insert(name);
      else if (!frame || !same_policies(a, b, d, name)) slices.push_back({d, name, fact, {}, frame && same_gaps(a, b, name)});
      else learn(fact, name, 0);
    }
    if (!frame && takes("")) slices.push_back({d, "", fact, recall(fact, "")});
  }
  need(missing);
  return slices;
}

std::string Comparison::with_switches(const std::string& what, const std::set<size_t>& on) const {
  std::string fact = what;
  for (const size_t i : on) fact += "\n" + sides_.switches[i].name;
  return fact;
}

std::optional<size_t> Comparison::recall(const std::string& fact, const std::string& name) const {
  return options_.memory ? options_.memory->recall(fact, name) : std::nullopt;
}

// Policies that a side refuses are listed in the report, so their namespaces have to be read every time.
void Comparison::learn(const std::string& fact, const std::string& name, size_t queries) const {
  if (options_.memory && !refusing_.contains(name)) options_.memory->learn(fact, name, queries);
}

void Comparison::need(const std::set<std::string>& namespaces) const {
  std::set<std::string> missing;
  std::set_intersection(namespaces.begin(), namespaces.end(), sides_.unread.begin(), sides_.unread.end(), std::inserter(missing, missing.end()));
  if (!missing.empty()) throw PoliciesNeeded(std::move(missing));
}

policy::Verdict Comparison::slice_verdict(const Reading& reading, const Slice& slice) {
  const auto& side = reading.direction(slice.direction);
  return slice.namespace_name.empty() ? policy::verdict_elsewhere(pool_, side, slice.direction) : policy::verdict_in_namespace(pool_, side, slice.direction, slice.namespace_name);
}

// Flows that both datapaths leave to policy, unless the datapaths themselves are compared.
Expr Comparison::in_scope() {
  if (options_.datapath) return logic::True;
  std::vector<Expr> dropped;
  for (const Reading* reading : {&sides_.left, &sides_.right})
    for (const Direction d : policy::both_directions) {
      const Expr is_pod = pool_.kind_is(policy::subject_of(d), logic::EndpointKind::pod);
      dropped.push_back(pool_.both(is_pod, policy::dropped(pool_, reading->direction(d))));
    }
  return pool_.negation(pool_.disjunction(std::move(dropped)));
}

Expr Comparison::differs(Change change, const FlowFormula& left, const FlowFormula& right) {
  const Expr known = pool_.negation(pool_.either(left.unknown, right.unknown));
  switch (change) {
    case Change::none: return pool_.both(known, pool_.different(left.allowed, right.allowed));
    case Change::opened: return pool_.conjunction({known, pool_.negation(left.allowed), right.allowed});
    case Change::closed: return pool_.conjunction({known, left.allowed, pool_.negation(right.allowed)});
  }
  return logic::False;
}

smt::Result Comparison::ask(const std::vector<Expr>& asserted, const std::string& title, const std::string& what, bool smallest) {
  tell(options_, "solving", what);
  smt::Result result = smallest ? question_.smallest(asserted, title) : question_.ask(asserted, title);
  tell(options_, "comparing");
  return result;
}

std::string Comparison::words(const Slice& slice) const {
  const size_t policies = std::max(policies_in(sides_.left.direction(slice.direction), slice.namespace_name).size(), policies_in(sides_.right.direction(slice.direction), slice.namespace_name).size());
  return std::string(to_string(slice.direction)) + " of " + (slice.namespace_name.empty() ? "pods without policies" : slice.namespace_name + " with " + std::to_string(policies) + " policies");
}

// Where every slice so far had a difference, the next will have one, and a finding: there is nothing to do ahead.
std::optional<Finding> Comparison::next_finding(Change change, const std::set<size_t>& known) {
  const Altered& right_now = altered_by(known);
  const std::vector<Slice> slices = differing_slices(right_now, known);
  size_t ahead_to = 0, ahead_by = 0;
  for (size_t i = 0; i < slices.size(); ++i) {
    const Slice& slice = slices[i];
    ++slices_;
    if (slice.remembered) {
      remembered_queries_ += *slice.remembered;
      continue;
    }
    if (i >= ahead_to && ahead_by > 0) {
      ahead_to = std::min(slices.size(), i + ahead_by);
      look_ahead(change, right_now, std::span(slices).subspan(i, ahead_to - i), known);
    }
    if (auto finding = search(change, right_now, slice, known)) {
      finding->direction = slice.direction;
      finding->namespace_name = slice.namespace_name;
      return finding;
    }
    if (i >= ahead_to) ahead_by = std::max(first_ahead, 2 * ahead_by);
  }
  return std::nullopt;
}

bool Comparison::is_large(const Slice& slice) const {
  return std::max(policies_in(sides_.left.direction(slice.direction), slice.namespace_name).size(), policies_in(sides_.right.direction(slice.direction), slice.namespace_name).size()) > most_policies;
}

// What would have to be proved for the two sides to agree in the slice, beside what is equal as it is written. Whoever wants to see every query, or a
// proof of it, is not content with lemmas.
std::optional<std::vector<Lemma>> Comparison::lemmas_in(const Altered& right_now, const Slice& slice) {
  const SolverOptions& solver = question_.options();
  if (!slice.by_policies || solver.second_solver || !solver.dump_smt2.empty() || !solver.proofs.empty()) return std::nullopt;
  Canonical::Policies left = listed(sides_.left.direction(slice.direction), slice.namespace_name), right = listed(right_now.in(slice.namespace_name).direction(slice.direction), slice.namespace_name);
  canonical_.same(left, right, policy::peer_of(slice.direction));
  return lemmas_of(pool_, left, right);
}

bool Comparison::all_hold(const std::vector<Lemma>& lemmas) const {
  return std::all_of(lemmas.begin(), lemmas.end(), [&](const Lemma& lemma) { return lemmas_.holds(lemma); });
}

void Comparison::look_ahead(Change change, const Altered& right_now, std::span<const Slice> slices, const std::set<size_t>& known) {
  const SolverOptions& solver = question_.options();
  if (solver.second_solver || !solver.dump_smt2.empty() || !solver.proofs.empty()) return;
  struct Open {
    const Slice* slice;
    std::string key;
    std::optional<std::vector<Lemma>> lemmas;
  };
  std::vector<Open> open;
  std::vector<Lemma> all;
  for (const Slice& slice : slices) {
    std::string key = query_key(change, slice, "alone", {}, known);
    if (slice.remembered || without_finding_.contains(key) || with_difference_.contains(key) || ahead_.contains(key)) continue;
    open.push_back({&slice, std::move(key), lemmas_in(right_now, slice)});
    if (open.back().lemmas) all.insert(all.end(), open.back().lemmas->begin(), open.back().lemmas->end());
  }
  tell(options_, "solving", "what " + std::to_string(open.size()) + " namespaces say in other words");
  lemmas_.prove(all);
  std::erase_if(open, [&](const Open& one) {
    const bool agrees = one.lemmas && all_hold(*one.lemmas);
    if (agrees) ahead_.emplace(one.key, smt::Answer::unsat);
    return agrees;
  });
  std::vector<std::vector<Expr>> queries;
  for (const Open& one : open) queries.push_back(difference_in(change, right_now, *one.slice));
  const std::vector<smt::Result> answers = question_.aside(queries, options_.jobs);
  for (size_t i = 0; i < open.size(); ++i)
    if (answers[i].answer != smt::Answer::unknown) ahead_.emplace(open[i].key, answers[i].answer);
  tell(options_, "comparing");
}

// Policies that were proved to say what the left's say are asked about in the left's words: what is the same on both sides then is so by its form, and
// a query about thousands of policies is as hard as the few of them that differ.
Altered Comparison::in_words_of_the_left(const Altered& right_now, const Slice& slice, const std::vector<Lemma>& lemmas) {
  const std::string& name = slice.namespace_name;
  const Reading& right = right_now.in(name);
  Reading words{.profile = right.profile};
  for (const Direction d : policy::both_directions) {
    DirectionReading& to = words.direction(d);
    to = right.direction(d);
    to.policies.clear();
    to.by_namespace.clear();
    Canonical::Policies kept = listed(right.direction(d), name);
    if (d == slice.direction) {
      Canonical::Policies left = listed(sides_.left.direction(d), name), left_apart = left, right_apart = kept;
      canonical_.same(left_apart, right_apart, policy::peer_of(d));
      std::set<const Policy*> differing(left_apart.begin(), left_apart.end());
      std::set<const Policy*> of_right(right_apart.begin(), right_apart.end());
      for (const Lemma& lemma : lemmas) {
        if (!lemmas_.holds(lemma)) continue;
        for (const Policy* policy : lemma.left_policies) differing.erase(policy);
        for (const Policy* policy : lemma.right_policies) of_right.erase(policy);
      }
      std::erase_if(left, [&](const Policy* policy) { return differing.contains(policy); });
      kept = std::move(left);
      kept.insert(kept.end(), of_right.begin(), of_right.end());
    }
    for (const Policy* policy : kept) {
      to.by_namespace[name].push_back(static_cast<uint32_t>(to.policies.size()));
      to.policies.push_back(*policy);
    }
  }
  Altered out = right_now;
  out.respelled_namespace = name;
  out.respelled = std::make_shared<const Reading>(std::move(words));
  return out;
}

// A flow that opens is allowed at both ends on the right, and denied at one of them on the left: that end's slice holds it. Likewise one that closes.
std::vector<Expr> Comparison::difference_in(Change change, const Altered& right_now, const Slice& slice) {
  const policy::Verdict left = slice_verdict(sides_.left, slice), right = slice_verdict(right_now.in(slice.namespace_name), slice);
  const logic::Role subject = policy::subject_of(slice.direction);
  std::vector<Expr> asserted{pool_.kind_is(subject, logic::EndpointKind::pod), in_scope(), differs(change, {left.allowed, left.unknown}, {right.allowed, right.unknown})};
  if (!slice.namespace_name.empty()) asserted.push_back(pool_.namespace_is(subject, slice.namespace_name));
  return asserted;
}

// Does the slice differ, whatever the other end's policies are? What is not decided is noted.
smt::Answer Comparison::alone(Change change, const Altered& right_now, const Slice& slice, const std::set<size_t>& known) {
  const std::string key = query_key(change, slice, "alone", {}, known);
  if (without_finding_.contains(key)) return smt::Answer::unsat;
  if (with_difference_.contains(key)) return smt::Answer::sat;
  smt::Answer answer = smt::Answer::unknown;
  if (const auto ahead = ahead_.find(key); ahead != ahead_.end()) {
    answer = ahead->second;
    ++remembered_queries_;
  } else {
    const std::string where = std::string(to_string(slice.direction)) + " of " + (slice.namespace_name.empty() ? "pods without policies" : slice.namespace_name);
    const smt::Result found = ask(difference_in(change, right_now, slice), "slice: " + where, words(slice));
    answer = found.answer;
    if (answer == smt::Answer::unknown && unknown_.empty()) unknown_ = where + ": " + found.reason;
  }
  if (answer == smt::Answer::unsat) {
    if (change == Change::none) learn(slice.fact, slice.namespace_name, 1);
    without_finding_.insert(key);
  }
  if (answer == smt::Answer::sat) with_difference_.insert(key);
  return answer;
}

// One slice: first alone, then with the other end's policies, nearest first. Of equiv it is remembered which slices agree alone, so that is asked first.
std::optional<Finding> Comparison::search(Change change, const Altered& as_it_is, const Slice& slice, const std::set<size_t>& known) {
  std::optional<reach::PossibleChanges> possible = change == Change::none ? std::nullopt : by_classes(change, slice);
  if (possible && !possible->any && !in_sample(slice)) return std::nullopt;
  std::optional<Altered> in_words;
  if (is_large(slice))
    if (const auto lemmas = lemmas_in(as_it_is, slice)) {
      tell(options_, "solving", words(slice) + ", one by one");
      lemmas_.prove(*lemmas);
      if (all_hold(*lemmas)) ahead_.emplace(query_key(change, slice, "alone", {}, known), smt::Answer::unsat);
      else in_words = in_words_of_the_left(as_it_is, slice, *lemmas);
    }
  const Altered& right_now = in_words ? *in_words : as_it_is;
  if (alone(change, right_now, slice, known) != smt::Answer::sat) return std::nullopt;
  if (!possible) possible = by_classes(change, slice);
  if (!possible || !in_sample(slice)) return search_pairs(change, right_now, as_it_is, slice, known, possible ? &*possible : nullptr);
  auto finding = search_pairs(change, right_now, as_it_is, slice, known, nullptr);
  if (finding && !contains(*possible, finding->witness, slice))
    throw base::InternalError("classes of pods say that no such flow of " + words(slice) + " differs, and the solver found one: " + finding->witness.source.name + " -> " + finding->witness.destination.name + " " +
                              base::to_string(finding->witness.protocol) + "/" + std::to_string(finding->witness.port) + "\n" +
                              question_.script(difference_in(change, right_now, slice), std::string("slice: ") + to_string(slice.direction) + " of " + slice.namespace_name));
  return finding;
}

std::optional<Finding> Comparison::search_pairs(Change change, const Altered& right_now, const Altered& as_it_is, const Slice& slice, const std::set<size_t>& known,
                                                const reach::PossibleChanges* possible) {
  const std::optional<std::set<std::string>> with = possible ? std::optional(namespaces_of(*possible)) : std::nullopt;
  const bool can_be_elsewhere = !possible || possible->with_others || with->contains("");
  if (std::string elsewhere = query_key(change, slice, "elsewhere", {}, known); can_be_elsewhere && !without_finding_.contains(elsewhere)) {
    if (auto finding = confirm(change, right_now, slice, {}, true)) return finding;
    without_finding_.insert(std::move(elsewhere));
  }
  std::vector<std::string> peers = with ? std::vector<std::string>(with->begin(), with->end()) : peers_of(change, slice, difference_in(change, right_now, slice), known);
  std::erase(peers, "");
  if (question_.universe().kind != world::UniverseKind::possible && is_unread(peers)) need_peers_of_all(as_it_is, known);
  std::erase_if(peers, [&](const std::string& peer) { return without_finding_.contains(query_key(change, slice, "in", peer, known)); });
  for (size_t first = 0; first < peers.size(); first += most_peers) {
    const std::vector<std::string> some(peers.begin() + static_cast<std::ptrdiff_t>(first), peers.begin() + static_cast<std::ptrdiff_t>(std::min(first + most_peers, peers.size())));
    if (auto finding = confirm(change, right_now, slice, some, false)) return finding;
    for (const auto& peer : some) without_finding_.insert(query_key(change, slice, "in", peer, known));
  }
  return std::nullopt;
}

// ------------------------------------------------------------------------------------------------ classes of pods
namespace {

/// The policies of some namespaces, and all that is of none.
Reading restricted(const Reading& reading, const std::set<std::string>& namespaces) {
  Reading out{.profile = reading.profile};
  for (const Direction d : policy::both_directions) {
    const DirectionReading& from = reading.direction(d);
    DirectionReading& to = out.direction(d);
    to.drops = from.drops;
    to.admits = from.admits;
    to.unisolated_denied = from.unisolated_denied;
    to.enforced = from.enforced;
    for (const policy::Gap& gap : from.gaps)
      if (gap.namespace_name.empty() || namespaces.contains(gap.namespace_name)) to.add(gap);
    for (const auto& name : namespaces)
      for (const uint32_t index : policies_in(from, name)) {
        to.by_namespace[name].push_back(static_cast<uint32_t>(to.policies.size()));
        to.policies.push_back(from.policies[index]);
      }
  }
  return out;
}

reach::ChangeQuestion::Change asked_of_classes(Change change) {
  using enum reach::ChangeQuestion::Change;
  return change == Change::none ? either : change == Change::opened ? opened : closed;
}

}  // namespace

// The readings have to stay where they are while there are classes of them.
std::unique_ptr<reach::ClosedChanges> Comparison::classes_reading(const std::set<std::string>& namespaces) {
  classes_.reset();
  left_of_classes_ = restricted(sides_.left, namespaces);
  right_of_classes_ = restricted(sides_.right, namespaces);
  std::set<std::string> others;
  std::set_difference(sides_.namespaces.begin(), sides_.namespaces.end(), namespaces.begin(), namespaces.end(), std::inserter(others, others.end()));
  return std::make_unique<reach::ClosedChanges>(pool_, left_of_classes_, right_of_classes_, question_.universe(), others);
}

// First with the policies of the slices that differ alone; then with those of the namespaces that have the other ends, which rule out most of them.
// No switch brings a flow into question that is none now: what is looked for differs with and without them.
void Comparison::make_classes() {
  classes_made_ = true;
  const SolverOptions& solver = question_.options();
  if (question_.universe().kind == world::UniverseKind::possible || solver.second_solver || !solver.dump_smt2.empty() || !solver.proofs.empty() || !options_.classes) return;
  std::set<std::string> names;
  for (const Slice& slice : differing_slices({.plain = &sides_.right}, {}))
    if (!slice.remembered && !slice.namespace_name.empty()) names.insert(slice.namespace_name);
  try {
    classes_ = classes_reading(names);
    std::set<std::string> more = names;
    for (const Direction d : policy::both_directions)
      for (const auto& name : names) {
        const auto possible = classes_->possible({reach::ChangeQuestion::Change::either, d, name});
        if (possible) more.merge(namespaces_of(*possible));
      }
    more.erase("");
    if (sides_.one_profile) need(more);  // whether a slice is asked alone must not hang on what was read
    std::erase_if(more, [&](const std::string& name) { return sides_.unread.contains(name); });
    if (more != names) classes_ = classes_reading(more);
  } catch (const base::Unsupported&) {  // the solver is asked about everything
    classes_.reset();
  }
}

std::optional<reach::PossibleChanges> Comparison::by_classes(Change change, const Slice& slice) {
  if (slice.namespace_name.empty()) return std::nullopt;
  if (!classes_made_) make_classes();
  return classes_ ? classes_->possible({asked_of_classes(change), slice.direction, slice.namespace_name}) : std::nullopt;
}

// Of the peers; "" stands for those in which no policy is.
std::set<std::string> Comparison::namespaces_of(const reach::PossibleChanges& possible) const {
  std::set<std::string> names;
  for (const uint32_t pod : possible.peers) {
    const std::string& name = question_.universe().pods[pod].pod.namespace_name;
    names.insert(sides_.namespaces.contains(name) ? name : "");
  }
  return names;
}

// By name, so that it is the same one in every run and on every shard.
bool Comparison::in_sample(const Slice& slice) const {
  const size_t every = options_.sample_classes_every;
  return every > 0 && std::stoul(base::fingerprint(std::string(to_string(slice.direction)) + slice.namespace_name).substr(0, 8), nullptr, 16) % every == 0;
}

bool Comparison::contains(const reach::PossibleChanges& possible, const Witness& witness, const Slice& slice) const {
  const bool ingress = slice.direction == Direction::ingress;
  const world::Endpoint &subject = ingress ? witness.destination : witness.source, &peer = ingress ? witness.source : witness.destination;
  const auto among = [&](const std::vector<uint32_t>& pods, const world::Endpoint& end) {
    return std::any_of(pods.begin(), pods.end(), [&](uint32_t pod) { return question_.universe().pods[pod].pod.namespace_name == end.namespace_name; });
  };
  return among(possible.subjects, subject) && (peer.kind == logic::EndpointKind::pod ? among(possible.peers, peer) : possible.with_others);
}

bool Comparison::is_unread(const std::vector<std::string>& names) const {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return sides_.unread.contains(name); });
}

// Where every pod is known, most namespaces have none that makes a difference a flow, and each slice goes through its peers: what one slice
// needs after the other is asked for together, or asking again would take more than reading all.
void Comparison::need_peers_of_all(const Altered& right_now, const std::set<size_t>& known) {
  std::set<std::string> missing;
  for (const Change change : changes_)
    for (const Slice& slice : differing_slices(right_now, known)) {
      if (slice.remembered) continue;
      const auto& peers = peers_of(change, slice, difference_in(change, right_now, slice), known);
      missing.insert(peers.begin(), peers.end());
    }
  need(missing);
}

// The namespaces with policies in which the peer of a difference can be: none that the slice's difference rules out, and none whose own policies
// allow nothing to or from the slice's namespace on the side that allows the flow. Looked for once: a slice is searched again after each finding.
const std::vector<std::string>& Comparison::peers_of(Change change, const Slice& slice, const std::vector<Expr>& difference, const std::set<size_t>& known) {
  const auto [found, fresh] = peers_.try_emplace(query_key(change, slice, "peers", {}, known));
  if (fresh) found->second = find_peers(change, slice, pool_.conjunction(difference));
  return found->second;
}

std::vector<std::string> Comparison::find_peers(Change change, const Slice& slice, Expr asserted) {
  std::vector<std::string> peers(sides_.namespaces.begin(), sides_.namespaces.end());
  if (peers.size() <= most_peers) return peers;
  peers = candidate_namespaces(pool_, asserted, policy::peer_of(slice.direction), question_.universe(), peers);
  if (peers.size() <= most_peers || slice.namespace_name.empty()) return peers;
  const Direction other = slice.direction == Direction::ingress ? Direction::egress : Direction::ingress;
  const logic::Role subject = policy::subject_of(slice.direction);
  const auto may_allow = [&](const Reading& reading, const std::string& name) {
    const Expr allowed = policy::verdict_in_namespace(pool_, reading.direction(other), other, name).allowed;
    return !for_pod_in(pool_, canonical_.part(allowed, subject, logic::EndpointKind::pod), subject, slice.namespace_name, question_.universe()).is_false();
  };
  std::erase_if(peers, [&](const std::string& name) {
    if (sides_.unread.contains(name)) return false;
    const bool left = change != Change::opened && may_allow(sides_.left, name);
    return !left && (change == Change::closed || !may_allow(sides_.right, name));
  });
  return peers;
}

// Switches of policies in other namespaces are no part of the query.
std::string Comparison::query_key(Change change, const Slice& slice, const char* where, const std::string& peer, const std::set<size_t>& on) const {
  std::string key = std::to_string(static_cast<int>(change)) + (slice.direction == Direction::ingress ? "i" : "e") + slice.namespace_name + "\n" + where + " " + peer;
  for (const size_t i : on) {
    const Switch& one = sides_.switches[i];
    if (one.kind != Switch::Kind::policy || one.namespace_name == slice.namespace_name || one.namespace_name == peer) key += "\nwith " + std::to_string(i);
  }
  return key;
}

// An end that is in no namespace with policies.
Expr Comparison::elsewhere(logic::Role role, const std::vector<Expr>& asserted) {
  return verify::elsewhere(pool_, role, {sides_.namespaces.begin(), sides_.namespaces.end()}, question_.universe(), asserted);
}

// The whole flow, the peer's end included. `peer_elsewhere`: the peer is no pod of a namespace with policies.
std::optional<Finding> Comparison::confirm(Change change, const Altered& right_now, const Slice& slice, const std::vector<std::string>& peers, bool peer_elsewhere) {
  need({peers.begin(), peers.end()});
  const logic::Role subject = policy::subject_of(slice.direction), peer = policy::peer_of(slice.direction);
  const std::vector<std::string> own = slice.namespace_name.empty() ? std::vector<std::string>{} : std::vector<std::string>{slice.namespace_name};
  const bool ingress = slice.direction == Direction::ingress;
  const auto flow = [&](const ReadingOf& reading_of) { return flow_verdict(pool_, reading_of, ingress ? peers : own, ingress ? own : peers); };
  const FlowFormula left = flow([&](const std::string&) -> const Reading& { return sides_.left; });
  const FlowFormula now = flow([&](const std::string& name) -> const Reading& { return right_now.in(name); });
  const FlowFormula right = flow([&](const std::string&) -> const Reading& { return sides_.right; });
  std::vector<Expr> asserted{pool_.kind_is(subject, logic::EndpointKind::pod), in_scope(), differs(change, left, now), differs(change, left, right)};
  if (!own.empty()) asserted.push_back(pool_.namespace_is(subject, own[0]));
  std::vector<Expr> in_peers;
  for (const auto& name : peers) in_peers.push_back(pool_.namespace_is(peer, name));
  if (!peer_elsewhere) asserted.push_back(pool_.disjunction(in_peers));
  std::vector<Expr> outside;
  if (own.empty()) outside.push_back(elsewhere(subject, asserted));
  if (peer_elsewhere) outside.push_back(elsewhere(peer, asserted));
  asserted.insert(asserted.end(), outside.begin(), outside.end());
  const std::string title = "pair: " + std::string(to_string(slice.direction)) + " of " + slice.namespace_name;
  const std::string what = words(slice) + (peers.empty() ? "" : ", the other end in " + peers.front() + (peers.size() > 1 ? " to " + peers.back() : "") + " of " + std::to_string(sides_.namespaces.size()) + " namespaces");
  const smt::Result found = ask(asserted, title, what);
  if (found.answer == smt::Answer::unknown && unknown_.empty()) unknown_ = title + ": " + found.reason;
  if (found.answer != smt::Answer::sat) return std::nullopt;
  const smt::Result smallest = ask(asserted, title + ", smallest", what + ", the smallest flow", true);
  return witness_of(change, asserted, smallest.answer == smt::Answer::sat ? smallest : found);
}

std::optional<Finding> Comparison::witness_of(Change change, const std::vector<Expr>& asserted, const smt::Result& smallest) {
  Finding finding;
  finding.change = change;
  finding.witness = realise(pool_, question_.universe(), *smallest.assignment, pool_.atoms_of(asserted));
  Witness& w = finding.witness;
  need({w.source.namespace_name, w.destination.namespace_name});
  w.left = replay(pool_, sides_.left, sides_.left, w);
  w.right = replay(pool_, sides_.right, sides_.right, w);
  if (w.left.verdict() == w.right.verdict() || w.left.verdict() == oracle::EndVerdict::unknown || w.right.verdict() == oracle::EndVerdict::unknown)
    throw base::InternalError("a difference that the solver found does not hold in the oracle: " + w.source.name + " -> " + w.destination.name + " " + base::to_string(w.protocol) + "/" +
                              std::to_string(w.port) + ": left " + w.left.egress.reason + " / " + w.left.ingress.reason + ", right " + w.right.egress.reason + " / " + w.right.ingress.reason +
                              "\n" + smt::to_smtlib_script(pool_, asserted, "the query"));
  return finding;
}

bool Comparison::agree_with(const std::set<size_t>& on, const Witness& witness) {
  std::set<std::string> namespaces;
  for (const auto* end : {&witness.source, &witness.destination})
    if (end->kind == logic::EndpointKind::pod) namespaces.insert(end->namespace_name);
  const Reading right = sides_.right_with(on, namespaces);
  return replay(pool_, right, right, witness).verdict() == witness.left.verdict();
}

// The switches that can have a say in the verdicts of a witness. A policy does not where it selects neither end, before and after.
std::set<size_t> Comparison::bearing_on(const Witness& witness) {
  const world::Flow flow{.source = &witness.source, .destination = &witness.destination, .protocol = witness.protocol, .port = witness.port, .family = witness.family};
  const auto holds = [&](Expr e) { return pool_.evaluate(e, [&](const logic::Atom& atom) { return oracle::holds(pool_, atom, flow, {}); }); };
  std::set<std::string> selecting, silent;  // policies; namespaces with gaps, which name no policy
  for (const Reading* reading : {&sides_.left, &sides_.right})
    for (const Direction d : policy::both_directions) {
      const world::Endpoint& end = flow.end(policy::subject_of(d));
      if (end.kind != logic::EndpointKind::pod) continue;
      const DirectionReading& side = reading->direction(d);
      for (const uint32_t index : policies_in(side, end.namespace_name))
        if (holds(side.policies[index].selector)) selecting.insert(side.policies[index].id());
      if (side.gaps_by_namespace.contains(end.namespace_name)) silent.insert(end.namespace_name);
    }
  std::set<size_t> bearing;
  for (size_t i = 0; i < sides_.switches.size(); ++i) {
    const Switch& one = sides_.switches[i];
    if (one.kind != Switch::Kind::policy || selecting.contains(one.name) || silent.contains(one.namespace_name)) bearing.insert(i);
  }
  return bearing;
}

// A smallest set by inclusion: one switch alone if one does, else all of them less those that are not needed.
std::set<size_t> Comparison::blame(const Witness& witness) {
  const std::set<size_t> bearing = bearing_on(witness);
  for (const size_t i : bearing)
    if (agree_with({i}, witness)) return {i};
  std::set<size_t> cause = bearing;
  base::require(agree_with(cause, witness), "two readings made equal still differ on a witness");
  for (const size_t i : bearing) {
    cause.erase(i);
    if (!agree_with(cause, witness)) cause.insert(i);
  }
  return cause;
}

void Comparison::count_affected(Finding& finding, const std::set<size_t>& cause) {
  const Altered& altered = altered_by(cause);
  if (!altered.reading) return;
  const std::string fact = with_switches("nothing altered by", cause);
  std::set<std::string> seen, touched, missing;  // policies; their namespaces; namespaces of which nothing is known
  for (const Direction d : policy::both_directions) {
    std::unordered_map<std::string, const Policy*> right;
    for (const auto& name : altered.namespaces)
      for (const uint32_t index : policies_in(sides_.right.direction(d), name)) right[sides_.right.direction(d).policies[index].id()] = &sides_.right.direction(d).policies[index];
    for (const Policy& p : altered.reading->direction(d).policies) {
      const auto it = right.find(p.id());
      if ((it != right.end() && canonical_.same(p, *it->second, policy::peer_of(d))) || !seen.insert(p.id()).second) continue;
      touched.insert(p.namespace_name);
      ++finding.policies_affected;
      if (finding.more.size() < 5)
        finding.more.push_back({.namespace_name = p.namespace_name, .name = p.name, .file = p.origin.span.file ? p.origin.span.file->name : "", .line = p.origin.span.line});
    }
  }
  for (const auto& name : altered.namespaces) {
    if (!sides_.unread.contains(name)) {
      if (!touched.contains(name)) learn(fact, name, 0);
    } else if (!recall(fact, name)) {
      missing.insert(name);
    }
  }
  need(missing);
}

void Comparison::complete(Finding& finding, Change change, const std::set<size_t>& cause) {
  for (const size_t i : cause) {
    const bool axis = sides_.switches[i].kind == Switch::Kind::axis;
    (axis ? finding.cause.axes : finding.cause.changed).push_back(sides_.switches[i].name);
  }
  finding.id = id_of(finding);
  finding.cause.policies = deciding_places(sides_.left, finding.witness.left, change == Change::none ? "on the left" : "before");
  for (auto& place : deciding_places(sides_.right, finding.witness.right, change == Change::none ? "on the right" : "after")) {
    const auto same = std::find_if(finding.cause.policies.begin(), finding.cause.policies.end(), [&](const PolicyPlace& p) {
      return p.namespace_name == place.namespace_name && p.name == place.name && p.field == place.field && p.file == place.file && p.line == place.line;
    });
    if (same == finding.cause.policies.end())
      finding.cause.policies.push_back(std::move(place));
    else
      same->role += "; " + place.role;
  }
  count_affected(finding, cause);
}

void Comparison::run(ComparisonResult& result, const std::vector<Change>& changes) {
  changes_ = changes;
  for (const Change change : changes) {
    std::set<size_t> known;
    while (result.findings.size() < options_.max_findings) {
      auto finding = next_finding(change, known);
      if (!finding) break;
      const std::set<size_t> cause = blame(finding->witness);
      complete(*finding, change, cause);
      result.findings.push_back(std::move(*finding));
      const size_t before = known.size();
      known.insert(cause.begin(), cause.end());
      if (known.size() == before || known.size() == sides_.switches.size()) break;
    }
  }
  decide_rest(result);
  result.counts["slices"] = slices_;
  result.counts["queries"] = question_.queries() + remembered_queries_;
  result.counts["findings"] = result.findings.size();
}

// No difference left: proved, unless something stayed open or a gap of the encodings lies inside the universe.
void Comparison::decide_rest(ComparisonResult& result) {
  result.verdict = result.findings.empty() ? Verdict::proved : Verdict::violated;
  if (!unknown_.empty()) {
    result.limits.gaps.push_back(unknown_);
    if (result.findings.empty()) result.verdict = Verdict::unknown, result.reason = unknown_;
  }
  if (result.verdict != Verdict::proved) return;
  if (!sides_.one_profile) need_gaps();
  for (const Reading* reading : {&sides_.left, &sides_.right})
    for (const Direction d : policy::both_directions) {
      if (reading->direction(d).gaps.empty() && !options_.memory) continue;
      std::vector<std::string> names{sides_.namespaces.begin(), sides_.namespaces.end()};
      names.push_back("");
      for (const auto& name : names) {
        if (!takes(name)) continue;
        // One CNI that is given the same policies decides alike, also where nobody says how. Of policies in other words nobody says that.
        if (sides_.one_profile && same_frame(sides_.left.direction(d), sides_.right.direction(d), true) && as_written(sides_.left.direction(d), sides_.right.direction(d), d, name)) continue;
        if (!meets_gap(*reading, d, name)) continue;
        need(sides_.unread);  // the first gap of all policies is named
        const auto& gaps = reading->direction(d).gaps;
        result.verdict = Verdict::unknown;
        result.reason = reading->profile.name() + " does not determine every flow: " + (gaps.empty() ? std::string("a gap") : gaps.front().reason);
        return;
      }
    }
}

std::string Comparison::gap_fact(const Reading& reading, Direction d) const { return std::string(&reading == &sides_.left ? "left" : "right") + " determined in " + to_string(d); }

// Unread namespaces of which it is not known whether a gap can be met there.
void Comparison::need_gaps() const {
  std::set<std::string> missing;
  for (const Reading* reading : {&sides_.left, &sides_.right})
    for (const Direction d : policy::both_directions)
      for (const auto& name : sides_.unread)
        if (!recall(gap_fact(*reading, d), name)) missing.insert(name);
  need(missing);
}

// Is there a flow of which the reading does not say what happens to it in this namespace?
bool Comparison::meets_gap(const Reading& reading, Direction d, const std::string& name) {
  const std::string fact = gap_fact(reading, d);
  if (const auto known = recall(fact, name)) {
    remembered_queries_ += *known;
    return false;
  }
  need({name});
  const Expr unknown = reading.direction(d).gaps.empty() ? logic::False : slice_verdict(reading, {d, name, {}, {}}).unknown;
  size_t queries = 0;
  if (!unknown.is_false()) {
    const logic::Role subject = policy::subject_of(d);
    std::vector<Expr> asserted{unknown, in_scope(), pool_.kind_is(subject, logic::EndpointKind::pod)};
    if (!name.empty()) asserted.push_back(pool_.namespace_is(subject, name));
    if (ask(asserted, "gap", "what " + reading.profile.name() + " leaves open in " + (name.empty() ? "pods without policies" : name)).answer != smt::Answer::unsat) return true;
    queries = 1;
  }
  learn(fact, name, queries);
  return false;
}

}  // namespace npverify::verify
