// SPDX-License-Identifier: Apache-2.0
#include <mnemo/metrics.hpp>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace mnemo {
namespace {

class RegisteredCounter final : public Counter {
 public:
  explicit RegisteredCounter(prometheus::Counter& counter) : counter_(counter) {}
  void increment(double by) override { counter_.Increment(by); }
  double value() const override { return counter_.Value(); }

 private:
  prometheus::Counter& counter_;
};

class RegisteredGauge final : public Gauge {
 public:
  explicit RegisteredGauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void set(double value) override { gauge_.Set(value); }
  void add(double by) override { gauge_.Increment(by); }
  double value() const override { return gauge_.Value(); }

 private:
  prometheus::Gauge& gauge_;
};

class RegisteredHistogram final : public HistogramMetric {
 public:
  explicit RegisteredHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void observe(double value) override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

}  // namespace

struct Metrics::Registry {
  using Key = std::pair<std::string, LabelMap>;

  mutable std::mutex mutex;
  prometheus::Registry registry;
  prometheus::Registry detached;
  std::map<std::string, char> kinds;
  std::map<Key, std::unique_ptr<Counter>> counters;
  std::map<Key, std::unique_ptr<Gauge>> gauges;
  std::map<Key, std::unique_ptr<HistogramMetric>> histograms;

  prometheus::Registry& registry_for(const std::string& name, char kind) {
    auto [entry, inserted] = kinds.emplace(name, kind);
    return entry->second == kind ? registry : detached;
  }
};

Metrics::Metrics() : registry_(std::make_unique<Registry>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help,
                          const LabelMap& labels) {
  std::lock_guard lock(registry_->mutex);
  auto& slot = registry_->counters[{name, labels}];
  if (!slot) {
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(
        registry_->registry_for(name, 'c'));
    slot = std::make_unique<RegisteredCounter>(family.Add(labels));
  }
  return *slot;
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const LabelMap& labels) {
  std::lock_guard lock(registry_->mutex);
  auto& slot = registry_->gauges[{name, labels}];
  if (!slot) {
    auto& family =
        prometheus::BuildGauge().Name(name).Help(help).Register(registry_->registry_for(name, 'g'));
    slot = std::make_unique<RegisteredGauge>(family.Add(labels));
  }
  return *slot;
}

HistogramMetric& Metrics::histogram(const std::string& name, const std::string& help,
                                    const std::vector<double>& buckets, const LabelMap& labels) {
  std::lock_guard lock(registry_->mutex);
  auto& slot = registry_->histograms[{name, labels}];
  if (!slot) {
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(
        registry_->registry_for(name, 'h'));
    slot = std::make_unique<RegisteredHistogram>(family.Add(labels, buckets));
  }
  return *slot;
}

std::string Metrics::render() const {
  std::lock_guard lock(registry_->mutex);
  return prometheus::TextSerializer().Serialize(registry_->registry.Collect());
}

}  // namespace mnemo
