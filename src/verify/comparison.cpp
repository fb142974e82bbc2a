#include "verify/comparison.h"

#include <algorithm>
#include <iterator>

#include "base/diagnostics.h"
#include "base/fingerprint.h"
#include "verify/readings_by_namespace.h"
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
constexpr size_t first_ahead = 16;    ///< slices that are looked at ahead once one agreed; twice as many each time

template <class T, class Equal>
bool alike(const std::vector<T>& a, const std::vector<T>& b, Equal equal) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), equal);
}

// What holds for every subject, whatever the policies. Drops count only where they are compared: else no flow in scope meets one.
bool same_frame(const DirectionReading& a, const DirectionReading& b, bool with_drops) {
  const auto same = [](const auto& x, const auto& y) { return x.when == y.when; };
  return a.enforced == b.enforced && a.unisolated_denied == b.unisolated_denied && (!with_drops || alike(a.drops, b.drops, same)) && alike(a.admits, b.admits, same) && same_gaps(a, b, "");
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
  Canonical::Policies left = policies_listed(a, name), right = policies_listed(b, name);
  for (Canonical::Policies* policies : {&left, &right}) std::sort(policies->begin(), policies->end(), [](const Policy* x, const Policy* y) { return x->name < y->name; });
  return same_gaps(a, b, name) && alike(left, right, [&](const Policy* x, const Policy* y) { return canonical_.same(*x, *y, policy::peer_of(direction)); });
}

bool Comparison::same_policies(const DirectionReading& a, const DirectionReading& b, Direction direction, const std::string& name) {
  if (!same_gaps(a, b, name)) return false;
  Canonical::Policies left = policies_listed(a, name), right = policies_listed(b, name);
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
  std::optional<reach::PossibleChanges> possible = change == Change::none ? std::nullopt : by_classes(change, slice, known);
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
  if (!possible) possible = by_classes(change, slice, known);
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
