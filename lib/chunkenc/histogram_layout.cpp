// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/histogram_layout.hpp"

#include <cmath>
#include <string>

namespace mnemo {
namespace {

constexpr uint8_t kFlagsMask = 0xc0;
constexpr uint8_t kGaugeFlags = 0xc0;
constexpr int64_t kMinSchema = -9;
constexpr int64_t kMaxSchema = 8;

double read_zero_threshold(BitReader& reader) {
  auto code = static_cast<int>(reader.bits(8));
  if (code == 0) return 0;
  if (code == 255) return reader.real();
  return std::ldexp(0.5, code - 243);
}

/// Reads a count of elements that take at least one bit each.
size_t read_count(BitReader& reader) {
  uint64_t count = reader.varbit_uint();
  if (count > reader.remaining()) {
    reader.fail();
    return 0;
  }
  return count;
}

std::vector<Span> read_spans(BitReader& reader, size_t& buckets) {
  std::vector<Span> spans(read_count(reader));
  buckets = 0;
  for (auto& span : spans) {
    uint64_t length = reader.varbit_uint();
    span.offset = static_cast<int32_t>(reader.varbit_int());
    if (length > reader.remaining()) {
      reader.fail();
      break;
    }
    span.length = static_cast<uint32_t>(length);
    buckets += length;
  }
  if (buckets > reader.remaining()) reader.fail();
  return spans;
}

double read_custom_value(BitReader& reader) {
  uint64_t thousandths = reader.varbit_uint();
  return thousandths == 0 ? reader.real() : static_cast<double>(thousandths - 1) / 1000;
}

void write_zero_threshold(BitWriter& out, double threshold) {
  if (threshold == 0) {
    out.bits(0, 8);
    return;
  }
  int exponent = 0;
  double fraction = std::frexp(threshold, &exponent);
  if (fraction == 0.5 && exponent >= -242 && exponent <= 11) {
    out.bits(static_cast<uint64_t>(exponent + 243), 8);
    return;
  }
  out.bits(255, 8);
  out.real(threshold);
}

void write_spans(BitWriter& out, const std::vector<Span>& spans) {
  out.varbit_uint(spans.size());
  for (const auto& span : spans) {
    out.varbit_uint(span.length);
    out.varbit_int(span.offset);
  }
}

/// Multiples of 0.001 up to what 25 bits hold are written as such, others as they are.
void write_custom_value(BitWriter& out, double value) {
  constexpr double kMaxThousandths = 33554430;
  double thousandths = value * 1000;
  double whole = std::round(thousandths);
  if (thousandths >= 0 && thousandths <= kMaxThousandths && whole / 1000 == value) {
    out.varbit_uint(static_cast<uint64_t>(whole) + 1);
    return;
  }
  out.bits(0, 1);
  out.real(value);
}

}  // namespace

bool is_known_schema(int64_t schema) {
  return (kMinSchema <= schema && schema <= kMaxSchema) || schema == kCustomBucketsSchema;
}

void write_histogram_layout(BitWriter& out, const HistogramLayout& layout) {
  write_zero_threshold(out, layout.zero_threshold);
  out.varbit_int(layout.schema);
  write_spans(out, layout.positive_spans);
  write_spans(out, layout.negative_spans);
  if (layout.schema != kCustomBucketsSchema) return;
  out.varbit_uint(layout.custom_values.size());
  for (double value : layout.custom_values) write_custom_value(out, value);
}

Result<HistogramLayout> read_histogram_layout(BitReader& reader) {
  HistogramLayout layout;
  layout.zero_threshold = read_zero_threshold(reader);
  int64_t schema = reader.varbit_int();
  layout.schema = static_cast<int32_t>(schema);
  layout.positive_spans = read_spans(reader, layout.positive_buckets);
  layout.negative_spans = read_spans(reader, layout.negative_buckets);
  if (schema == kCustomBucketsSchema) {
    layout.custom_values.resize(read_count(reader));
    for (auto& value : layout.custom_values) value = read_custom_value(reader);
  }
  if (layout.positive_buckets + layout.negative_buckets > reader.remaining()) reader.fail();
  if (reader.failed()) return Status::data_loss("histogram chunk: malformed layout");
  if (!is_known_schema(schema)) {
    return Status::unimplemented("histogram chunk: schema " + std::to_string(schema));
  }
  return layout;
}

CounterResetHint hint_on_reading(uint8_t chunk_flags, size_t index) {
  if ((chunk_flags & kFlagsMask) == kGaugeFlags) return CounterResetHint::kGauge;
  return index > 0 ? CounterResetHint::kNotReset : CounterResetHint::kUnknown;
}

bool XorNumber::read(BitReader& reader) {
  if (!reader.bit()) return true;
  if (reader.bit()) {
    auto leading = static_cast<uint8_t>(reader.bits(5));
    auto significant = static_cast<uint8_t>(reader.bits(6));
    if (significant == 0) significant = 64;
    if (leading + significant > 64) return false;
    significant_ = significant;
    trailing_ = static_cast<uint8_t>(64 - leading - significant);
  }
  value_ ^= reader.bits(significant_) << trailing_;
  return true;
}

}  // namespace mnemo
