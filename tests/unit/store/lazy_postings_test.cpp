// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/lazy_postings.hpp"

#include <doctest/doctest.h>

using namespace mnemo;

namespace {

using Choice = std::vector<Expansion>;
constexpr auto kNow = Expansion::kNow;
constexpr auto kKeys = Expansion::kLazyForKeys;
constexpr auto kSize = Expansion::kLazyForSize;

Choice choose(std::vector<TermSize> terms, uint64_t entry_size = 1000, double max_keys = 0,
              double match_ratio = 0.5) {
  LazyPostingsOptions options;
  options.enabled = true;
  options.max_keys_per_series = max_keys;
  options.match_ratio = match_ratio;
  return choose_expansion(terms, entry_size, options);
}

}  // namespace

// Sizes and outcomes are those of Thanos' own tests of the same choice.
TEST_CASE("lazy postings: small lists and large entries are all fetched") {
  CHECK(choose({}) == Choice{});
  CHECK(choose({{1, 1, false}}) == Choice{kNow});
  CHECK(choose({{1, 1, false}, {1, 1, false}}) == Choice{kNow, kNow});
  CHECK(choose({{1, 1, false}, {0, 0, true}}) == Choice{kNow, kNow});
}

TEST_CASE("lazy postings: lists larger than the entries that they spare are left") {
  CHECK(choose({{1, 1, false}, {1, 1, false}}, 1) == Choice{kNow, kSize});
  CHECK(choose({{1, 1, false}, {250'000, 1, false}}) == Choice{kNow, kSize});
  CHECK(choose({{1, 1, false}, {250'000, 1, false}, {1, 1, false}}) == Choice{kNow, kSize, kNow});
  CHECK(choose({{10, 1, false}, {1251, 1, false}}, 1000, 0, 0.1) == Choice{kNow, kNow});
}

TEST_CASE("lazy postings: a term with too many lists for the series expected is left") {
  CHECK(choose({{1, 1, false}, {3, 3, false}}, 1000, 2) == Choice{kNow, kKeys});
  CHECK(choose({{1, 1, false}, {3, 3, false}}, 1000, 0) == Choice{kNow, kNow});
  CHECK(choose({{1, 1, false}, {3, 3, true}}, 1000, 2) == Choice{kNow, kKeys});
  CHECK(choose({{1, 1, false}, {3, 3, true}, {25, 1, false}}, 1000, 2) ==
        Choice{kNow, kKeys, kNow});
  CHECK(choose({{1, 1, false}, {3, 3, false}, {18, 1, false}}, 1000, 2) ==
        Choice{kNow, kKeys, kNow});
  // The smallest one is fetched however many lists it has.
  CHECK(choose({{26, 1, false}, {3, 3, false}}, 1000, 2) == Choice{kNow, kNow});
}

TEST_CASE("lazy postings: a term that only takes series away never stands alone") {
  CHECK(choose({{1, 1, true}, {250'000, 1, false}}) == Choice{kNow, kNow});
}
