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

/// Tasks go to the thread that became idle last: its stack and what the allocator keeps for it are
/// still in the processor's caches, and a pool that is larger than its work leaves the rest asleep.
class ThreadPool final : public Executor {
 public:
  explicit ThreadPool(size_t threads) : workers_(threads > 0 ? threads : default_size()) {
    for (auto& worker : workers_) worker.thread = std::thread([this, &worker] { run(worker); });
  }

  ~ThreadPool() override {
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
      for (auto* worker : idle_) worker->wake.notify_one();
      idle_.clear();
    }
    for (auto& worker : workers_) worker.thread.join();
  }

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void submit(std::function<void()> task) override {
    std::unique_lock lock(mutex_);
    if (idle_.empty()) {
      tasks_.push_back(std::move(task));
      return;
    }
    auto* worker = idle_.back();
    idle_.pop_back();
    worker->task = std::move(task);
    lock.unlock();
    worker->wake.notify_one();
  }

  size_t concurrency() const override { return workers_.size(); }

 private:
  struct Worker {
    std::thread thread;
    std::condition_variable wake;
    std::function<void()> task;  // what it was woken for
  };

  static size_t default_size() { return std::max(1U, std::thread::hardware_concurrency()); }

  void run(Worker& worker) {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (!tasks_.empty()) {
        worker.task = std::move(tasks_.front());
        tasks_.pop_front();
      } else if (closing_) {
        return;
      } else {
        idle_.push_back(&worker);
        worker.wake.wait(lock, [&] { return closing_ || worker.task; });
        if (!worker.task) return;
      }
      lock.unlock();
      worker.task();
      worker.task = nullptr;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::deque<std::function<void()>> tasks_;  // empty while a thread is idle
  std::vector<Worker*> idle_;
  bool closing_ = false;
  std::vector<Worker> workers_;
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
