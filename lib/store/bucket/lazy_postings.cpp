// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/lazy_postings.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace mnemo {
namespace {

constexpr double kPostingSize = 4;

}  // namespace

std::vector<Expansion> choose_expansion(std::span<const TermSize> terms, uint64_t entry_size,
                                        const LazyPostingsOptions& options) {
  std::vector<Expansion> result(terms.size(), Expansion::kNow);
  std::vector<size_t> order(terms.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return terms[a].postings < terms[b].postings; });
  // The smallest term that doesn't subtract, and smaller ones that do, are fetched in any case.
  double subtracted = 0;
  size_t next = 0;
  for (; next < order.size() && terms[order[next]].subtract; ++next) {
    subtracted += static_cast<double>(terms[order[next]].postings);
  }
  if (next + 1 >= order.size()) return result;
  double ratio = options.match_ratio;
  double expected =
      static_cast<double>(terms[order[next]].postings) - std::ceil(subtracted * ratio);
  const double most_expected = expected;
  for (++next; next < order.size() && expected > 0; ++next) {
    const auto& term = terms[order[next]];
    auto postings = static_cast<double>(term.postings);
    double keys_per_series = static_cast<double>(term.keys) / most_expected;
    if (options.max_keys_per_series > 0 && keys_per_series > options.max_keys_per_series) {
      result[order[next]] = Expansion::kLazyForKeys;
      continue;
    }
    double spared;
    if (term.subtract) {
      spared = std::ceil(std::min(postings, expected) * ratio);
      expected -= spared;
    } else {
      spared = std::ceil(expected * (1 - ratio));
      expected = std::ceil(expected * ratio);
    }
    if (postings * kPostingSize > spared * static_cast<double>(entry_size)) break;
  }
  for (; next < order.size(); ++next) result[order[next]] = Expansion::kLazyForSize;
  return result;
}

}  // namespace mnemo
