// SPDX-License-Identifier: Apache-2.0
#include "model/chain.hpp"

#include "model/sample_chain.hpp"
#include "model/unlinked.hpp"

#include <cstddef>
#include <vector>

namespace mnemo {
namespace {

struct ColumnRun {
  const SampleColumn* column = nullptr;

  size_t size() const { return column->size(); }
  int64_t time(size_t i) const { return column->times[i]; }
};

/// Whether no part begins before the ones in front of it have ended.
bool follow_each_other(std::span<const SampleColumn> parts) {
  const SampleColumn* last = nullptr;
  for (const auto& part : parts) {
    if (part.empty()) continue;
    if (last != nullptr && part.times.front() <= last->times.back()) return false;
    last = &part;
  }
  return true;
}

void append_all(SampleColumn& out, const SampleColumn& from) {
  for (size_t i = 0; i < from.size(); ++i) out.append_from(from, i);
}

}  // namespace

void merge_chained(std::span<const SampleColumn> parts, SampleColumn& out) {
  out.clear();
  if (follow_each_other(parts)) {
    for (const auto& part : parts) append_all(out, part);
    return;
  }
  std::vector<ColumnRun> runs;
  runs.reserve(parts.size());
  for (const auto& part : parts) runs.push_back({&part});
  SampleChain<ColumnRun> chain(runs);
  SamplePlace<ColumnRun> last;
  SamplePlace<ColumnRun> place;
  while (chain.next(place)) {
    bool begins_part = place.at == 0 && (last.run == nullptr || last.at + 1 == last.run->size());
    bool goes_on = last.run == place.run && last.at + 1 == place.at;
    if (begins_part || goes_on) {
      out.append_from(*place.run->column, place.at);
    } else {
      append_unlinked(out, *place.run->column, place.at);
    }
    last = place;
  }
}

}  // namespace mnemo
