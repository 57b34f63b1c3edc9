// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/index_header.hpp"

#include "base/varint.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace mnemo {
namespace {

/// Guessed length of a postings list whose end isn't known.
constexpr uint64_t kGuessedListSize = 64U << 10;

Result<Bytes> read_one(const Context& context, const RangeReader& reader, const std::string& object,
                       ByteRange range) {
  MNEMO_TRY(
      auto bytes,
      reader.bucket().get_range(context, object, range.offset, range.length).with_context(object));
  if (bytes.size() < range.length) {
    return Status::data_loss(object + ": " +
                             tsdb::located("index", range.offset + bytes.size(), "is truncated"));
  }
  return bytes;
}

Result<uint64_t> index_size(const Context& context, const RangeReader& reader,
                            const std::string& object, uint64_t known_size) {
  if (known_size > 0) return known_size;
  MNEMO_TRY(auto attributes, reader.bucket().attributes(context, object).with_context(object));
  return attributes.size;
}

/// A list to fetch: which term wants it, where it is.
struct WantedList {
  size_t term = 0;
  ByteRange range;
};

uint64_t list_size(const Bytes& bytes) {
  return 4 + static_cast<uint64_t>(load_be32(bytes.data())) + tsdb::kCrcSize;
}

}  // namespace

uint64_t IndexHeader::end_of(uint64_t offset) const {
  uint64_t end = size - tsdb::kTocSize;
  for (uint64_t start : {toc.symbols, toc.series, toc.label_indices, toc.label_offset_table,
                         toc.postings, toc.postings_offset_table}) {
    if (start > offset) end = std::min(end, start);
  }
  return end;
}

Result<IndexHeader> IndexHeader::load(const Context& context, const RangeReader& reader,
                                      std::string object, uint64_t known_size) {
  IndexHeader header;
  header.object = std::move(object);
  const auto& name = header.object;
  MNEMO_TRY(header.size, index_size(context, reader, name, known_size));
  if (header.size < tsdb::kIndexHeaderSize + tsdb::kTocSize) {
    return Status::data_loss(name + ": index of " + std::to_string(header.size) +
                             " bytes is too short");
  }
  MNEMO_TRY(auto toc,
            read_one(context, reader, name, {header.size - tsdb::kTocSize, tsdb::kTocSize}));
  MNEMO_TRY(header.toc, tsdb::parse_toc(toc, header.size).with_context(name));

  uint64_t symbols = header.toc.symbols;
  uint64_t table = header.toc.postings_offset_table;
  if (symbols < tsdb::kIndexHeaderSize || table == 0) {
    return Status::data_loss(name + ": index has no symbols or no postings");
  }
  MNEMO_TRY(auto start, read_one(context, reader, name, {0, header.end_of(symbols)}));
  MNEMO_TRY(auto version, tsdb::parse_index_header(start).with_context(name));
  if (version != tsdb::IndexVersion::kV2) {
    return Status::unimplemented(
        name + ": " +
        tsdb::located("header", 4,
                      "index version 1 is not served from a bucket; rewrite the "
                      "block (mnemo tools tsdb rewrite)"));
  }
  auto symbol_bytes = start.slice(symbols, start.size() - symbols);
  MNEMO_TRY(header.symbols, tsdb::Symbols::open(symbol_bytes, symbols).with_context(name));
  MNEMO_TRY(auto table_bytes,
            read_one(context, reader, name, {table, header.end_of(table) - table}));
  MNEMO_TRY(header.postings_table,
            tsdb::PostingsTable::open(table_bytes, table).with_context(name));
  return header;
}

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
