// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/postings_table.hpp"

#include "base/varint.hpp"
#include "tsdb/index/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

namespace mnemo::tsdb {
namespace {

constexpr size_t kSampling = 32;
constexpr std::string_view kWhat = "postings offset table";

struct RawEntry {
  std::string_view name;
  std::string_view value;
  uint64_t offset = 0;
  bool well_formed = false;
};

RawEntry read_entry(ByteReader& reader) {
  RawEntry entry;
  entry.well_formed = reader.u8() == 2;  // strings in a key
  entry.name = reader.uvarint_string();
  entry.value = reader.uvarint_string();
  entry.offset = reader.uvarint();
  return entry;
}

/// The entry at `reader`, which is left at the one after it.
PostingsEntry read_with_next(ByteReader& reader) {
  auto entry = read_entry(reader);
  PostingsEntry result{entry.value, entry.offset, 0};
  if (!reader.done()) {
    ByteReader ahead = reader;
    auto next = read_entry(ahead);
    if (next.offset > entry.offset) result.next_offset = next.offset;
  }
  return result;
}

/// The content of a table in any order, put in order.
Bytes sorted_content(const Bytes& content) {
  ByteReader reader(content);
  uint32_t count = reader.be32();
  struct Entry {
    std::string_view name;
    std::string_view value;
    std::span<const uint8_t> bytes;
  };
  std::vector<Entry> entries;
  for (uint32_t i = 0; i < count && !reader.failed(); ++i) {
    size_t start = reader.offset();
    auto entry = read_entry(reader);
    auto bytes = content.span().subspan(start, reader.offset() - start);
    entries.push_back({entry.name, entry.value, bytes});
  }
  auto less = [](const Entry& a, const Entry& b) {
    return std::tie(a.name, a.value) < std::tie(b.name, b.value);
  };
  // What is malformed is told by whoever reads the content.
  if (reader.failed() || std::is_sorted(entries.begin(), entries.end(), less)) return content;
  std::sort(entries.begin(), entries.end(), less);
  std::string sorted;
  sorted.reserve(content.size());
  append_be32(sorted, count);
  for (const auto& entry : entries) sorted.append(entry.bytes.begin(), entry.bytes.end());
  return Bytes::own(std::move(sorted));
}

}  // namespace

Result<PostingsTable> PostingsTable::open(const Bytes& section, uint64_t offset,
                                          IndexVersion version) {
  PostingsTable result;
  MNEMO_TRY(result.content_, section_content(section, offset, kWhat));
  if (version == IndexVersion::kV1) result.content_ = sorted_content(result.content_);
  ByteReader reader(result.content_);
  size_t count = reader.be32();
  std::string_view last_value;
  for (size_t i = 0; i < count; ++i) {
    size_t at = reader.offset();
    auto entry = read_entry(reader);
    bool new_name = result.names_.empty() || entry.name != result.names_.back().name;
    bool ordered =
        i == 0 || (new_name ? entry.name > result.names_.back().name : entry.value > last_value);
    if (reader.failed() || !entry.well_formed || !ordered) {
      auto reason = reader.failed()      ? "is cut off"
                    : !entry.well_formed ? "has no pair of strings as key"
                                         : "is out of order";
      return Status::data_loss(located(kWhat, offset, fmt::format("entry {} {}", i, reason)));
    }
    if (new_name) {
      result.names_.emplace_back();
      result.names_.back().name = entry.name;
    }
    auto& name = result.names_.back();
    if (name.count++ % kSampling == 0) name.sample_offsets.push_back(static_cast<uint32_t>(at));
    last_value = entry.value;
  }
  result.count_ = count;
  return result;
}

std::vector<std::string_view> PostingsTable::names() const {
  std::vector<std::string_view> result;
  result.reserve(names_.size());
  for (const auto& name : names_) {
    if (!name.name.empty()) result.push_back(name.name);
  }
  return result;
}

const PostingsTable::Name* PostingsTable::find_name(std::string_view name) const {
  auto at = std::lower_bound(names_.begin(), names_.end(), name,
                             [](const Name& a, std::string_view b) { return a.name < b; });
  return at != names_.end() && at->name == name ? &*at : nullptr;
}

ByteReader PostingsTable::start_of(const Name& name) const {
  return ByteReader(content_.span().subspan(name.sample_offsets[0]));
}

size_t PostingsTable::value_count(std::string_view name) const {
  const auto* found = find_name(name);
  return found != nullptr ? found->count : 0;
}

PostingsTable::Place PostingsTable::seek(const Name& name, const Place& from,
                                         std::string_view value) const {
  const auto& samples = name.sample_offsets;
  auto reader_at = [&](uint32_t offset) { return ByteReader(content_.span().subspan(offset)); };
  auto not_above = [&](uint32_t offset) {
    auto reader = reader_at(offset);
    return read_entry(reader).value <= value;
  };
  // From the last sampled entry that isn't above the value, unless `from` is beyond it.
  auto next_sample = samples.begin() + static_cast<std::ptrdiff_t>(from.entry / kSampling + 1);
  Place place = from;
  if (next_sample < samples.end() && not_above(*next_sample)) {
    auto above = std::partition_point(next_sample + 1, samples.end(), not_above);
    auto sample = static_cast<size_t>(above - samples.begin() - 1);
    place = {sample * kSampling, reader_at(samples[sample])};
  }
  while (place.entry < name.count) {
    ByteReader ahead = place.reader;
    if (read_entry(ahead).value >= value) break;
    place = {place.entry + 1, ahead};
  }
  return place;
}

void PostingsTable::for_each(std::string_view name, std::string_view prefix,
                             const Visit& visit) const {
  const auto* found = find_name(name);
  if (found == nullptr) return;
  auto place = seek(*found, {0, start_of(*found)}, prefix);
  for (; place.entry < found->count; ++place.entry) {
    auto entry = read_with_next(place.reader);
    if (!entry.value.starts_with(prefix)) return;
    visit(entry);
  }
}

void PostingsTable::find_each(std::string_view name, std::span<const std::string> values,
                              const Visit& visit) const {
  const auto* found = find_name(name);
  if (found == nullptr) return;
  Place place{0, start_of(*found)};
  for (const auto& value : values) {
    place = seek(*found, place, value);
    if (place.entry == found->count) return;
    ByteReader at = place.reader;
    auto entry = read_with_next(at);
    if (entry.value == value) visit(entry);
  }
}

std::optional<PostingsEntry> PostingsTable::find(std::string_view name,
                                                 std::string_view value) const {
  const auto* found = find_name(name);
  if (found == nullptr) return std::nullopt;
  auto place = seek(*found, {0, start_of(*found)}, value);
  if (place.entry == found->count) return std::nullopt;
  auto entry = read_with_next(place.reader);
  return entry.value == value ? std::optional(entry) : std::nullopt;
}

}  // namespace mnemo::tsdb
