// SPDX-License-Identifier: Apache-2.0
#include "support/golden.hpp"

#include <nlohmann/json.hpp>

#include <doctest/doctest.h>
#include <zlib.h>

#include <bit>
#include <cstdlib>
#include <fstream>
#include <memory>

namespace mnemo::testing {
namespace {

using Json = nlohmann::json;

double from_bits(const Json& hex) {
  return std::bit_cast<double>(
      static_cast<uint64_t>(std::stoull(hex.get<std::string>(), nullptr, 16)));
}

std::vector<Span> spans_of(const Json& json) {
  std::vector<Span> spans;
  for (const auto& span : json) spans.push_back({span[0].get<int32_t>(), span[1].get<uint32_t>()});
  return spans;
}

std::vector<double> numbers_of(const Json& json) {
  std::vector<double> numbers;
  for (const auto& number : json) numbers.push_back(from_bits(number));
  return numbers;
}

template <typename T>
void read_member(const Json& json, const char* name, T& out, T (*read)(const Json&)) {
  if (auto member = json.find(name); member != json.end() && !member->is_null()) {
    out = read(*member);
  }
}

std::shared_ptr<const FloatHistogram> histogram_of(const Json& json) {
  auto h = std::make_shared<FloatHistogram>();
  h->counter_reset_hint = static_cast<CounterResetHint>(json.value("hint", 0));
  h->schema = json.value("schema", 0);
  read_member(json, "zt", h->zero_threshold, from_bits);
  read_member(json, "zc", h->zero_count, from_bits);
  read_member(json, "count", h->count, from_bits);
  read_member(json, "sum", h->sum, from_bits);
  read_member(json, "ps", h->positive_spans, spans_of);
  read_member(json, "ns", h->negative_spans, spans_of);
  read_member(json, "pb", h->positive_buckets, numbers_of);
  read_member(json, "nb", h->negative_buckets, numbers_of);
  read_member(json, "cv", h->custom_values, numbers_of);
  return h;
}

GoldenChunk chunk_of(const Json& json) {
  GoldenChunk chunk;
  chunk.encoding = json.at("enc").get<int>();
  if (!json.contains("samples")) return chunk;
  for (const auto& sample : json.at("samples")) {
    if (sample.is_array()) {
      chunk.samples.append(sample[0].get<int64_t>(), from_bits(sample[1]));
    } else {
      chunk.samples.append(sample.at("t").get<int64_t>(), histogram_of(sample.at("h")));
    }
  }
  return chunk;
}

}  // namespace

std::optional<std::filesystem::path> golden_dir() {
  const char* shared = std::getenv("MNEMO_SHARED");
  std::filesystem::path root = shared != nullptr ? shared : MNEMO_SOURCE_DIR "/../shared";
  if (std::filesystem::is_directory(root / "golden")) return root / "golden";
  MESSAGE("skipped: no golden data at " << (root / "golden").string());
  return std::nullopt;
}

std::vector<std::string> gzip_lines(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return lines;
  std::string text;
  std::vector<char> buffer(1 << 16);
  for (int n; (n = gzread(file, buffer.data(), static_cast<unsigned>(buffer.size()))) > 0;) {
    text.append(buffer.data(), static_cast<size_t>(n));
  }
  gzclose(file);
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

SampleColumn GoldenSeries::all_samples() const {
  SampleColumn all;
  for (const auto& chunk : chunks) {
    for (size_t i = 0; i < chunk.samples.size(); ++i) all.append_from(chunk.samples, i);
  }
  return all;
}

std::vector<GoldenSeries> golden_series(const std::filesystem::path& path) {
  std::vector<GoldenSeries> result;
  for (const auto& line : gzip_lines(path)) {
    auto json = Json::parse(line);
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& [name, value] : json.at("labels").items()) {
      pairs.emplace_back(name, value.get<std::string>());
    }
    GoldenSeries series;
    series.labels = Labels::from_pairs(std::move(pairs));
    for (const auto& chunk : json.at("chunks")) series.chunks.push_back(chunk_of(chunk));
    result.push_back(std::move(series));
  }
  return result;
}

std::vector<std::string> golden_blocks(const std::filesystem::path& golden,
                                       const std::string& role) {
  std::ifstream file(golden / "manifest.json");
  auto manifest = Json::parse(file);
  const auto& entry = manifest.at(role);
  if (entry.is_string()) return {entry.get<std::string>()};
  return entry.get<std::vector<std::string>>();
}

}  // namespace mnemo::testing
