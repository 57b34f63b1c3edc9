// SPDX-License-Identifier: Apache-2.0
//
// What bench/compare/tsdb measures or needs made: blocks, text, and the work of the library that no
// command of the program does. Each mode prints one line of JSON with what it took.
#include "modes.hpp"
#include "workload.hpp"

#include <mnemo/block_writer.hpp>

#include <fmt/format.h>

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace {

using namespace mnemo;
using namespace mnemo::bench;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// How long something took.
class Stopwatch {
 public:
  double cpu() const { return cpu_seconds() - cpu_; }
  double wall() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  double cpu_ = cpu_seconds();
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

struct Size {
  uint64_t series = 0;
  uint64_t samples = 0;
  bool noisy = false;
};

/// Calls `sample(series, time, value)` for all samples of a block, as scrapes bring them or one
/// series after the other.
template <typename Sample>
Status each_sample(Size size, uint64_t block, bool by_scrape, const Sample& sample) {
  std::vector<SeriesSamples> open;
  if (by_scrape) {
    for (uint64_t i = 0; i < size.series; ++i) open.emplace_back(i, block, size.noisy);
    for (uint64_t scrape = 0; scrape < size.samples; ++scrape) {
      for (uint64_t i = 0; i < size.series; ++i) {
        MNEMO_RETURN_IF_ERROR(sample(i, open[i].time(), open[i].value()));
        open[i].next();
      }
    }
    return {};
  }
  for (uint64_t i = 0; i < size.series; ++i) {
    SeriesSamples samples(i, block, size.noisy);
    for (uint64_t at = 0; at < size.samples; ++at, samples.next()) {
      MNEMO_RETURN_IF_ERROR(sample(i, samples.time(), samples.value()));
    }
  }
  return {};
}

std::vector<Labels> all_labels(uint64_t count) {
  std::vector<Labels> labels;
  labels.reserve(count);
  for (uint64_t i = 0; i < count; ++i) labels.push_back(series_labels(i));
  return labels;
}

/// write FOLDER BLOCK SERIES SAMPLES scrape|number|series|noisy: one block through the block
/// writer, the samples scrape by scrape, with labels or numbers of series, or series by series, of
/// noisy ones too.
Status write_block(const std::vector<std::string>& args) {
  Size size{std::stoull(args[2]), std::stoull(args[3]), args[4] == "noisy"};
  uint64_t block = std::stoull(args[1]);
  bool by_number = args[4] == "number";
  bool by_scrape = by_number || args[4] == "scrape";
  auto labels = all_labels(size.series);
  double sum = 0;
  Stopwatch idle;
  MNEMO_RETURN_IF_ERROR(each_sample(size, block, by_scrape, [&](uint64_t, int64_t, double value) {
    sum += value;
    return Status();
  }));
  double idle_cpu = idle.cpu();
  Stopwatch watch;
  BlockWriter writer({.folder = args[0], .ulid = {}});
  std::vector<BlockWriter::SeriesNumber> numbers;
  for (const auto& each : labels) {
    if (!by_number) break;
    MNEMO_TRY(auto number, writer.number_of(each));
    numbers.push_back(number);
  }
  MNEMO_RETURN_IF_ERROR(
      each_sample(size, block, by_scrape, [&](uint64_t series, int64_t time, double value) {
        return by_number ? writer.append(numbers[series], time, value)
                         : writer.append(labels[series], time, value);
      }));
  double append_cpu = watch.cpu() - idle_cpu;
  MNEMO_TRY(auto meta, writer.finish());
  fmt::print(
      "{{\"ulid\": \"{}\", \"samples\": {}, \"append_cpu\": {}, \"cpu\": {}, \"wall\": {}, "
      "\"sum\": {}}}\n",
      meta.ulid.to_string(), meta.stats.num_samples, append_cpu, watch.cpu() - idle_cpu,
      watch.wall() - idle_cpu, sum);
  return {};
}

/// text FILE SERIES SAMPLES: the first block as OpenMetrics.
Status write_text(const std::vector<std::string>& args) {
  Size size{std::stoull(args[1]), std::stoull(args[2])};
  std::FILE* file = std::fopen(args[0].c_str(), "w");
  if (file == nullptr) return Status::internal("cannot write " + args[0]);
  auto labels = all_labels(size.series);
  std::vector<std::string> names;
  for (const auto& each : labels) {
    std::string text = std::string(each.get(kMetricName)) + "{";
    for (const auto& label : each) {
      if (label.name == kMetricName) continue;
      text += fmt::format("{}{}=\"{}\"", text.back() == '{' ? "" : ",", label.name, label.value);
    }
    names.push_back(text + "}");
  }
  auto status = each_sample(size, 0, false, [&](uint64_t series, int64_t time, double value) {
    fmt::print(file, "{} {} {}.{:03}\n", names[series], value, time / 1000, time % 1000);
    return Status();
  });
  fmt::print(file, "# EOF\n");
  if (std::fclose(file) != 0) return Status::internal("cannot write " + args[0]);
  return status;
}

/// labels FILE SERIES: the labels as promtool's benchmark of the head reads them.
Status write_labels(const std::vector<std::string>& args) {
  std::FILE* file = std::fopen(args[0].c_str(), "w");
  if (file == nullptr) return Status::internal("cannot write " + args[0]);
  for (const auto& labels : all_labels(std::stoull(args[1]))) {
    std::string line;
    for (const auto& label : labels) {
      // It takes a colon for the end of a name.
      std::string value(label.value.substr(0, label.value.find(':')));
      line += fmt::format("{}\"{}\":\"{}\"", line.empty() ? "{" : ",", label.name, value);
    }
    fmt::print(file, "{}}}\n", line);
  }
  return std::fclose(file) == 0 ? Status() : Status::internal("cannot write " + args[0]);
}

/// many FOLDER BLOCK SERIES: a block of the BLOCK-th of many disjoint thousands of series, with
/// three samples each and, as in clusters whose pods come and go, new label values each.
Status write_many(const std::vector<std::string>& args) {
  uint64_t block = std::stoull(args[1]);
  uint64_t count = std::stoull(args[2]);
  BlockWriter writer({.folder = args[0], .ulid = {}});
  int64_t start = kStart + static_cast<int64_t>(block) * kBlockRange;
  for (uint64_t i = 0; i < count; ++i) {
    uint64_t number = block * count + i;
    auto pod = fmt::format("service-{}-{:016x}", number % 50, Random(number / 20).next());
    Labels labels{
        {"__name__", fmt::format("container_metric_{:03}", number % 20)},
        {"cluster", "eu-1"},
        {"container", fmt::format("service-{}", number % 50)},
        {"id", "/kubepods/burstable/pod" + pod},
        {"instance", fmt::format("10.1.{}.{}:10250", number / 997 % 4, number / 20 % 250)},
        {"job", "kubelet"},
        {"namespace", fmt::format("team-{}", number % 50 % 13)},
        {"pod", pod}};
    for (int64_t at = 0; at < 3; ++at) {
      MNEMO_RETURN_IF_ERROR(
          writer.append(labels, start + at * kStep, static_cast<double>(number + at)));
    }
  }
  MNEMO_TRY(auto meta, writer.finish());
  fmt::print("{{\"ulid\": \"{}\", \"series\": {}}}\n", meta.ulid.to_string(),
             meta.stats.num_series);
  return {};
}

constexpr Mode kModes[] = {{"write", 5, write_block},
                           {"text", 3, write_text},
                           {"labels", 2, write_labels},
                           {"many", 3, write_many}};

}  // namespace

int main(int argc, char** argv) {
  return run_mode(kModes, argc, argv,
                  "usage: write FOLDER BLOCK SERIES SAMPLES scrape|number|series|noisy\n"
                  "       text FILE SERIES SAMPLES\n"
                  "       labels FILE SERIES\n"
                  "       many FOLDER BLOCK SERIES\n");
}
