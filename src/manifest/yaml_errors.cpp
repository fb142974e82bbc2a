#include "manifest/yaml_errors.h"

#include "manifest/json_reader.h"

namespace npverify::manifest {
namespace {

/// What most often stands behind a problem of libyaml.
std::string likely_cause(std::string_view problem, char found) {
  if (found == '\t') return "YAML does not indent with tabs; use spaces";
  if (problem == "found character that cannot start any token") return std::string("a value that begins with '") + found + "' must be quoted";
  if (problem == "mapping values are not allowed in this context") return "a value with ': ' in it must be quoted; else check the indentation";
  if (problem == "found unexpected ':'") return "a ':' after an unquoted key needs a space after it";
  if (problem == "did not find expected key") return "is this line indented as the keys around it?";
  if (problem == "did not find expected '-' indicator") return "is this line indented as the items around it?";
  if (problem == "did not find expected ',' or ']'" || problem == "did not find expected ',' or '}'") return "is a bracket left open, or a comma missing?";
  return "";
}

/// libyaml sees the end of such a line only in the next one; the line itself is what has to be mended.
SyntaxError key_without_colon(Place place, std::string_view text, const std::string& language) {
  const std::string_view line = base::line_of(text, place.line);
  std::string hint = "a key needs ': ' after it; text over several lines must be quoted";
  if (line.starts_with("<<<<<<<") || line.starts_with("=======") || line.starts_with(">>>>>>>")) hint = "a merge conflict that was not resolved?";
  if (line.find("\u00a0") != std::string_view::npos) hint = "a no-break space (U+00A0) stands in this line; YAML takes plain spaces only";
  return {place, language + "no ':' after this key", hint};
}

}  // namespace

SyntaxError explain_syntax_error(const yaml_parser_t& parser, std::string_view text, PlaceFinder& places) {
  if (parser.error == YAML_MEMORY_ERROR) return {{}, "not enough memory to read this file", ""};
  const std::string_view problem = parser.problem ? parser.problem : "unknown problem", context = parser.context ? parser.context : "";
  const Place place = places.at_character(parser.problem_mark.index);
  const std::string language = looks_like_json(text) ? "neither valid JSON nor YAML: " : "not valid YAML: ";
  if (context == "while scanning a quoted scalar" && problem.starts_with("found unexpected")) return {places.at_character(parser.context_mark.index), language + "this quote is not closed", ""};
  if (context == "while scanning a simple key") return key_without_colon(places.at_character(parser.context_mark.index), text, language);
  SyntaxError error{place, language + std::string(problem), ""};
  if (!context.empty() && context != "while scanning for the next token") {
    const Place start = places.at_character(parser.context_mark.index);
    error.message += " (" + std::string(context) + (start.line == place.line ? "" : " that begins in line " + std::to_string(start.line)) + ")";
  }
  if (parser.error == YAML_SCANNER_ERROR || parser.error == YAML_PARSER_ERROR) error.hint = likely_cause(problem, place.offset < text.size() ? text[place.offset] : '\0');
  return error;
}

}  // namespace npverify::manifest
