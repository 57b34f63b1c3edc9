// SPDX-License-Identifier: Apache-2.0
#include "dedup/chain.hpp"

#include "dedup/unlinked.hpp"

#include <cstddef>
#include <utility>

namespace mnemo {
namespace {

/// Merges two columns; `a` wins where times are equal.
void merge_two(const SampleColumn& a, const SampleColumn& b, SampleColumn& out) {
  out.clear();
  const SampleColumn* previous = nullptr;
  auto take = [&](const SampleColumn& from, size_t i) {
    if (&from == previous || previous == nullptr) {
      out.append_from(from, i);
    } else {
      append_unlinked(out, from, i);
    }
    previous = &from;
  };
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (a.times[i] <= b.times[j]) {
      if (a.times[i] == b.times[j]) ++j;
      take(a, i++);
    } else {
      take(b, j++);
    }
  }
  while (i < a.size()) take(a, i++);
  while (j < b.size()) take(b, j++);
}

bool follows(const SampleColumn& before, const SampleColumn& after) {
  return before.empty() || after.empty() || before.times.back() < after.times.front();
}

void append_all(SampleColumn& out, const SampleColumn& from) {
  for (size_t i = 0; i < from.size(); ++i) out.append_from(from, i);
}

}  // namespace

void merge_chained(std::span<const SampleColumn> parts, SampleColumn& out) {
  out.clear();
  SampleColumn merged;
  for (const auto& part : parts) {
    if (follows(out, part)) {
      append_all(out, part);
      continue;
    }
    merge_two(out, part, merged);
    std::swap(out, merged);
  }
}

}  // namespace mnemo
