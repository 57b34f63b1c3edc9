// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/context.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mnemo::cache {

using Ttl = std::chrono::milliseconds;

/// Keeps values under keys for a while, perhaps. Whatever goes wrong with it is a miss: a cache
/// never fails a call, and never gives other bytes than were stored under the key.
///
/// Thread-safe: any number of threads may call any method.
class Cache {
 public:
  virtual ~Cache() = default;

  /// The values of `keys`, in their order; nothing for what isn't there. Asked for together, so
  /// that a remote cache needs few requests. The end of `context` makes the rest a miss.
  virtual std::vector<std::optional<Bytes>> fetch(const Context& context,
                                                  std::span<const std::string> keys) = 0;

  /// Keeps `value` for `ttl`, or doesn't; soon, but perhaps not yet when this returns. A value that
  /// is there already may stay.
  virtual void store(const std::string& key, const Bytes& value, Ttl ttl) = 0;

  /// Returns once everything stored before is kept or given up; for tests and orderly ends.
  virtual void flush() {}
};

/// Looks into one cache after the other; what a later one has is stored into the ones before it.
/// Stores into all.
std::shared_ptr<Cache> make_leveled_cache(std::vector<std::shared_ptr<Cache>> levels,
                                          Ttl promotion_ttl);

}  // namespace mnemo::cache
