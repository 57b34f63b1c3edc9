// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/labels.hpp>

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdint>

namespace mnemo::bench {

/// Random numbers for a nanosecond each (splitmix64), the same for the same seed everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  /// Below `limit`, which is small.
  uint64_t below(uint64_t limit) { return (next() >> 32) * limit >> 32; }

 private:
  uint64_t state_;
};

inline constexpr int64_t kStep = 15'000;
inline constexpr int64_t kBlockRange = 7'200'000;
/// A multiple of twelve hours: six blocks from here on fill one range of a compactor.
inline constexpr int64_t kStart = 1'780'272'000'000;

/// The labels of the `number`-th series: a metric on one of a hundred instances.
inline Labels series_labels(uint64_t number) {
  static constexpr std::array kKinds = {"requests_total", "queue_length", "busy_ratio",
                                        "build_info"};
  uint64_t metric = number / 400;
  uint64_t instance = number / 4 % 100;
  return {{"__name__", fmt::format("app_{:04}_{}", metric, kKinds[number % 4])},
          {"instance", fmt::format("10.0.{}.{}:9100", instance / 10, instance % 10)},
          {"job", fmt::format("service-{}", instance % 7)},
          {"namespace", fmt::format("team-{}", instance % 13)},
          {"pod", fmt::format("service-{}-{:08x}", instance % 7, instance * 2654435761U)}};
}

/// The samples of one series in one block, one after the other. A quarter of the series each:
/// counters at jittering times, noisy gauges, ratios, constants; or, `noisy`, ratios in place of
/// the constants.
class SeriesSamples {
 public:
  SeriesSamples(uint64_t number, uint64_t block, bool noisy = false)
      : random_(number * 1'000'003 + block), kind_(noisy && number % 4 == 3 ? 2 : number % 4) {
    due_ = kStart + static_cast<int64_t>(block) * kBlockRange;
    value_ = static_cast<double>(number % 1000 + block * 1'000'000);
    next();
  }

  int64_t time() const { return time_; }
  double value() const { return value_; }

  void next() {
    uint64_t bits = random_.next();
    time_ = due_;
    due_ += kStep;
    switch (kind_) {
      case 0:
        // Four out of five scrapes are some milliseconds late.
        if (bits % 5 != 0) time_ += static_cast<int64_t>(bits >> 8 & 31);
        value_ += static_cast<double>(bits >> 16 & 255);
        break;
      case 1: value_ += static_cast<double>(bits >> 16 & 63) - 31.5; break;
      case 2: value_ = static_cast<double>(bits >> 16 & 1023) / 1000; break;
      default: break;
    }
  }

 private:
  Random random_;
  uint64_t kind_;
  int64_t due_;
  int64_t time_ = 0;
  double value_;
};

}  // namespace mnemo::bench
