// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/postings.hpp"

#include "base/varint.hpp"
#include "tsdb/index/format.hpp"

#include <algorithm>
#include <bit>
#include <functional>
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

Status append_postings(std::span<const uint8_t> bytes, uint64_t offset, Postings& postings) {
  MNEMO_TRY(auto content, section_content(bytes, offset, kWhat));
  ByteReader reader(content);
  uint64_t count = reader.be32();
  if (reader.failed() || count * sizeof(SeriesRef) != reader.remaining()) {
    return Status::data_loss(located(kWhat, offset, "count and length disagree"));
  }
  size_t first = postings.size();
  postings.resize(first + count);
  auto* result = postings.data() + first;
  const uint8_t* at = content.data() + sizeof(uint32_t);
  bool sorted = true;
  for (size_t i = 0; i < count; ++i, at += sizeof(SeriesRef)) {
    result[i] = load_be32(at);
    sorted &= i == 0 || result[i - 1] < result[i];
  }
  if (!sorted) return Status::data_loss(located(kWhat, offset, "out of order"));
  return {};
}

Result<Postings> parse_postings(std::span<const uint8_t> bytes, uint64_t offset) {
  Postings result;
  MNEMO_RETURN_IF_ERROR(append_postings(bytes, offset, result));
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

void sort_unique(Postings& postings) {
  if (std::adjacent_find(postings.begin(), postings.end(), std::greater_equal<>()) ==
      postings.end()) {
    return;
  }
  auto [least, greatest] = std::minmax_element(postings.begin(), postings.end());
  SeriesRef base = *least;
  size_t words = (*greatest - base) / 64 + 1;
  if (words > postings.size()) {  // too sparse for a set of bits
    std::sort(postings.begin(), postings.end());
    postings.erase(std::unique(postings.begin(), postings.end()), postings.end());
    return;
  }
  std::vector<uint64_t> bits(words);
  for (SeriesRef ref : postings) bits[(ref - base) / 64] |= uint64_t{1} << (ref - base) % 64;
  auto* out = postings.data();
  for (size_t i = 0; i < words; ++i) {
    for (uint64_t word = bits[i]; word != 0; word &= word - 1) {
      *out++ = base + static_cast<SeriesRef>(i * 64 + static_cast<size_t>(std::countr_zero(word)));
    }
  }
  postings.resize(static_cast<size_t>(out - postings.data()));
}

Postings unite(std::vector<Postings> lists) {
  if (lists.empty()) return {};
  if (lists.size() == 1) return std::move(lists[0]);
  Postings all;
  if (lists.size() == 2) {
    all.reserve(lists[0].size() + lists[1].size());
    std::set_union(lists[0].begin(), lists[0].end(), lists[1].begin(), lists[1].end(),
                   std::back_inserter(all));
    return all;
  }
  size_t total = 0;
  for (const auto& list : lists) total += list.size();
  all.reserve(total);
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  sort_unique(all);
  return all;
}

}  // namespace mnemo::tsdb
