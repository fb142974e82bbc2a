#include "manifest/yaml_errors.h"

namespace npverify::manifest {
namespace {

/// What most often stands behind a problem of libyaml.
std::string likely_cause(std::string_view problem, char found) {
  if (found == '\t') return "YAML does not indent with tabs; use spaces";
  if (problem == "found character that cannot start any token") return std::string("a value that begins with '") + found + "' must be quoted";
  if (problem == "mapping values are not allowed in this context") return "a value with ': ' in it must be quoted; else check the indentation";
  if (problem == "did not find expected key") return "is this line indented as the keys around it?";
  if (problem == "did not find expected '-' indicator") return "is this line indented as the items around it?";
  if (problem == "could not find expected ':'") return "a key needs ': ' after it; text over several lines must be quoted";
  if (problem == "found unexpected end of stream") return "is a quote left open?";
  if (problem == "did not find expected ',' or ']'" || problem == "did not find expected ',' or '}'") return "is a bracket left open, or a comma missing?";
  return "";
}

}  // namespace

SyntaxError explain_syntax_error(const yaml_parser_t& parser, std::string_view text, PlaceFinder& places) {
  if (parser.error == YAML_MEMORY_ERROR) return {"not enough memory to read this file", ""};
  const std::string_view problem = parser.problem ? parser.problem : "unknown problem";
  SyntaxError error{"not valid YAML: " + std::string(problem), ""};
  const Place place = places.at_character(parser.problem_mark.index);
  if (parser.context) {
    const Place context = places.at_character(parser.context_mark.index);
    error.message += " (" + std::string(parser.context);
    if (context.line != place.line) error.message += " that begins in line " + std::to_string(context.line);
    error.message += ")";
  }
  if (parser.error == YAML_SCANNER_ERROR || parser.error == YAML_PARSER_ERROR) error.hint = likely_cause(problem, place.offset < text.size() ? text[place.offset] : '\0');
  return error;
}

}  // namespace npverify::manifest
