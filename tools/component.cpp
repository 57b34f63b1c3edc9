// SPDX-License-Identifier: Apache-2.0
#include "component.hpp"

#include "objstore/config.hpp"
#include "objstore/metrics_bucket.hpp"
#include "version.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <ctime>

namespace mnemo::tools {
namespace {

// Most of them wait for the disk or the network most of the time.
constexpr size_t kThreads = 32;

// How soon after a failure the next round comes; after further ones, twice as long each time.
constexpr std::chrono::milliseconds kFirstRetry = std::chrono::seconds(1);

sigset_t end_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

/// Waits for a signal that asks the program to end; looks up now and then whether it ends anyway.
void wait_for_signal(const std::shared_ptr<Logger>& logger, std::stop_source& stop) {
  const auto set = end_signals();
  const timespec poll{0, 200'000'000};
  while (!stop.stop_requested()) {
    int received = ::sigtimedwait(&set, nullptr, &poll);
    if (received <= 0) continue;
    logger->info("caught signal, exiting",
                 {{"signal", received == SIGTERM ? "terminated" : "interrupt"}});
    stop.request_stop();
  }
}

}  // namespace

Component::Component(std::string name, const CommonFlags& flags)
    : name_(std::move(name)), logger_(flags.make_logger()), metrics_(std::make_shared<Metrics>()) {
  const auto set = end_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  executor_ = make_thread_pool(kThreads);
  signals_ = std::jthread([this] { wait_for_signal(logger_, stop_); });
  metrics_
      ->gauge("mnemo_build_info", "The version of this program.",
              {{"version", kVersion}, {"component", name_}})
      .set(1);
  logger_->info("starting", {{"component", name_}, {"version", kVersion}});
}

Component::~Component() {
  stop();
  rounds_.clear();
  logger_->info("exiting", {{"component", name_}});
}

void Component::every(int64_t interval_ms, std::string what,
                      std::function<Status(const Context&)> body) {
  rounds_.emplace_back([this, interval_ms, what = std::move(what), body = std::move(body)] {
    auto context = this->context();
    const std::chrono::milliseconds interval(interval_ms);
    const auto first_retry = std::min(kFirstRetry, interval);
    auto retry = first_retry;
    while (!context.stopped()) {
      auto status = body(context);
      auto pause = status.ok() ? interval : retry;
      retry = status.ok() ? first_retry : std::min(2 * retry, interval);
      if (!status.ok() && !context.stopped()) {
        logger_->warn(what + " failed", {{"err", status.message()}});
      }
      if (!context.sleep_for(pause).ok()) return;
    }
  });
}

void Component::wait() {
  while (context().sleep_for(std::chrono::hours(24)).ok()) {
  }
  rounds_.clear();
}

void Component::warn(const std::vector<std::string>& messages) const {
  for (const auto& message : messages) logger_->warn(message);
}

Result<std::shared_ptr<Bucket>> Component::open_bucket(const std::string& config) const {
  BucketEnvironment environment;
  environment.executor = executor_;
  environment.logger = logger_;
  MNEMO_TRY(auto bucket,
            make_bucket_from_config(config, environment).with_context("--objstore.config"));
  return make_metrics_bucket(std::move(bucket), *metrics_);
}

}  // namespace mnemo::tools
