// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/postings.hpp"

#include "base/varint.hpp"
#include "tsdb/index/format.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace mnemo::tsdb {
namespace {

constexpr std::string_view kWhat = "postings";
/// Where one list is this many times longer, its elements are searched for instead of walked over.
constexpr size_t kGallopFactor = 16;

/// Moves `from` to the first element of the list not below `wanted`, in steps that double.
const SeriesRef* gallop(const SeriesRef* from, const SeriesRef* end, SeriesRef wanted) {
  size_t step = 1;
  while (step < static_cast<size_t>(end - from) && from[step] < wanted) {
    from += step;
    step *= 2;
  }
  return std::lower_bound(from, std::min(from + step + 1, end), wanted);
}

/// Calls `visit(element, is in large)` for the elements of `small` until it returns false.
template <typename Visit>
void probe(std::span<const SeriesRef> small, std::span<const SeriesRef> large, const Visit& visit) {
  const auto* at = large.data();
  const auto* end = at + large.size();
  bool is_long = large.size() / kGallopFactor > small.size();
  for (SeriesRef wanted : small) {
    if (is_long) {
      if (at != end) at = gallop(at, end, wanted);
    } else {
      while (at != end && *at < wanted) ++at;
    }
    if (!visit(wanted, at != end && *at == wanted)) return;
  }
}

}  // namespace

Result<Postings> parse_postings(std::span<const uint8_t> bytes, uint64_t offset) {
  MNEMO_TRY(auto content, section_content(bytes, offset, kWhat));
  ByteReader reader(content);
  uint64_t count = reader.be32();
  if (reader.failed() || count * sizeof(SeriesRef) != reader.remaining()) {
    return Status::data_loss(located(kWhat, offset, "count and length disagree"));
  }
  Postings result(count);
  const uint8_t* at = content.data() + sizeof(uint32_t);
  bool sorted = true;
  for (size_t i = 0; i < count; ++i, at += sizeof(SeriesRef)) {
    result[i] = load_be32(at);
    sorted &= i == 0 || result[i - 1] < result[i];
  }
  if (!sorted) return Status::data_loss(located(kWhat, offset, "out of order"));
  return result;
}

Postings intersect(std::span<const SeriesRef> a, std::span<const SeriesRef> b) {
  if (a.size() > b.size()) std::swap(a, b);
  Postings result;
  probe(a, b, [&](SeriesRef ref, bool found) {
    if (found) result.push_back(ref);
    return true;
  });
  return result;
}

Postings subtract(std::span<const SeriesRef> a, std::span<const SeriesRef> b) {
  Postings result;
  result.reserve(a.size());
  probe(a, b, [&](SeriesRef ref, bool found) {
    if (!found) result.push_back(ref);
    return true;
  });
  return result;
}

bool have_common(std::span<const SeriesRef> a, std::span<const SeriesRef> b) {
  if (a.size() > b.size()) std::swap(a, b);
  bool common = false;
  probe(a, b, [&](SeriesRef, bool found) {
    common = found;
    return !found;
  });
  return common;
}

void PostingsUnion::add(Postings list) {
  if (list.empty()) return;
  held_ += list.size();
  lists_.push_back(std::move(list));
  if (held_ <= limit_) return;
  auto united = unite(std::move(lists_));
  held_ = united.size();
  limit_ = std::max(kFewest, 2 * held_);
  lists_.clear();
  lists_.push_back(std::move(united));
}

Postings unite(std::vector<Postings> lists) {
  if (lists.empty()) return {};
  // Pairs of neighbours, again and again: each element moves log2(lists) times.
  while (lists.size() > 1) {
    size_t half = (lists.size() + 1) / 2;
    for (size_t i = 0; i + half < lists.size(); ++i) {
      Postings merged;
      merged.reserve(lists[i].size() + lists[i + half].size());
      std::set_union(lists[i].begin(), lists[i].end(), lists[i + half].begin(),
                     lists[i + half].end(), std::back_inserter(merged));
      lists[i] = std::move(merged);
    }
    lists.resize(half);
  }
  return std::move(lists[0]);
}

}  // namespace mnemo::tsdb
