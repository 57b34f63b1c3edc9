// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/executor.hpp>
#include <mnemo/store.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace mnemo {

struct PrefetchOptions {
  std::shared_ptr<Executor> executor;
  size_t max_series = 64;       // waiting to be taken
  size_t max_bytes = 4U << 20;  // of chunks and labels waiting to be taken
  /// How many series the puller keeps to itself before it hands them over, after the first ones:
  /// each time wakes the consumer if that waits. For sources that are quick.
  size_t handed_over_at_once = 1;
  /// A source that fills the queue in less than this time is pulled by the consumer itself until a
  /// pull takes as long: what is ready without waiting is not worth another thread. 0: never.
  /// REQUIRES: 0 where there is a response timeout.
  std::chrono::nanoseconds quick{0};
  /// Longest time the source may take for one series; 0: no limit.
  std::chrono::nanoseconds response_timeout{0};
};

/// Opens and pulls a source on an executor, ahead of whoever pulls this stream, as far as a bounded
/// queue allows. When no thread of the executor is free, the puller's own thread works, so streams
/// may be nested on one executor without deadlock (the response timeout is then not watched).
///
/// Not thread-safe. Destroying it stops the source's context and waits for the call into the source
/// that may be under way; then source and opener are gone. Where several are destroyed together,
/// stop their common context first (see `CallScope`).
class PrefetchStream final : public SeriesStream {
 public:
  using Opener = std::function<Result<std::unique_ptr<SeriesStream>>(const Context&)>;

  /// Why the stream failed.
  enum class Failure { kNone, kOpen, kRead, kTimeout };

  /// Begins to open and pull at once. The source's context ends with `context`.
  PrefetchStream(const Context& context, Opener opener, PrefetchOptions options);
  ~PrefetchStream() override;
  PrefetchStream(const PrefetchStream&) = delete;
  PrefetchStream& operator=(const PrefetchStream&) = delete;

  Result<bool> next(Series& series) override;
  const std::vector<std::string>& warnings() const override { return warnings_; }
  std::vector<std::string> queried_blocks() const override { return blocks_; }

  Failure failure() const { return failure_; }

 private:
  struct Shared;

  /// Takes what is ready, waiting for it if need be, or sets `pulls_here_`; false at the end.
  Result<bool> take_ready();
  /// Pulls the source by this thread. REQUIRES: `pulls_here_`, which ends when that was slow.
  Result<bool> pull_here(Series& series);
  Result<bool> take_end();
  Status fail(Status status, Failure failure);
  Status wait_for_puller();
  void schedule();

  std::shared_ptr<Shared> shared_;
  Context context_;  // the caller's
  PrefetchOptions options_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::vector<Series> taken_;
  size_t next_taken_ = 0;
  bool executor_is_busy_ = false;
  bool pulls_here_ = false;  // no task is scheduled or pulls
  Failure failure_ = Failure::kNone;
  std::vector<std::string> warnings_;
  std::vector<std::string> blocks_;
};

}  // namespace mnemo
