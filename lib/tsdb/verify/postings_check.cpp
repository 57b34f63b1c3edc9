// SPDX-License-Identifier: Apache-2.0
#include "tsdb/verify/postings_check.hpp"

#include "base/quote.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mnemo::tsdb {
namespace {

constexpr std::string_view kIndex = "index";

std::string list_name(std::string_view name, std::string_view value) {
  return "postings of " + go_quoted(name) + "=" + go_quoted(value);
}

bool has_pair(const std::vector<SymbolPair>& labels, SymbolPair pair) {
  return std::any_of(labels.begin(), labels.end(), [&](const SymbolPair& label) {
    return label.name == pair.name && label.value == pair.value;
  });
}

}  // namespace

void PostingsCheck::run(const std::function<void(uint64_t)>& progress) {
  check_all_series();
  for (auto name : index_.postings_table().names()) {
    index_.postings_table().for_each(name, {}, [&](const PostingsEntry& entry) {
      check_list(name, entry);
      progress(bytes_);
    });
  }
  for (size_t i = 0; i < missing_.size(); ++i) {
    if (missing_[i] == 0 || missing_[i] == CheckedSeries::kUnknown) continue;
    if (faults_.is_full()) {
      faults_.add_untold(missing_[i]);
    } else {
      find_missing(i);
    }
  }
}

void PostingsCheck::check_all_series() {
  constexpr std::string_view kWhat = "postings of all series";
  auto entry = index_.postings_table().all_series();
  if (!entry) {
    return faults_.add(kIndex, std::nullopt, "postings offset table: no list of all series");
  }
  auto list = index_.read_postings(*entry);
  if (!list.ok()) {
    return faults_.add(kIndex, entry->offset, std::string(kWhat) + ": " + list.status().message());
  }
  for (SeriesRef ref : subtract(*list, series_.refs)) {
    faults_.add(kIndex, entry->offset,
                located(kWhat, entry->offset,
                        fmt::format("no series at offset {:#x}", index_.offset_of(ref))));
  }
  for (SeriesRef ref : subtract(series_.refs, *list)) {
    faults_.add(kIndex, entry->offset,
                located(kWhat, entry->offset,
                        fmt::format("lacks the series at offset {:#x}", index_.offset_of(ref))),
                series_text(ref));
  }
}

void PostingsCheck::check_list(std::string_view name, const PostingsEntry& entry) {
  auto what = list_name(name, entry.value);
  auto list = index_.read_postings(entry);
  if (!list.ok()) {
    bad_lists_.push_back(entry.offset);
    return faults_.add(kIndex, entry.offset, what + ": " + list.status().message());
  }
  bytes_ += list->size() * sizeof(SeriesRef);
  auto name_symbol = index_.symbols().find(name);
  auto value_symbol = index_.symbols().find(entry.value);
  if (!list->empty() && (!name_symbol || !value_symbol)) {
    return faults_.add(kIndex, entry.offset,
                       located(what, entry.offset, "the pair isn't among the symbols"));
  }
  auto at = series_.refs.begin();
  for (SeriesRef ref : *list) {
    at = std::lower_bound(at, series_.refs.end(), ref);
    if (at == series_.refs.end() || *at != ref) {
      faults_.add(kIndex, entry.offset,
                  located(what, entry.offset,
                          fmt::format("no series at offset {:#x}", index_.offset_of(ref))));
      continue;
    }
    check_member(ref, static_cast<size_t>(at - series_.refs.begin()), {*name_symbol, *value_symbol},
                 what, entry.offset);
  }
}

void PostingsCheck::check_member(SeriesRef ref, size_t number, SymbolPair pair,
                                 const std::string& what, uint64_t offset) {
  if (missing_[number] == CheckedSeries::kUnknown) return;
  // It was read before; what can't be read now has changed meanwhile and isn't a member.
  auto status = index_.series_symbols(ref, labels_, nullptr);
  if (status.ok() && has_pair(labels_, pair)) {
    if (missing_[number] > 0) --missing_[number];
    return;
  }
  faults_.add(
      kIndex, offset,
      located(what, offset,
              fmt::format("the series at offset {:#x} has no such label", index_.offset_of(ref))),
      series_text(ref));
}

/// Tells which of a series' labels have lists without it.
void PostingsCheck::find_missing(size_t number) {
  SeriesRef ref = series_.refs[number];
  auto status = index_.series_symbols(ref, labels_, nullptr);
  if (!status.ok()) return faults_.add(kIndex, index_.offset_of(ref), status.message());
  for (const auto& label : labels_) {
    auto name = index_.symbols().lookup(label.name);
    auto value = index_.symbols().lookup(label.value);
    if (!name.ok() || !value.ok()) continue;
    auto entry = index_.postings_table().find(*name, *value);
    uint64_t offset = entry ? entry->offset : index_.toc().postings_offset_table;
    if (std::find(bad_lists_.begin(), bad_lists_.end(), offset) != bad_lists_.end()) continue;
    auto list = entry ? index_.read_postings(*entry) : Result<Postings>(Postings());
    if (!list.ok() || std::binary_search(list->begin(), list->end(), ref)) continue;
    faults_.add(
        kIndex, offset,
        located(list_name(*name, *value), offset,
                entry ? fmt::format("lacks the series at offset {:#x}", index_.offset_of(ref))
                      : "there is no such list"),
        series_text(ref));
  }
}

std::string PostingsCheck::series_text(SeriesRef ref) const {
  Labels labels;
  std::vector<SymbolPair> scratch;
  auto status = index_.series(ref, labels, nullptr, scratch);
  return status.ok() ? labels.to_string() : std::string();
}

}  // namespace mnemo::tsdb
