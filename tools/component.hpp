// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "flags.hpp"

#include <mnemo/bucket.hpp>
#include <mnemo/context.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/log.hpp>
#include <mnemo/metrics.hpp>

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace mnemo::tools {

/// What every long-running command has: log, metrics, threads, and an orderly end on SIGTERM or
/// SIGINT.
///
/// Made first thing in the command, before any other thread, because it takes over the signals.
class Component {
 public:
  Component(std::string name, const CommonFlags& flags);
  ~Component();
  Component(const Component&) = delete;
  Component& operator=(const Component&) = delete;

  const std::string& name() const { return name_; }
  const std::shared_ptr<Logger>& logger() const { return logger_; }
  const std::shared_ptr<Metrics>& metrics() const { return metrics_; }
  const std::shared_ptr<Executor>& executor() const { return executor_; }

  /// The bucket that `config`, the content of `--objstore.config(-file)`, describes, its calls
  /// counted. Errors: those of the configuration, with the flag's name.
  Result<std::shared_ptr<Bucket>> open_bucket(const std::string& config) const;

  /// Ends when the program is asked to end.
  Context context() const { return Context(stop_.get_token()); }

  /// Runs `body` now and then every `interval_ms`, on a thread of its own, until the end. A failure
  /// is logged, and the next round comes after a second, two, four, ... up to the interval.
  void every(int64_t interval_ms, std::string what, std::function<Status(const Context&)> body);

  /// Waits until the program is asked to end, then until the rounds under way have ended.
  void wait();

  /// Asks the program to end.
  void stop() { stop_.request_stop(); }

  /// Logs each as a warning.
  void warn(const std::vector<std::string>& messages) const;

 private:
  std::string name_;
  std::shared_ptr<Logger> logger_;
  std::shared_ptr<Metrics> metrics_;
  std::shared_ptr<Executor> executor_;
  std::stop_source stop_;
  std::jthread signals_;
  std::vector<std::jthread> rounds_;
};

}  // namespace mnemo::tools
