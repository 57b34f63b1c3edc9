// SPDX-License-Identifier: Apache-2.0
#include <mnemo/executor.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

using namespace mnemo;

TEST_CASE("thread pool: runs all that was submitted, by tasks too, before it ends") {
  std::atomic<int> done{0};
  {
    auto pool = make_thread_pool(3);
    for (int i = 0; i < 100; ++i) {
      pool->submit([&, pool = pool.get()] {
        pool->submit([&] { ++done; });
        ++done;
      });
    }
  }
  CHECK_EQ(done, 200);
}

TEST_CASE("thread pool: what comes one after the other runs on one thread") {
  auto pool = make_thread_pool(8);
  std::vector<std::thread::id> ran_on;
  for (int i = 0; i < 20; ++i) {
    std::promise<void> done;
    pool->submit([&] {
      ran_on.push_back(std::this_thread::get_id());
      done.set_value();
    });
    done.get_future().wait();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // so that it is idle again
  }
  auto last = ran_on.back();
  CHECK_GE(std::count(ran_on.begin(), ran_on.end(), last), 10);
}

TEST_CASE("parallel_for: runs every index once, nested calls included") {
  auto pool = make_thread_pool(2);
  std::atomic<int> sum{0};
  auto status = parallel_for(Context(), *pool, 10, [&](size_t i) {
    return parallel_for(Context(), *pool, 10, [&, i](size_t j) {
      sum += static_cast<int>(i * 10 + j);
      return Status();
    });
  });
  CHECK(status.ok());
  CHECK_EQ(sum, 4950);
}

TEST_CASE("parallel_for: the first failure is returned") {
  auto pool = make_thread_pool(2);
  auto status = parallel_for(Context(), *pool, 100, [](size_t i) {
    return i == 7 ? Status::not_found("seven") : Status();
  });
  CHECK_EQ(status.to_string(), "NotFound: seven");
}

TEST_CASE("context: a deadline in the past has passed") {
  auto context = Context().with_timeout(std::chrono::nanoseconds(0));
  CHECK_EQ(context.check().code(), Code::kDeadlineExceeded);
  std::stop_source source;
  Context stoppable(source.get_token());
  CHECK(stoppable.check().ok());
  source.request_stop();
  CHECK_EQ(stoppable.sleep_for(std::chrono::hours(1)).code(), Code::kCancelled);
}
