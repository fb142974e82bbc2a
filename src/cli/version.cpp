#include <iostream>

#include "cli/commands.h"

namespace npverify::cli {

void add_version_command(Command& app, CommonOptions& options, int& exit_code) {
  Command command = app.add_subcommand("version", "The version, and where the encodings are");
  command.add_option("--encodings", options.encodings, "Folder of encodings/ to use in place of the installed one").type_name("DIR");
  command.callback([&options, &exit_code] {
    const std::string folder = options.encodings.empty() ? Encodings::find_folder() : options.encodings;
    std::cout << "npverify " << version() << "\nencodings " << folder << "\n";
    for (const std::string& name : load_encodings(options).profile_names()) std::cout << "  " << name << "\n";
    exit_code = 0;
  });
}

}  // namespace npverify::cli
