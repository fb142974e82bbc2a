// Ports: "TCP/443", "TCP/8000-8100", "SCTP/*", "TCP/:http", "*".
#include <algorithm>
#include <cctype>
#include <charconv>

#include "verify/spec_reader.h"

namespace npverify::verify::reading {
namespace {

constexpr const char* forms = "expected PROTOCOL/PORT, PROTOCOL/FIRST-LAST, PROTOCOL/*, PROTOCOL/:NAME or *";

std::optional<base::Port> parse_port(const std::string& text) {
  unsigned value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size() || value < 1 || value > 65535) return std::nullopt;
  return static_cast<base::Port>(value);
}

// A container port's name by the API server: at most 15 of [a-z0-9-], a letter among them, no '-' at an end or doubled.
bool is_port_name(const std::string& name) {
  if (name.empty() || name.size() > 15 || name.front() == '-' || name.back() == '-' || name.find("--") != std::string::npos) return false;
  const auto allowed = [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '-'; };
  return std::all_of(name.begin(), name.end(), allowed) && std::any_of(name.begin(), name.end(), [](unsigned char c) { return std::islower(c) != 0; });
}

class PortReader {
 public:
  PortReader(Context& context, const YAML::Node& node, std::string field) : context_(context), node_(node), field_(std::move(field)) {}

  std::optional<PortEntry> read(const std::string& text) {
    PortEntry entry{.text = text};
    if (text == "*") {
      entry.all_protocols = true;
      return entry;
    }
    const auto slash = text.find('/');
    if (slash == std::string::npos) return fail(std::string("found '") + text + "'; " + forms, bare_hint(text));
    const auto protocol = base::parse_protocol(text.substr(0, slash));
    if (!protocol) return fail("unknown protocol '" + text.substr(0, slash) + "'; expected TCP, UDP, SCTP or ICMP", protocol_hint(text.substr(0, slash)));
    entry.protocol = *protocol;
    return read_number(entry, text.substr(slash + 1)) ? std::optional(entry) : std::nullopt;
  }

 private:
  std::optional<PortEntry> fail(const std::string& message, const std::string& hint = "") {
    context_.yaml.error(node_, field_, message, hint);
    return std::nullopt;
  }

  static std::string bare_hint(const std::string& text) {
    if (parse_port(text)) return "did you mean 'TCP/" + text + "'?";
    return base::parse_protocol(text) ? "did you mean '" + text + "/*'?" : "";
  }

  static std::string protocol_hint(std::string word) {
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    const auto near = base::nearest(word, {"TCP", "UDP", "SCTP", "ICMP"});
    return near ? "did you mean '" + *near + "'?" : "";
  }

  bool read_number(PortEntry& entry, const std::string& text) {
    if (text == "*") {
      entry.numbers = base::PortSet::all();
      return true;
    }
    if (entry.protocol == base::Protocol::icmp) return fail("ICMP has no ports; write ICMP/*").has_value();
    if (!text.empty() && text[0] == ':') {
      entry.name = text.substr(1);
      return is_port_name(entry.name) || fail("'" + entry.name + "' is no port name; expected at most 15 lower-case letters, digits and '-', with a letter").has_value();
    }
    const auto dash = text.find('-');
    const auto first = parse_port(text.substr(0, dash));
    const auto last = dash == std::string::npos ? first : parse_port(text.substr(dash + 1));
    if (!first || !last) return fail("'" + text + "' is no port; expected 1 to 65535, a range such as 8000-8100, * or :NAME", name_hint(text)).has_value();
    if (*last < *first) return fail("the range " + text + " ends before it begins").has_value();
    entry.numbers = base::PortSet::range(*first, *last);
    return true;
  }

  static std::string name_hint(const std::string& text) { return is_port_name(text) ? "a named port is written ':" + text + "'" : ""; }

  Context& context_;
  YAML::Node node_;
  std::string field_;
};

std::vector<PortEntry> read_list(Context& context, const YAML::Node& map, const std::string& key, const std::string& field) {
  std::vector<PortEntry> out;
  const YAML::Node list = map[key];
  if (!list.IsDefined()) return out;
  const std::string path = join(field, key);
  if (!list.IsSequence() || list.size() == 0) {
    context.yaml.error(list, path, "expected a list such as [\"TCP/443\"], found " + (list.IsSequence() ? "an empty list" : semantics::found_at(list)));
    return out;
  }
  for (size_t i = 0; i < list.size(); ++i) {
    if (!list[i].IsScalar()) {
      context.yaml.error(list[i], at(path, i), "expected a text such as \"TCP/443\", found " + semantics::found_at(list[i]));
      continue;
    }
    if (auto entry = PortReader(context, list[i], at(path, i)).read(list[i].Scalar())) out.push_back(std::move(*entry));
  }
  return out;
}

}  // namespace

PortSpec read_ports(Context& context, const YAML::Node& map, const std::string& field) {
  return {read_list(context, map, "ports", field), read_list(context, map, "exceptPorts", field)};
}

}  // namespace npverify::verify::reading
