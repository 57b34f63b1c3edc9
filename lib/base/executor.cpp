// SPDX-License-Identifier: Apache-2.0
#include <mnemo/executor.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace mnemo {
namespace {

class ThreadPool final : public Executor {
 public:
  explicit ThreadPool(size_t threads) {
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    for (size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run(); });
  }

  ~ThreadPool() override {
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
  }

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void submit(std::function<void()> task) override {
    {
      std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
  }

  size_t concurrency() const override { return threads_.size(); }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [this] { return closing_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      task = nullptr;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

/// What the workers of one `parallel_for` share. Late workers may outlive the call, so they hold
/// it by shared pointer and touch the body only while an index is left.
struct ParallelLoop {
  Context context;
  size_t count;
  const std::function<Status(size_t)>* body;
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::condition_variable done;
  size_t finished = 0;
  Status status;

  void work() {
    for (size_t i = next++; i < count; i = next++) {
      Status result;
      if (!failed) {
        result = context.check();
        if (result.ok()) result = (*body)(i);
      }
      std::lock_guard lock(mutex);
      if (!result.ok() && status.ok()) {
        status = std::move(result);
        failed = true;
      }
      if (++finished == count) done.notify_all();
    }
  }
};

}  // namespace

std::shared_ptr<Executor> make_thread_pool(size_t threads) {
  return std::make_shared<ThreadPool>(threads);
}

Status parallel_for(const Context& context, Executor& executor, size_t count,
                    const std::function<Status(size_t)>& body) {
  if (count == 0) return context.check();
  auto loop = std::make_shared<ParallelLoop>();
  loop->context = context;
  loop->count = count;
  loop->body = &body;
  size_t extra_workers = std::min(executor.concurrency(), count - 1);
  for (size_t i = 0; i < extra_workers; ++i) executor.submit([loop] { loop->work(); });
  loop->work();
  std::unique_lock lock(loop->mutex);
  loop->done.wait(lock, [&] { return loop->finished == loop->count; });
  return loop->status;
}

}  // namespace mnemo
