// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace mnemo {

struct LazyPostingsOptions {
  bool enabled = false;
  /// A term with more lists than this times the series that are expected is left; 0: no limit.
  double max_keys_per_series = 100;
  /// The part of the series that is expected to be left by each further term.
  double match_ratio = 0.5;
};

/// How much there is to fetch for a term of a selection.
struct TermSize {
  uint64_t postings = 0;
  uint64_t keys = 0;
  bool subtract = false;
};

/// Whether the postings of a term are fetched, or its matcher is applied to the series that the
/// other terms leave, because it has too many lists or because its lists are larger than the series
/// entries that they would spare.
enum class Expansion { kNow, kLazyForKeys, kLazyForSize };

/// Decides for each term, as Thanos does. At least one term that doesn't subtract is fetched.
/// `entry_size`: what a series entry takes at most as a rule.
std::vector<Expansion> choose_expansion(std::span<const TermSize> terms, uint64_t entry_size,
                                        const LazyPostingsOptions& options);

}  // namespace mnemo
