// SPDX-License-Identifier: Apache-2.0
#include "store/prefetch_stream.hpp"

#include "support/fake_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

using namespace mnemo;
using namespace mnemo::testing;
using namespace std::chrono_literals;

namespace {

std::vector<Series> numbered(size_t count) {
  std::vector<Series> series;
  for (size_t i = 0; i < count; ++i) {
    series.push_back({Labels{{"i", std::to_string(100000 + i)}}, {}});
  }
  return series;
}

PrefetchOptions options_with(std::shared_ptr<Executor> executor, size_t max_series,
                             std::chrono::nanoseconds quick = {}) {
  PrefetchOptions options;
  options.executor = std::move(executor);
  options.max_series = max_series;
  options.quick = quick;
  return options;
}

PrefetchStream::Opener opener_of(FakeStore& store) {
  return [&store](const Context& context) { return store.series(context, {}); };
}

void wait_until(const std::function<bool()>& condition) {
  for (int i = 0; i < 5000 && !condition(); ++i) std::this_thread::sleep_for(1ms);
  CHECK(condition());
}

/// 100 series; pulling the 21st takes 600 ms. Counts what is pulled, and notes by which thread.
struct ObservedSource {
  std::atomic<size_t> pulled{0};
  std::vector<std::thread::id> by;

  class Stream final : public SeriesStream {
   public:
    explicit Stream(ObservedSource& source) : source_(&source) {}
    Result<bool> next(Series& series) override {
      if (source_->by.size() == series_.size()) return false;
      if (source_->by.size() == 20) std::this_thread::sleep_for(600ms);
      series = series_[source_->by.size()];
      source_->by.push_back(std::this_thread::get_id());
      ++source_->pulled;
      return true;
    }
    const std::vector<std::string>& warnings() const override { return warnings_; }

   private:
    ObservedSource* source_;
    std::vector<Series> series_ = numbered(100);
    std::vector<std::string> warnings_{"told"};
  };

  PrefetchStream::Opener opener() {
    return [this](const Context&) -> Result<std::unique_ptr<SeriesStream>> {
      return std::unique_ptr<SeriesStream>(std::make_unique<Stream>(*this));
    };
  }
};

/// An executor whose threads are all busy for ever: runs nothing.
class BusyExecutor final : public Executor {
 public:
  void submit(std::function<void()>) override {}
  size_t concurrency() const override { return 1; }
};

}  // namespace

TEST_CASE("prefetch: hands on every series in order") {
  auto pool = make_thread_pool(2);
  FakeStore store(numbered(1000));
  PrefetchStream stream(Context(), opener_of(store), options_with(pool, 7));
  auto all = read_all(stream);
  REQUIRE(all.ok());
  REQUIRE_EQ(all->size(), 1000);
  CHECK(std::is_sorted(all->begin(), all->end(),
                       [](const Series& a, const Series& b) { return a.labels < b.labels; }));
}

TEST_CASE("prefetch: reads ahead no further than its bound") {
  auto pool = make_thread_pool(1);
  FakeStore store(numbered(1000));
  PrefetchStream stream(Context(), opener_of(store), options_with(pool, 10));
  wait_until([&] { return store.pulled == 10; });
  std::this_thread::sleep_for(20ms);
  CHECK_EQ(store.pulled, 10);
  Series series;
  REQUIRE(stream.next(series).ok());
  std::this_thread::sleep_for(20ms);
  CHECK_LE(store.pulled, 20);
}

TEST_CASE("prefetch: what a quick source has ready is pulled by the consumer") {
  auto pool = make_thread_pool(1);
  ObservedSource source;
  PrefetchStream stream(Context(), source.opener(), options_with(pool, 10, 1h));
  wait_until([&] { return source.pulled == 10; });
  auto all = read_all(stream);
  REQUIRE(all.ok());
  CHECK_EQ(all->size(), 100);
  CHECK_EQ(stream.warnings(), std::vector<std::string>{"told"});
  auto consumer = std::this_thread::get_id();
  CHECK_EQ(std::count(source.by.begin(), source.by.end(), consumer), 90);
}

TEST_CASE("prefetch: a source that becomes slow is pulled ahead again") {
  auto pool = make_thread_pool(1);
  ObservedSource source;
  PrefetchStream stream(Context(), source.opener(), options_with(pool, 10, 500ms));
  Series series;
  for (int i = 0; i < 21; ++i) REQUIRE(*stream.next(series));
  wait_until([&] { return source.pulled >= 31; });
  auto rest = read_all(stream);
  REQUIRE(rest.ok());
  CHECK_EQ(rest->size(), 79);
}

TEST_CASE("prefetch: works without a free thread") {
  FakeStore store(numbered(100));
  PrefetchStream stream(Context(), opener_of(store),
                        options_with(std::make_shared<BusyExecutor>(), 10));
  auto all = read_all(stream);
  REQUIRE(all.ok());
  CHECK_EQ(all->size(), 100);
}

TEST_CASE("prefetch: destroying the stream cancels the source") {
  auto pool = make_thread_pool(1);
  FakeBehaviour behaviour;
  behaviour.hang = true;
  FakeStore store(numbered(1), behaviour);
  {
    PrefetchStream stream(Context(), opener_of(store), options_with(pool, 10));
    wait_until([&] { return store.calls == 1; });
  }
  wait_until([&] { return store.streams_ended == 1; });
}

TEST_CASE("prefetch: a source that does not answer in time is given up") {
  auto pool = make_thread_pool(1);
  FakeBehaviour behaviour;
  behaviour.hang = true;
  FakeStore store(numbered(1), behaviour);
  auto options = options_with(pool, 10);
  options.response_timeout = 30ms;
  PrefetchStream stream(Context(), opener_of(store), options);
  Series series;
  CHECK_EQ(stream.next(series).status().code(), Code::kDeadlineExceeded);
  CHECK(stream.failure() == PrefetchStream::Failure::kTimeout);
  wait_until([&] { return store.streams_ended == 1; });
}

TEST_CASE("prefetch: the end of the caller's context ends the wait") {
  auto pool = make_thread_pool(1);
  FakeBehaviour behaviour;
  behaviour.hang = true;
  FakeStore store(numbered(1), behaviour);
  std::stop_source stop;
  PrefetchStream stream(Context(stop.get_token()), opener_of(store), options_with(pool, 10));
  std::jthread stopper([&] {
    std::this_thread::sleep_for(10ms);
    stop.request_stop();
  });
  Series series;
  CHECK_EQ(stream.next(series).status().code(), Code::kCancelled);
}
