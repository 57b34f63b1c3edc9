// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/bucket_postings.hpp"

#include "base/varint.hpp"

#include <algorithm>
#include <optional>

namespace mnemo {
namespace {

/// Guessed length of a postings list whose end isn't known.
constexpr uint64_t kGuessedListSize = 64U << 10;

/// A list to fetch: which term wants it, where it is.
struct WantedList {
  size_t term = 0;
  ByteRange range;
};

uint64_t list_size(const Bytes& bytes) {
  return 4 + static_cast<uint64_t>(load_be32(bytes.data())) + tsdb::kCrcSize;
}

}  // namespace

Status BucketPostings::for_each_value(std::string_view name, std::string_view prefix,
                                      const std::function<void(std::string_view)>& visit) const {
  header_.postings_table.for_each(name, prefix,
                                  [&](const tsdb::PostingsEntry& entry) { visit(entry.value); });
  return {};
}

Result<std::vector<tsdb::Postings>> BucketPostings::fetch(
    std::span<const tsdb::PostingsTerm> terms) const {
  std::vector<WantedList> wanted;
  auto want = [&](size_t term, const std::optional<tsdb::PostingsEntry>& entry) {
    if (!entry) return;
    uint64_t latest = header_.end_of(entry->offset);
    uint64_t end = entry->next_offset > entry->offset
                       ? entry->next_offset
                       : std::min(latest, entry->offset + kGuessedListSize);
    wanted.push_back({term, {entry->offset, end - entry->offset}});
  };
  for (size_t i = 0; i < terms.size(); ++i) {
    const auto& term = terms[i];
    if (term.name.empty() && term.values.empty()) {
      want(i, header_.postings_table.all_series());
    }
    header_.postings_table.find_each(term.name, term.values,
                                     [&](const tsdb::PostingsEntry& entry) { want(i, entry); });
  }
  std::sort(wanted.begin(), wanted.end(), [](const WantedList& a, const WantedList& b) {
    return a.range.offset < b.range.offset;
  });
  std::vector<ByteRange> ranges;
  ranges.reserve(wanted.size());
  for (const auto& list : wanted) ranges.push_back(list.range);
  MNEMO_TRY(auto pieces, reader_.read(context_, header_.object, ranges, count_));

  std::vector<std::vector<tsdb::Postings>> lists(terms.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    auto& [term, range] = wanted[i];
    auto& piece = pieces[i];
    if (piece.size() >= 4 && list_size(piece) > piece.size()) {
      uint64_t size = std::min(list_size(piece), header_.end_of(range.offset) - range.offset);
      ByteRange whole{range.offset, size};
      MNEMO_TRY(auto again, reader_.read(context_, header_.object, {&whole, 1}, count_));
      piece = std::move(again[0]);
    }
    MNEMO_TRY(auto postings,
              tsdb::parse_postings(piece, range.offset).with_context(header_.object));
    lists[term].push_back(std::move(postings));
  }
  std::vector<tsdb::Postings> results;
  results.reserve(lists.size());
  for (auto& term_lists : lists) {
    results.push_back(term_lists.size() == 1 ? std::move(term_lists[0])
                                             : tsdb::unite(std::move(term_lists)));
  }
  return results;
}

}  // namespace mnemo
