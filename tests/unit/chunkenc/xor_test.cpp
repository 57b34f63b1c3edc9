// SPDX-License-Identifier: Apache-2.0
#include "chunkenc/decode.hpp"
#include "chunkenc/xor_encode.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
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
};

std::string encode(const std::vector<Sample>& samples) {
  XorEncoder encoder;
  for (const auto& sample : samples) encoder.append(sample.time, sample.value);
  return encoder.take();
}

/// Decodes from a buffer that ends where the data ends, so that sanitizers see reads past it.
Status decode(const std::string& data, TimeRange range, SampleColumn& out) {
  auto exact = std::make_unique<uint8_t[]>(data.size());
  std::copy(data.begin(), data.end(), exact.get());
  return decode_xor({exact.get(), data.size()}, range, out);
}

void check_round_trip(const std::vector<Sample>& samples) {
  SampleColumn out;
  auto status = decode(encode(samples), TimeRange(), out);
  REQUIRE_MESSAGE(status.ok(), status.to_string());
  REQUIRE_EQ(out.size(), samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    REQUIRE_EQ(out.times[i], samples[i].time);
    REQUIRE_EQ(std::bit_cast<uint64_t>(out.values[i]), std::bit_cast<uint64_t>(samples[i].value));
  }
}

std::vector<Sample> noisy_samples(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Sample> samples;
  int64_t time = 1'780'272'000'000;
  double value = 1;
  for (size_t i = 0; i < count; ++i) {
    switch (random() % 6) {
      case 0: break;
      case 1: value += static_cast<double>(random() % 100); break;
      case 2: value = std::bit_cast<double>(random()); break;
      default: value += 1;
    }
    samples.push_back({time, value});
    int64_t jitter = static_cast<int64_t>(random() % (uint64_t{1} << (random() % 24)));
    time += 15'000 + (random() % 2 == 0 ? jitter : 0);
  }
  return samples;
}

}  // namespace

TEST_CASE("xor: one and two samples, byte for byte") {
  // By hand: 2 samples; time 1 as zigzag varint 2; 1.0; delta 2; the value differs nowhere.
  std::string expected("\x00\x02\x02\x3f\xf0\x00\x00\x00\x00\x00\x00\x02\x00", 13);
  CHECK_EQ(encode({{1, 1.0}, {3, 1.0}}), expected);
  // 1.0 and 2.0 differ in 11 bits after a leading zero: 11 | 00001 | 001011 | 11111111111
  std::string changed("\x00\x02\x02\x3f\xf0\x00\x00\x00\x00\x00\x00\x02\xc2\x5f\xff", 15);
  CHECK_EQ(encode({{1, 1.0}, {3, 2.0}}), changed);
  check_round_trip({{-5, 0.0}});
  check_round_trip({{1, 1.0}, {3, 2.0}});
}

TEST_CASE("xor: each class of time deltas at both of its ends") {
  for (int64_t change :
       {1LL, -1LL, 8192LL, -8191LL, 8193LL, -8192LL, 65536LL, -65535LL, 65537LL, -65536LL, 524288LL,
        -524287LL, 524289LL, -524288LL, 1LL << 40, -(1LL << 40)}) {
    INFO(change);
    int64_t start = int64_t{1} << 42;
    int64_t step = int64_t{1} << 41;
    check_round_trip(
        {{start, 1}, {start + step, 1}, {start + 2 * step + change, 1.5}, {start + 3 * step, 7}});
  }
}

TEST_CASE("xor: values that are no ordinary numbers keep their bits") {
  double inf = std::numeric_limits<double>::infinity();
  check_round_trip({{0, stale_nan()},
                    {1, inf},
                    {2, -inf},
                    {3, -0.0},
                    {4, 0.0},
                    {5, 5e-324},
                    {6, std::bit_cast<double>(kNormalNanBits)},
                    {7, 1e308},
                    {8, 1e308}});
}

TEST_CASE("xor: noise of every length survives") {
  for (size_t count = 1; count < 200; count += 3) check_round_trip(noisy_samples(count, count));
  check_round_trip(noisy_samples(XorEncoder::kMaxSamples, 1));
}

TEST_CASE("xor: samples encoded at once make the same bytes") {
  for (size_t count = 0; count < 300; ++count) {
    auto samples = noisy_samples(count, count);
    std::vector<int64_t> times;
    std::vector<double> values;
    for (const auto& sample : samples) {
      times.push_back(sample.time);
      values.push_back(sample.value);
    }
    REQUIRE_EQ(encode_xor(times, values), encode(samples));
  }
}

TEST_CASE("xor: only samples within the range are appended") {
  auto samples = noisy_samples(120, 7);
  auto data = encode(samples);
  for (size_t from = 0; from < samples.size(); from += 13) {
    for (size_t to = from; to < samples.size(); to += 17) {
      SampleColumn out;
      out.append(1, 2.0);
      REQUIRE(decode(data, {samples[from].time, samples[to].time}, out).ok());
      REQUIRE_EQ(out.size(), 1 + to - from + 1);
      CHECK_EQ(out.times[1], samples[from].time);
      CHECK_EQ(out.times.back(), samples[to].time);
    }
  }
  SampleColumn out;
  CHECK(decode(data, {0, 5}, out).ok());
  CHECK(out.empty());
}

TEST_CASE("xor: data that is cut off fails and leaves what was there") {
  auto data = encode(noisy_samples(50, 3));
  for (size_t size = 0; size < data.size(); ++size) {
    SampleColumn out;
    out.append(1, 2.0);
    CHECK_EQ(decode(data.substr(0, size), TimeRange(), out).code(), Code::kDataLoss);
    CHECK_EQ(out.size(), 1);
  }
}

TEST_CASE("xor: bytes at random give samples or an error") {
  std::mt19937_64 random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string data(random() % 80, '\0');
    for (auto& byte : data) byte = static_cast<char>(random());
    if (data.size() > 2) data[0] = 0;
    SampleColumn out;
    auto status = decode(data, TimeRange(), out);
    CHECK_EQ(out.empty(), !status.ok() || (data[0] == 0 && data[1] == 0));
  }
}

TEST_CASE("xor: an impossible window is refused") {
  // Second value: 11 | leading 31 | significant 63.
  std::string data(
      "\x00\x02\x02\x3f\xf0\x00\x00\x00\x00\x00\x00\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
      "\xff",
      23);
  SampleColumn out;
  CHECK_EQ(decode(data, TimeRange(), out).code(), Code::kDataLoss);
}
