#pragma once

#include <yaml.h>

#include <memory>
#include <string_view>

#include "base/diagnostics.h"

namespace npverify::manifest {

/// libyaml's parser of a text, and its events; their memory is freed whatever happens.
struct YamlParser {
  explicit YamlParser(std::string_view text) {
    if (yaml_parser_initialize(&parser) == 0) throw base::InternalError("libyaml: out of memory");
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~YamlParser() { yaml_parser_delete(&parser); }
  YamlParser(const YamlParser&) = delete;
  YamlParser& operator=(const YamlParser&) = delete;
  yaml_parser_t parser{};
};

struct YamlEvent {
  YamlEvent() = default;
  ~YamlEvent() { yaml_event_delete(&event); }
  YamlEvent(const YamlEvent&) = delete;
  YamlEvent& operator=(const YamlEvent&) = delete;
  yaml_event_t event{};
};

}  // namespace npverify::manifest
