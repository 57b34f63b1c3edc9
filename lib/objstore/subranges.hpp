// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mnemo {

/// The pieces of equal size (but the last of the object) that cover a range of an object.
struct Subranges {
  uint64_t first = 0;  // where the first piece begins
  uint64_t size = 0;   // of a piece
  uint64_t object_size = 0;
  size_t count = 0;

  /// REQUIRES: size > 0. A range that ends behind the object is cut.
  static Subranges covering(uint64_t offset, uint64_t length, uint64_t size, uint64_t object_size);

  uint64_t begin_of(size_t piece) const { return first + piece * size; }
  uint64_t end_of(size_t piece) const;
};

/// Pieces [first, last) that are read by one request.
struct SubrangeRun {
  size_t first = 0;
  size_t last = 0;
};

/// Groups the missing pieces (in order) into at most `max_runs` runs (0: no limit), by reading over
/// as few pieces as that takes.
std::vector<SubrangeRun> group_subranges(const std::vector<size_t>& missing, size_t max_runs);

}  // namespace mnemo
