// {ref: name}: peers that a PeerSet of the same run names.
#include <algorithm>

#include "verify/spec_reader.h"

namespace npverify::verify::reading {

void References::define(const std::string& name, Peer peer) { peers_.try_emplace(name, std::make_shared<Peer>(std::move(peer))); }

void References::close() {
  for (const auto& [name, peer] : peers_) {
    std::vector<std::string> open;
    resolve_definition(name, open);
  }
}

void References::resolve_definition(const std::string& name, std::vector<std::string>& open) {
  if (done_[name]) return;
  done_[name] = true;
  open.push_back(name);
  visit(*peers_.at(name), &open);
  open.pop_back();
}

void References::resolve(Peer& peer) { visit(peer, nullptr); }

// `open`: the definitions that are being resolved, outermost first. A reference to one of them would have no meaning, and is left open.
void References::visit(Peer& peer, std::vector<std::string>* open) {
  for (Peer& operand : peer.operands) visit(operand, open);
  if (peer.kind != Peer::Kind::reference || peer.ref.empty()) return;
  const auto it = peers_.find(peer.ref);
  if (it == peers_.end()) {
    std::vector<std::string> known;
    for (const auto& [name, definition] : peers_) known.push_back(name);
    const auto near = base::nearest(peer.ref, known);
    diagnostics_.error(peer.origin.span, peer.origin.field + ".ref", "no PeerSet of this run defines '" + peer.ref + "'" + (known.empty() ? "" : "; expected " + semantics::one_of(known)), near ? "did you mean '" + *near + "'?" : "");
    return;
  }
  if (open && std::find(open->begin(), open->end(), peer.ref) != open->end()) {
    std::string circle;
    for (const std::string& name : *open) circle += name + " -> ";
    diagnostics_.error(peer.origin.span, peer.origin.field + ".ref", "the peers refer to each other in a circle: " + circle + peer.ref);
    return;
  }
  if (open) resolve_definition(peer.ref, *open);
  peer.target = it->second;
}

void References::resolve(InvariantSet& set) {
  const auto resolve_exceptions = [this](std::vector<Exception>& exceptions) {
    for (Exception& exception : exceptions) {
      resolve(exception.from);
      resolve(exception.to);
    }
  };
  for (Assumption& assumption : set.assume)
    if (auto* fact = std::get_if<Assumption::Implication>(&assumption.fact)) {
      resolve(fact->when);
      resolve(fact->then);
    }
  struct Peers {
    References& references;
    void operator()(Forbid& body) const { references.resolve(body.from), references.resolve(body.to); }
    void operator()(Require& body) const { references.resolve(body.from), references.resolve(body.to); }
    void operator()(Isolate& body) const { references.resolve(body.group); }
    void operator()(DefaultDeny& body) const { references.resolve(body.group); }
    void operator()(Equivalent& body) const { references.resolve(body.scope); }
    void operator()(PathAgreement& body) const { references.resolve(body.from), references.resolve(body.to); }
    void operator()(Capability& body) const { references.resolve(body.workloads); }
    void operator()(ConflictFree& body) const { references.resolve(body.scope); }
    void operator()(Undecided&) const {}
  };
  for (Invariant& invariant : set.invariants) {
    std::visit(Peers{*this}, invariant.body);
    resolve_exceptions(invariant.except);
  }
}

}  // namespace npverify::verify::reading
