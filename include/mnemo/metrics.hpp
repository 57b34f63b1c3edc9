// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mnemo {

/// A number that only grows. Thread-safe; lives as long as its `Metrics`.
class Counter {
 public:
  virtual ~Counter() = default;
  virtual void increment(double by = 1) = 0;
  virtual double value() const = 0;
};

/// A number that goes up and down. Thread-safe; lives as long as its `Metrics`.
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
  virtual void add(double by) = 0;
  virtual double value() const = 0;
};

/// A distribution over fixed buckets. Thread-safe; lives as long as its `Metrics`.
class HistogramMetric {
 public:
  virtual ~HistogramMetric() = default;
  virtual void observe(double value) = 0;
};

/// The metrics of one instance of Mnemo: components register what they count here, and the embedder
/// (or `/metrics`) renders it. There is no global registry.
///
/// Thread-safe. Asking for a name and labels again gives the same object; a name that exists with
/// another kind is a programming error and gives a detached metric that is never rendered.
class Metrics {
 public:
  using LabelMap = std::map<std::string, std::string>;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Counter& counter(const std::string& name, const std::string& help, const LabelMap& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const LabelMap& labels = {});
  HistogramMetric& histogram(const std::string& name, const std::string& help,
                             const std::vector<double>& buckets, const LabelMap& labels = {});

  /// Everything in the text exposition format, version 0.0.4.
  std::string render() const;

 private:
  struct Registry;
  std::unique_ptr<Registry> registry_;
};

}  // namespace mnemo
