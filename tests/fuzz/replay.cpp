// SPDX-License-Identifier: Apache-2.0
//
// Runs the corpus as a plain test: the files in <corpus>/<name of a target> go to that target, for
// each target; one without files fails, and so do files of no target. With --names after the
// corpus it tells each file before it runs it, the last of which is the one that crashes.
#include "fuzz/targets.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

namespace fs = std::filesystem;
using mnemo::fuzz::Target;

/// Into a buffer that ends where the data ends, so that sanitizers see reads past it.
std::vector<uint8_t> read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string data((std::istreambuf_iterator<char>(stream)), {});
  return {data.begin(), data.end()};
}

size_t replay(const Target& target, const fs::path& folder, bool tells_names) {
  if (!fs::is_directory(folder)) return 0;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    if (tells_names) {
      std::printf("%s\n", file.c_str());
      std::fflush(stdout);
    }
    target.run(read(file));
  }
  return files.size();
}

size_t count_files(const fs::path& corpus) {
  size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(corpus)) {
    count += entry.is_regular_file() ? 1 : 0;
  }
  return count;
}

}  // namespace

int main(int count, char** arguments) {
  bool tells_names = count == 3 && std::string_view(arguments[2]) == "--names";
  if (count != 2 && !tells_names) return 2;
  fs::path corpus = arguments[1];
  size_t replayed = 0;
  bool is_complete = true;
  for (const auto& target : mnemo::fuzz::targets()) {
    size_t files = replay(target, corpus / target.name, tells_names);
    if (files == 0) std::printf("no files for %s\n", std::string(target.name).c_str());
    is_complete &= files > 0;
    replayed += files;
  }
  size_t all = count_files(corpus);
  std::printf("%zu of %zu files\n", replayed, all);
  return is_complete && replayed == all ? 0 : 1;
}
