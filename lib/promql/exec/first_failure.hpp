// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>

namespace mnemo::promql {

/// The failure at the earliest step, which is the one that evaluation step by step would meet.
struct FirstFailure {
  size_t step = SIZE_MAX;
  Status status;

  void meet(size_t at, auto&& make_status) {
    if (at >= step) return;
    step = at;
    status = make_status();
  }
};

}  // namespace mnemo::promql
