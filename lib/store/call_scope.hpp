// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/store.hpp>

#include <functional>
#include <memory>
#include <stop_token>

namespace mnemo {

/// A context of its own for what one call starts: ends with the caller's, and can be ended by
/// itself.
///
/// Thread-safe. Neither copied nor moved.
class CallScope {
 public:
  explicit CallScope(const Context& caller)
      : on_caller_stop_(caller.token(), [this] { stop(); }),
        context_(stop_.get_token(), caller.deadline()) {}
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  const Context& context() const { return context_; }
  void stop() { stop_.request_stop(); }

 private:
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> on_caller_stop_;
  Context context_;
};

/// Hands `source` on; when it is destroyed, everything in the scope is stopped at once before the
/// source is.
std::unique_ptr<SeriesStream> make_scoped_stream(std::unique_ptr<CallScope> scope,
                                                 std::unique_ptr<SeriesStream> source);

}  // namespace mnemo
