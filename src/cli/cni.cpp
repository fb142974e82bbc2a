#include <iostream>

#include "cli/commands.h"
#include "cli/output.h"

namespace npverify::cli {
namespace {

/// A page of `npverify cni`: what it takes, and what it prints.
void add_page(Command& cni, CommonOptions& options, int& exit_code, const char* name, const char* help, const std::vector<const char*>& arguments,
              std::string (*page)(const Encodings&, const std::vector<std::string>&, const CommonOptions&)) {
  Command command = cni.add_subcommand(name, help);
  const auto values = std::make_shared<std::vector<std::string>>(arguments.size());
  for (size_t i = 0; i < arguments.size(); ++i) {
    const bool axis = std::string_view(arguments[i]) == "axis";
    command.add_option(arguments[i], (*values)[i], axis ? "An axis, as `npverify cni show` lists them" : "NAME@VERSION, NAME@VERSION[option=value,...] or kubernetes")
        .required()
        .type_name(axis ? "AXIS" : "PROFILE");
  }
  add_encodings_options(command, options);
  command.add_option("--format", options.formats, "text or json").type_name("FORMAT").once_each();
  command.callback([&options, &exit_code, values, page] {
    std::cout << page(load_encodings(options), *values, options) << std::flush;
    exit_code = 0;
  });
}

}  // namespace

void add_cni_command(Command& app, CommonOptions& options, int& exit_code) {
  using Values = std::vector<std::string>;
  Command cni = app.add_subcommand("cni", "What each CNI does with policies, and on what evidence");
  cni.require_subcommand();
  add_page(cni, options, exit_code, "list", "The CNIs, and the versions that evidence speaks of", {},
           [](const Encodings& encodings, const Values&, const CommonOptions& o) { return encodings.list_page(wants_json(o), terminal_width()); });
  add_page(cni, options, exit_code, "show", "Every axis of behaviour as one profile answers it", {"profile"},
           [](const Encodings& encodings, const Values& v, const CommonOptions& o) { return encodings.show_page(encodings.profile(v[0], installation_of(o)), wants_json(o), terminal_width()); });
  add_page(cni, options, exit_code, "diff", "The axes on which two profiles part: what to read before an upgrade", {"left", "right"}, [](const Encodings& encodings, const Values& v, const CommonOptions& o) {
    const InstallationOptions installation = installation_of(o);
    return encodings.diff_page(encodings.profile(v[0], installation), encodings.profile(v[1], installation), wants_json(o), terminal_width());
  });
  add_page(cni, options, exit_code, "explain", "One axis: the question, and every CNI's answers by version", {"axis"},
           [](const Encodings& encodings, const Values& v, const CommonOptions& o) { return encodings.axis_page(v[0], wants_json(o), terminal_width()); });
}

}  // namespace npverify::cli
