// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/executor.hpp>

#include <cstddef>
#include <functional>

namespace mnemo {

/// As `parallel_for`, with at most `concurrency` calls of `body` at a time; in order and one by one
/// without an executor.
Status bounded_for(const Context& context, Executor* executor, size_t concurrency, size_t count,
                   const std::function<Status(size_t)>& body);

}  // namespace mnemo
