// SPDX-License-Identifier: Apache-2.0
//
// Runs the corpus of the chunk targets as a plain test: each folder below the given one is named by
// the number of its encoding.
#include "fuzz/chunk_decode.hpp"

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

using namespace mnemo;

bool replay(int encoding, const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string data((std::istreambuf_iterator<char>(stream)), {});
  if (!stream) return false;
  // From a buffer that ends where the data ends, so that sanitizers see reads past it.
  std::vector<uint8_t> exact(data.begin(), data.end());
  auto kind = static_cast<ChunkEncoding>(encoding);
  if (kind == ChunkEncoding::kAggregate) {
    fuzz::split_any(exact.data(), exact.size());
  } else {
    fuzz::decode_any(kind, exact.data(), exact.size());
  }
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  size_t replayed = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(arguments[i])) {
      if (!entry.is_regular_file()) continue;
      auto folder = entry.path().parent_path().filename().string();
      int encoding = 0;
      auto [end, error] = std::from_chars(folder.data(), folder.data() + folder.size(), encoding);
      if (error != std::errc() || !replay(encoding, entry.path())) return 1;
      ++replayed;
    }
  }
  std::printf("%zu files\n", replayed);
  return replayed > 0 ? 0 : 1;
}
