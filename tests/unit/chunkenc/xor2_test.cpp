// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/decode.hpp"
#include "chunkenc/xor2_encode.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace mnemo;

namespace {

struct Sample {
  int64_t time;
  double value;
  int64_t start = 0;
};

std::string encode(const std::vector<Sample>& samples) {
  Xor2Encoder encoder;
  for (const auto& sample : samples) encoder.append(sample.time, sample.value, sample.start);
  return encoder.take();
}

/// Decodes from a buffer that ends where the data ends, so that sanitizers see reads past it.
Status decode(const std::string& data, TimeRange range, SampleColumn& out) {
  auto exact = std::make_unique<uint8_t[]>(data.size());
  std::copy(data.begin(), data.end(), exact.get());
  return decode_xor2({exact.get(), data.size()}, range, out);
}

void check_round_trip(const std::vector<Sample>& samples) {
  SampleColumn out;
  auto status = decode(encode(samples), TimeRange(), out);
  REQUIRE_MESSAGE(status.ok(), status.to_string());
  REQUIRE_EQ(out.size(), samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    REQUIRE_EQ(out.times[i], samples[i].time);
    REQUIRE_EQ(std::bit_cast<uint64_t>(out.values[i]), std::bit_cast<uint64_t>(samples[i].value));
    REQUIRE_EQ(out.start_times.empty() ? 0 : out.start_times[i], samples[i].start);
  }
}

std::vector<Sample> noisy_samples(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Sample> samples;
  int64_t time = 1'780'272'000'000;
  double value = 1;
  int64_t start = seed % 3 == 0 ? 0 : time - 1000;
  for (size_t i = 0; i < count; ++i) {
    switch (random() % 6) {
      case 0: break;
      case 1: value += static_cast<double>(random() % 100); break;
      case 2: value = std::bit_cast<double>(random()); break;
      default: value += 1;
    }
    if (seed % 2 == 0 && random() % 40 == 0) start = time - static_cast<int64_t>(random() % 900);
    samples.push_back({time, random() % 30 == 0 ? stale_nan() : value, start});
    int64_t jitter = static_cast<int64_t>(random() % (uint64_t{1} << (random() % 24)));
    time += 15'000 + (random() % 2 == 0 ? jitter : 0);
  }
  return samples;
}

}  // namespace

TEST_CASE("xor2: three samples, byte for byte") {
  // By hand: 3 samples, no start timestamps; time 1 as zigzag varint 2; 1.0; delta 2; equal: 0;
  // then delta and value as before: 0.
  std::string expected("\x00\x03\x00\x02\x3f\xf0\x00\x00\x00\x00\x00\x00\x02\x00", 14);
  CHECK_EQ(encode({{1, 1}, {3, 1}, {5, 1}}), expected);
  // 1.0 and 2.0 differ in 11 bits after a leading zero: 110 | 00001 | 001011 | 11111111111; then
  // the delta grows by one and the value is stale: 110 | 0000000000001 | 111.
  // 11000001 00101111 11111111 11100000 00000000 11110000 : 25 bits, then 16 and 3.
  std::string changed(
      "\x00\x03\x00\x02\x3f\xf0\x00\x00\x00\x00\x00\x00\x02\xc1\x2f\xff\xe0\x00\xf0", 19);
  CHECK_EQ(encode({{1, 1}, {3, 2}, {6, stale_nan()}}), changed);
}

TEST_CASE("xor2: start timestamps, byte for byte") {
  // The first sample's is 4 before it (zigzag 8); all others share it.
  std::string same("\x00\x03\x80\x14\x3f\xf0\x00\x00\x00\x00\x00\x00\x08\x02\x00", 15);
  CHECK_EQ(encode({{10, 1, 6}, {12, 1, 6}, {14, 1, 6}}), same);
  // From the third sample on: 12 - 11 = 1 as varbit 10 001, after the value's 0 and the joint 0.
  std::string changing("\x00\x03\x82\x14\x3f\xf0\x00\x00\x00\x00\x00\x00\x08\x02\x22", 15);
  CHECK_EQ(encode({{10, 1, 6}, {12, 1, 6}, {14, 1, 11}}), changing);
  // None at first, from the second sample on: 10 - 6 = 4 as 10 100, then 6 - 4 = 2 as 10 010.
  std::string later("\x00\x03\x01\x14\x3f\xf0\x00\x00\x00\x00\x00\x00\x02\x51\x20", 15);
  CHECK_EQ(encode({{10, 1}, {12, 1, 6}, {14, 1, 6}}), later);
}

TEST_CASE("xor2: each class of time deltas at both of its ends") {
  for (int64_t change : {1LL, -1LL, 4095LL, -4096LL, 4096LL, -4097LL, 524287LL, -524288LL, 524288LL,
                         -524289LL, 1LL << 40, -(1LL << 40)}) {
    INFO(change);
    int64_t start = int64_t{1} << 42;
    int64_t step = int64_t{1} << 41;
    check_round_trip(
        {{start, 1}, {start + step, 1}, {start + 2 * step + change, 1.5}, {start + 3 * step, 7}});
  }
}

TEST_CASE("xor2: stale markers are no base for what follows") {
  double inf = std::numeric_limits<double>::infinity();
  check_round_trip(
      {{0, stale_nan()}, {1, stale_nan()}, {2, stale_nan()}, {3, 5}, {4, stale_nan()}});
  check_round_trip({{0, 5}, {10, stale_nan()}, {20, 5}, {30, stale_nan()}, {41, stale_nan()}});
  check_round_trip({{0, inf}, {1, -inf}, {2, -0.0}, {3, 5e-324}, {4, 1e308}});
}

TEST_CASE("xor2: noise of every length survives, with and without start timestamps") {
  for (size_t count = 1; count < 300; ++count) check_round_trip(noisy_samples(count, count));
  check_round_trip(noisy_samples(Xor2Encoder::kMaxSamples, 2));
}

TEST_CASE("xor2: only samples within the range are appended") {
  auto samples = noisy_samples(120, 4);
  auto data = encode(samples);
  for (size_t from = 0; from < samples.size(); from += 13) {
    for (size_t to = from; to < samples.size(); to += 17) {
      SampleColumn out;
      out.append(1, 2.0);
      REQUIRE(decode(data, {samples[from].time, samples[to].time}, out).ok());
      REQUIRE_EQ(out.size(), 1 + to - from + 1);
      CHECK_EQ(out.times[1], samples[from].time);
      CHECK_EQ(out.start_times.size(), out.size());
      CHECK_EQ(out.start_times[1], samples[from].start);
    }
  }
}

TEST_CASE("xor2: data that is cut off fails and leaves what was there") {
  auto data = encode(noisy_samples(150, 4));
  for (size_t size = 0; size < data.size(); ++size) {
    SampleColumn out;
    out.append(1, 2.0);
    CHECK_EQ(decode(data.substr(0, size), TimeRange(), out).code(), Code::kDataLoss);
    CHECK_EQ(out.size(), 1);
  }
}

TEST_CASE("xor2: an impossible window is refused") {
  // Second value: 110 | leading 31 | significant 63.
  std::string data(
      "\x00\x02\x00\x02\x3f\xf0\x00\x00\x00\x00\x00\x00\x02\xdf\xff\xff\xff\xff\xff\xff\xff\xff"
      "\xff\xff",
      24);
  SampleColumn out;
  CHECK_EQ(decode(data, TimeRange(), out).code(), Code::kDataLoss);
}
