// SPDX-License-Identifier: Apache-2.0
#include "store/prefetch_stream.hpp"

#include "store/series_stream.hpp"

#include <algorithm>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <optional>

namespace mnemo {
namespace {

using Clock = Context::Clock;

constexpr size_t kSeriesPulledInline = 16;
constexpr auto kPatienceWithExecutor = std::chrono::milliseconds(20);

}  // namespace

/// What the consumer and the task that pulls share. `source` and `opener` belong to whoever set
/// `pulling`; everything else is guarded by the mutex.
struct PrefetchStream::Shared {
  Shared(Opener open, const PrefetchOptions& options)
      : max_series(options.max_series),
        max_bytes(options.max_bytes),
        handed_over_at_once(options.handed_over_at_once),
        quick(options.quick),
        opener(std::move(open)) {}

  const size_t max_series;
  const size_t max_bytes;
  const size_t handed_over_at_once;
  const std::chrono::nanoseconds quick;
  size_t next_hand_over = 1;  // so many series; belongs to the puller
  std::stop_source stop;
  Context context;  // the source's

  Opener opener;
  std::unique_ptr<SeriesStream> source;

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<Series> ready;
  size_t ready_bytes = 0;
  bool scheduled = false;
  bool pulling = false;
  bool is_quick = false;
  bool ended = false;
  bool abandoned = false;
  Clock::time_point pulling_since;
  Status status;
  Failure failure = Failure::kNone;
  std::vector<std::string> warnings;
  std::vector<std::string> blocks;

  bool full() const { return ready.size() >= max_series || ready_bytes >= max_bytes; }

  /// One step of the source, without the mutex.
  Result<bool> step(Series& series, Failure& kind) {
    if (!source) {
      kind = Failure::kOpen;
      MNEMO_TRY(source, opener(context));
    }
    kind = Failure::kRead;
    return source->next(series);
  }

  /// Series that were pulled and not handed over yet, and how the pulling ended.
  struct Pulled {
    std::vector<Series> series;
    size_t bytes = 0;
    Result<bool> more = true;
    Failure kind = Failure::kNone;
  };

  /// Pulls up to `count` series, or as many bytes as may wait, without the mutex.
  Pulled pull_some(size_t count) {
    Pulled pulled;
    while (pulled.series.size() < count && pulled.bytes < max_bytes) {
      Series series;
      pulled.more = step(series, pulled.kind);
      if (!pulled.more.ok() || !*pulled.more) break;
      pulled.bytes += memory_bytes(series);
      pulled.series.push_back(std::move(series));
    }
    return pulled;
  }

  /// Pulls up to `count` series while there is room. REQUIRES: the mutex held, `pulling` set by
  /// the caller.
  void pull(std::unique_lock<std::mutex>& lock, size_t count) {
    auto begin = Clock::now();
    while (count > 0 && !full() && !abandoned && !ended) {
      pulling_since = Clock::now();
      size_t some = std::min({count, next_hand_over, max_series - ready.size()});
      next_hand_over = std::min(2 * next_hand_over, handed_over_at_once);
      lock.unlock();
      auto pulled = pull_some(some);
      lock.lock();
      count -= std::min(count, std::max<size_t>(pulled.series.size(), 1));
      std::move(pulled.series.begin(), pulled.series.end(), std::back_inserter(ready));
      ready_bytes += pulled.bytes;
      if (!pulled.more.ok()) {
        end(std::move(pulled.more).status(), pulled.kind);
      } else if (!*pulled.more) {
        end({}, Failure::kNone);
      }
      changed.notify_all();
    }
    if (ended || abandoned) drop_source(lock);
    is_quick = Clock::now() - begin < quick;
    pulling = false;
    changed.notify_all();
  }

  void end(Status why, Failure kind) {
    if (ended) return;
    ended = true;
    status = std::move(why);
    failure = kind;
    if (!source) return;
    warnings = source->warnings();
    blocks = source->queried_blocks();
  }

