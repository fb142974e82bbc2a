#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "library/answer.h"
#include "npverify/shard.h"
#include "report/shard.h"

namespace npverify {
namespace {

namespace fs = std::filesystem;

/// The files at `path`: itself, or the *.json of a folder, sorted.
std::vector<std::string> files_at(const std::string& path, std::string& problems) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) return {path};
  std::vector<std::string> files;
  for (auto it = fs::directory_iterator(path, failed); !failed && it != fs::directory_iterator(); it.increment(failed))
    if (it->path().extension() == ".json") files.push_back(it->path().string());
  std::sort(files.begin(), files.end());
  if (files.empty()) problems += "error: " + path + ": the folder holds no *.json\n";
  return files;
}

/// "error: a.json:3:7: ...": where the text stops being JSON.
std::string place_of(const std::string& file, const std::string& text, size_t byte) {
  const size_t end = std::min(byte == 0 ? 0 : byte - 1, text.size());
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
  const size_t start = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
  return file + ":" + std::to_string(line) + ":" + std::to_string(start == std::string::npos ? end + 1 : end - start);
}

void read(const std::string& file, std::vector<report::ShardAnswer>& answers, std::string& problems) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    problems += "error: cannot read '" + file + "'\n";
    return;
  }
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  try {
    answers.push_back({file, report::Json::parse(text)});
  } catch (const report::Json::parse_error& error) {
    problems += "error: " + place_of(file, text, error.byte) + ": no JSON, or not all of it; expected what --format json=FILE wrote\n";
  }
}

}  // namespace

Answer merge(const std::vector<std::string>& paths) {
  return library::guarded([&] {
    std::string problems;
    std::vector<report::ShardAnswer> answers;
    for (const std::string& path : paths)
      for (const std::string& file : files_at(path, problems)) read(file, answers, problems);
    if (!problems.empty()) throw base::InputError(problems);
    const auto merged = std::make_shared<const report::MergedAnswer>(report::merge_shards(answers));
    return Answer(std::make_shared<const Answer::State>(Answer::State{
        .snapshot = Snapshot(nullptr), .exit_code = merged->exit_code, .text = [merged](const report::Style& style) { return report::merged_text(merged->answer, style); }, .json = [merged] { return merged->answer; }}));
  });
}

}  // namespace npverify
