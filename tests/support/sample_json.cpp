// SPDX-License-Identifier: Apache-2.0
#include "support/sample_json.hpp"

#include <bit>
#include <string>
#include <utility>
#include <vector>

namespace mnemo::testing {
namespace {

using Json = nlohmann::json;

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

std::vector<int64_t> deltas_of(const std::vector<double>& counts) {
  std::vector<int64_t> deltas;
  int64_t last = 0;
  for (double count : counts) {
    auto current = static_cast<int64_t>(count);
    deltas.push_back(current - std::exchange(last, current));
  }
  return deltas;
}

}  // namespace

double from_bits(const Json& hex) {
  return std::bit_cast<double>(
      static_cast<uint64_t>(std::stoull(hex.get<std::string>(), nullptr, 16)));
}

Labels labels_of(const Json& json) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : json.items()) pairs.emplace_back(name, value.get<std::string>());
  return Labels::from_pairs(std::move(pairs));
}

FloatHistogram float_histogram_of(const Json& json) {
  FloatHistogram h;
  h.counter_reset_hint = static_cast<CounterResetHint>(json.value("hint", 0));
  h.schema = json.value("schema", 0);
  read_member(json, "zt", h.zero_threshold, from_bits);
  read_member(json, "zc", h.zero_count, from_bits);
  read_member(json, "count", h.count, from_bits);
  read_member(json, "sum", h.sum, from_bits);
  read_member(json, "ps", h.positive_spans, spans_of);
  read_member(json, "ns", h.negative_spans, spans_of);
  read_member(json, "pb", h.positive_buckets, numbers_of);
  read_member(json, "nb", h.negative_buckets, numbers_of);
  read_member(json, "cv", h.custom_values, numbers_of);
  return h;
}

Histogram histogram_of(const Json& json) {
  auto floats = float_histogram_of(json);
  Histogram h;
  h.counter_reset_hint = floats.counter_reset_hint;
  h.schema = floats.schema;
  h.zero_threshold = floats.zero_threshold;
  h.zero_count = static_cast<uint64_t>(floats.zero_count);
  h.count = static_cast<uint64_t>(floats.count);
  h.sum = floats.sum;
  h.positive_spans = std::move(floats.positive_spans);
  h.negative_spans = std::move(floats.negative_spans);
  h.positive_buckets = deltas_of(floats.positive_buckets);
  h.negative_buckets = deltas_of(floats.negative_buckets);
  h.custom_values = std::move(floats.custom_values);
  return h;
}

}  // namespace mnemo::testing