  /// Frees the source without the mutex, as that may take its time.
  void drop_source(std::unique_lock<std::mutex>& lock) {
    auto dropped_source = std::move(source);
    auto dropped_opener = std::exchange(opener, nullptr);
    lock.unlock();
    dropped_source.reset();
    dropped_opener = nullptr;
    lock.lock();
  }
};

PrefetchStream::PrefetchStream(const Context& context, Opener opener, PrefetchOptions options)
    : shared_(std::make_shared<Shared>(std::move(opener), options)),
      context_(context),
      options_(std::move(options)),
      on_stop_(context.token(), [shared = shared_] {
        shared->stop.request_stop();
        std::lock_guard lock(shared->mutex);
        shared->changed.notify_all();
      }) {
  shared_->context = Context(shared_->stop.get_token(), context.deadline());
  std::lock_guard lock(shared_->mutex);
  schedule();
}

PrefetchStream::~PrefetchStream() {
  shared_->stop.request_stop();
  std::unique_lock lock(shared_->mutex);
  shared_->abandoned = true;
  shared_->changed.wait(lock, [this] { return !shared_->pulling; });
  shared_->drop_source(lock);
}

/// REQUIRES: the mutex held.
void PrefetchStream::schedule() {
  if (shared_->scheduled || shared_->pulling || shared_->ended) return;
  shared_->scheduled = true;
  options_.executor->submit([shared = shared_] {
    std::unique_lock lock(shared->mutex);
    shared->scheduled = false;
    if (shared->pulling || shared->abandoned) return;
    shared->pulling = true;
    shared->pull(lock, shared->max_series);
  });
}

Result<bool> PrefetchStream::next(Series& series) {
  if (next_taken_ == taken_.size()) {
    if (!pulls_here_) {
      MNEMO_TRY(bool more, take_ready());
      if (!more) return false;
    }
    if (pulls_here_) return pull_here(series);
  }
  series = std::move(taken_[next_taken_++]);
  return true;
}

Result<bool> PrefetchStream::take_ready() {
  taken_.clear();
  next_taken_ = 0;
  std::unique_lock lock(shared_->mutex);
  while (shared_->ready.empty()) {
    if (shared_->ended) return take_end();
    pulls_here_ = shared_->is_quick && !shared_->scheduled && !shared_->pulling;
    if (pulls_here_) return true;
    lock.unlock();
    MNEMO_RETURN_IF_ERROR(wait_for_puller());
    lock.lock();
  }
  std::swap(taken_, shared_->ready);
  shared_->ready_bytes = 0;
  if (!shared_->is_quick) schedule();
  return true;
}

Result<bool> PrefetchStream::pull_here(Series& series) {
  auto begin = Clock::now();
  auto kind = Failure::kNone;
  auto more = shared_->step(series, kind);
  bool was_quick = Clock::now() - begin < options_.quick;
  if (more.ok() && *more && was_quick) return true;
  std::lock_guard lock(shared_->mutex);
  if (!more.ok() || !*more) {
    shared_->end(std::move(more).status(), kind);
    return take_end();
  }
  pulls_here_ = false;
  shared_->is_quick = false;
  schedule();
  return true;
}

/// REQUIRES: the mutex held.
Result<bool> PrefetchStream::take_end() {
  warnings_ = shared_->warnings;
  blocks_ = shared_->blocks;
  if (shared_->status.ok()) return false;
  return fail(shared_->status, shared_->failure);
}

Status PrefetchStream::fail(Status status, Failure failure) {
  failure_ = failure;
  return status;
}

/// Waits until something changed, or pulls itself where nobody does.
Status PrefetchStream::wait_for_puller() {
  auto& shared = *shared_;
  std::unique_lock lock(shared.mutex);
  if (!shared.ready.empty() || shared.ended) return {};
  if (auto ended = context_.check(); !ended.ok()) return fail(std::move(ended), Failure::kRead);
  if (!shared.pulling && !executor_is_busy_ && options_.response_timeout.count() > 0) {
    schedule();
    executor_is_busy_ = !shared.changed.wait_for(lock, kPatienceWithExecutor, [&] {
      return shared.pulling || shared.ended || !shared.ready.empty();
    });
    return {};
  }
  if (!shared.pulling) {
    shared.pulling = true;
    shared.pull(lock, kSeriesPulledInline);
    return {};
  }
  auto until = context_.deadline();
  if (options_.response_timeout.count() > 0) {
    auto timeout = shared.pulling_since + options_.response_timeout;
    if (Clock::now() >= timeout) {
      shared.ended = true;
      shared.abandoned = true;
      lock.unlock();
      shared.stop.request_stop();
      return fail(Status::deadline_exceeded("no response in time"), Failure::kTimeout);
    }
    until = until ? std::min(*until, timeout) : timeout;
  }
  if (until) {
    shared.changed.wait_until(lock, *until);
  } else {
    shared.changed.wait(lock);
  }
  return {};
}

}  // namespace mnemo
