// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/metrics.hpp>
#include <mnemo/store.hpp>

#include <cstdint>
#include <memory>

namespace mnemo {

/// What one Series call may answer; 0: no limit. Samples are counted as Thanos does: as many as a
/// chunk can hold, 120, for each chunk.
struct StoreLimits {
  uint64_t series = 0;
  uint64_t samples = 0;
};

/// A store that answers as `store` does but fails a Series call once it has given more than the
/// limits allow (ResourceExhausted), and counts: thanos_store_selects_dropped_total,
/// thanos_store_server_*. `metrics` may be null.
///
/// Thread-safe. Ownership: shares all.
std::shared_ptr<Store> make_limited_store(std::shared_ptr<Store> store, StoreLimits limits,
                                          std::shared_ptr<Metrics> metrics);

}  // namespace mnemo
