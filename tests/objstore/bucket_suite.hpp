// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::testing {

/// A bucket with nothing in it, and what it needs.
struct TestBucket {
  std::shared_ptr<void> keeps_alive;
  std::shared_ptr<Bucket> bucket;
};

struct Provider {
  std::string name;
  std::function<TestBucket()> make;
  bool tells_absent_on_remove = true;
  int rounds = 50;  // of what is done again and again
};

/// What the suite runs against; each program that holds the suite has its own.
std::vector<Provider> providers();

/// Full sizes rather than those of a quick run: MNEMO_FULL_SIZES is set.
bool wants_full_sizes();

}  // namespace mnemo::testing
