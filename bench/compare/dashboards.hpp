// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "workload.hpp"

#include <mnemo/labels.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

/// What a cluster's scrapes look like to the dashboards of kubernetes-mixin and node-exporter.
namespace mnemo::bench {

enum class Shape { kCounter, kGauge, kConstant, kBucket };

struct DashboardSeries {
  Labels labels;
  Shape shape = Shape::kConstant;
  uint64_t seed = 0;   // the same for the buckets of one histogram
  double share = 1.0;  // of the histogram's observations that a bucket holds
};

/// `scale` is 1 for the 20,000 series of the whole cluster, 10 for a tenth of each family.
inline std::vector<DashboardSeries> dashboard_series(uint64_t scale) {
  static constexpr std::array kModes = {"user", "system",  "idle",  "iowait",
                                        "irq",  "softirq", "steal", "nice"};
  static constexpr std::array kLimits = {"0.005", "0.01", "0.025", "0.05", "0.1", "0.25",
                                         "0.5",   "1",    "2.5",   "5",    "10",  "+Inf"};
  std::vector<DashboardSeries> all;
  auto add = [&](Labels labels, Shape shape) {
    all.push_back({std::move(labels), shape, all.size(), 1});
  };
  for (uint64_t pod = 0; pod < 3000 / scale; ++pod) {
    auto name = fmt::format("service-{:03}-{:08x}", pod % 300, pod * 2654435761U & 0xffffffff);
    auto space = fmt::format("team-{:02}", pod % 20);
    auto node = fmt::format("node-{:03}", pod % 100);
    add({{"__name__", "container_cpu_usage_seconds_total"},
         {"container", "app"},
         {"namespace", space},
         {"node", node},
         {"pod", name}},
        Shape::kCounter);
    add({{"__name__", "container_memory_working_set_bytes"},
         {"container", "app"},
         {"namespace", space},
         {"node", node},
         {"pod", name}},
        Shape::kGauge);
    add({{"__name__", "kube_pod_info"}, {"namespace", space}, {"node", node}, {"pod", name}},
        Shape::kConstant);
  }
  for (uint64_t cpu = 0; cpu < 800 / scale; ++cpu) {
    for (const char* mode : kModes) {
      add({{"__name__", "node_cpu_seconds_total"},
           {"cpu", fmt::format("{}", cpu % 8)},
           {"instance", fmt::format("node-{:03}:9100", cpu / 8)},
           {"job", "node"},
           {"mode", mode}},
          Shape::kCounter);
    }
  }
  for (uint64_t i = 0; i < 200 / scale; ++i) {
    auto instance = fmt::format("10.0.0.{}:8080", i / 10);
    auto handler = fmt::format("/api/v1/things/{}", i % 10);
    for (size_t limit = 0; limit < kLimits.size(); ++limit) {
      all.push_back({{{"__name__", "http_request_duration_seconds_bucket"},
                      {"handler", handler},
                      {"instance", instance},
                      {"job", "api"},
                      {"le", kLimits[limit]}},
                     Shape::kBucket,
                     i,
                     static_cast<double>(limit + 1) / kLimits.size()});
    }
    for (int code = 0; code < 10; ++code) {
      add({{"__name__", "http_requests_total"},
           {"code", fmt::format("{}", 200 + code * 33)},
           {"handler", handler},
           {"instance", instance},
           {"job", "api"}},
          Shape::kCounter);
    }
    add({{"__name__", "up"}, {"instance", instance}, {"job", handler}}, Shape::kConstant);
  }
  return all;
}

/// The samples of one series from one day on, `kStep` apart.
class DashboardSamples {
 public:
  DashboardSamples(const DashboardSeries& series, uint64_t day)
      : series_(series), random_(series.seed * 1'000'003 + day) {
    due_ = kStart + static_cast<int64_t>(day) * 12 * kBlockRange;
    if (series.shape == Shape::kConstant) value_ = 1;
    if (series.shape == Shape::kGauge) value_ = 1e8;
  }

  struct Sample {
    int64_t time;
    double value;
  };

  Sample next() {
    uint64_t bits = random_.next();
    Sample sample{due_ + static_cast<int64_t>(bits % 5 == 0 ? 0 : bits >> 8 & 7), 0};
    due_ += kStep;
    switch (series_.shape) {
      case Shape::kCounter: value_ += static_cast<double>(bits >> 16 & 255) / 8; break;
      case Shape::kGauge: value_ += (static_cast<double>(bits >> 16 & 63) - 31.5) * 4096; break;
      case Shape::kConstant: break;
      case Shape::kBucket:
        value_ += static_cast<double>(
            static_cast<uint64_t>(static_cast<double>(bits >> 16 & 255) * series_.share));
        break;
    }
    sample.value = value_;
    return sample;
  }

 private:
  const DashboardSeries& series_;
  Random random_;
  int64_t due_;
  double value_ = 0;
};

}  // namespace mnemo::bench
