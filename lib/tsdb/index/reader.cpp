// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mnemo::tsdb {
namespace {

/// Lists are united once this many elements have come: those of a hostile index may all be the
/// same, however many there are.
constexpr size_t kMostUnsorted = 1 << 20;

}  // namespace

Result<IndexReader> IndexReader::open(Bytes file, std::vector<Status>* bad) {
  IndexReader reader;
  MNEMO_TRY(reader.version_, parse_index_header(file));
  size_t toc_size = std::min(kTocSize, file.size());
  MNEMO_TRY(reader.toc_, parse_toc(file.span().last(toc_size), file.size()));
  auto section = [&](uint64_t offset) {
    return file.slice(offset, file.size() - kTocSize - offset);
  };
  const auto& toc = reader.toc_;
  auto take = [&](auto opened, auto& to) -> Status {
    if (!opened.ok()) {
      if (bad == nullptr) return opened.status();
      bad->push_back(opened.status());
      return {};
    }
    to = *std::move(opened);
    return {};
  };
  if (toc.symbols != 0) {
    MNEMO_RETURN_IF_ERROR(take(Symbols::open(section(toc.symbols), toc.symbols), reader.symbols_));
  }
  if (toc.postings_offset_table != 0) {
    auto opened = PostingsTable::open(section(toc.postings_offset_table), toc.postings_offset_table,
                                      reader.version_);
    MNEMO_RETURN_IF_ERROR(take(std::move(opened), reader.postings_table_));
  }
  reader.file_ = std::move(file);
  return reader;
}

Status IndexReader::for_each_value(std::string_view name, std::string_view prefix,
                                   const std::function<void(std::string_view)>& visit) const {
  if (name.empty()) return {};  // stands for all series
  postings_table_.for_each(name, prefix, [&](const PostingsEntry& entry) { visit(entry.value); });
  return {};
}

Status IndexReader::append_postings(const PostingsEntry& entry, Postings& postings) const {
  uint64_t end = file_.size() - kTocSize;
  if (entry.offset >= end) {
    return Status::data_loss(located("postings", entry.offset, "outside of the index"));
  }
  return tsdb::append_postings(file_.span().subspan(entry.offset, end - entry.offset), entry.offset,
                               postings);
}

Result<Postings> IndexReader::read_postings(const PostingsEntry& entry) const {
  Postings postings;
  MNEMO_RETURN_IF_ERROR(append_postings(entry, postings));
  return postings;
}

Result<Postings> IndexReader::postings(std::string_view name, std::string_view value) const {
  auto entry = postings_table_.find(name, value);
  if (!entry) return Postings();
  return read_postings(*entry);
}

Result<std::vector<Postings>> IndexReader::fetch(std::span<const PostingsTerm> terms) const {
  std::vector<Postings> result;
  for (const auto& term : terms) {
    if (term.values.empty()) {
      MNEMO_TRY(auto all, postings({}, {}));
      result.push_back(std::move(all));
      continue;
    }
    auto& all = result.emplace_back();
    size_t limit = kMostUnsorted;
    Status status;
    postings_table_.find_each(term.name, term.values, [&](const PostingsEntry& entry) {
      if (status.ok()) status = append_postings(entry, all);
      if (all.size() <= limit) return;
      sort_unique(all);
      limit = std::max(kMostUnsorted, 2 * all.size());
    });
    if (!status.ok()) return status;
    sort_unique(all);
  }
  return result;
}

Status IndexReader::series_symbols(SeriesRef ref, std::vector<SymbolPair>& labels,
                                   std::vector<ChunkMeta>* chunks, TimeRange range) const {
  uint64_t offset = offset_of(ref);
  uint64_t end = file_.size() - kTocSize;
  if (offset >= end) {
    return Status::data_loss(located("series entry", offset, "outside of the index"));
  }
  MNEMO_TRY(auto content, series_entry_content(file_.span().subspan(offset, end - offset), offset));
  MNEMO_RETURN_IF_ERROR(decode_series_entry(content, offset, labels, chunks, range));
  if (version_ != IndexVersion::kV1) return {};
  for (auto& label : labels) {
    for (uint32_t* symbol : {&label.name, &label.value}) {
      auto number = symbols_.number_at(*symbol);
      if (!number.ok()) {
        return Status::data_loss(located("series entry", offset, number.status().message()));
      }
      *symbol = *number;
    }
  }
  return {};
}

Status IndexReader::series(SeriesRef ref, Labels& labels, std::vector<ChunkMeta>* chunks,
                           std::vector<SymbolPair>& scratch) const {
  MNEMO_RETURN_IF_ERROR(series_symbols(ref, scratch, chunks));
  MNEMO_TRY(labels, resolve_labels(scratch, symbols_, offset_of(ref)));
  return {};
}

Result<std::vector<std::string>> IndexReader::label_names(std::span<const Matcher> matchers) const {
  std::vector<std::string> names;
  if (matchers.empty()) {
    for (auto name : postings_table_.names()) names.emplace_back(name);
    return names;
  }
  MNEMO_TRY(auto refs, select_postings(matchers, *this));
  std::vector<bool> seen(symbols_.size());
  std::vector<SymbolPair> labels;
  for (SeriesRef ref : refs) {
    MNEMO_RETURN_IF_ERROR(series_symbols(ref, labels, nullptr));
    for (const auto& label : labels) {
      MNEMO_TRY(auto name, symbols_.lookup(label.name));
      if (seen[label.name]) continue;
      seen[label.name] = true;
      names.emplace_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<std::vector<std::string>> IndexReader::label_values(
    std::string_view name, std::span<const Matcher> matchers) const {
  std::vector<std::string> values;
  auto other = [&](const Matcher& matcher) { return matcher.name() != name; };
  bool needs_postings = std::any_of(matchers.begin(), matchers.end(), other);
  Postings selected;
  if (needs_postings) {
    MNEMO_TRY(selected, select_postings(matchers, *this));
    if (selected.empty()) return values;
  }
  // Values that the expressions of the matchers of this label can match.
  std::string_view prefix;
  for (const auto& matcher : matchers) {
    bool narrows = !other(matcher) && matcher.type() == MatchType::kRegex;
    if (narrows && matcher.prefix().size() > prefix.size()) prefix = matcher.prefix();
  }
  Status status;
  postings_table_.for_each(name, prefix, [&](const PostingsEntry& entry) {
    for (const auto& matcher : matchers) {
      if (!other(matcher) && !matcher.matches(entry.value)) return;
    }
    if (needs_postings) {
      auto list = read_postings(entry);
      if (!list.ok()) status = list.status();
      if (!list.ok() || !have_common(selected, *list)) return;
    }
    if (!entry.value.empty()) values.emplace_back(entry.value);
  });
  if (!status.ok()) return status;
  return values;
}

}  // namespace mnemo::tsdb
