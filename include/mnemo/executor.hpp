// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace mnemo {

/// Runs tasks on threads that the embedder provides, or on a pool that Mnemo makes on request.
///
/// Thread-safe: `submit` may be called from any thread, tasks included.
/// Ownership: shared; whoever submits keeps the executor alive until its tasks are done.
class Executor {
 public:
  virtual ~Executor() = default;

  /// Runs `task` once, on some thread, as soon as one is free. Tasks must not throw.
  virtual void submit(std::function<void()> task) = 0;

  /// How many tasks run at the same time at most (at least 1).
  virtual size_t concurrency() const = 0;
};

/// A pool of `threads` threads (0: one a hardware thread). Its destructor runs what was submitted
/// and joins; it must not be destroyed from one of its own tasks.
std::shared_ptr<Executor> make_thread_pool(size_t threads);

/// Runs body(0) ... body(count - 1), spread over `executor` and the calling thread, which works
/// along, so that calls may nest without deadlock. The first failure stops what has not begun and
/// is returned; so does the end of `context`.
Status parallel_for(const Context& context, Executor& executor, size_t count,
                    const std::function<Status(size_t)>& body);

}  // namespace mnemo
