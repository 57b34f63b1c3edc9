// SPDX-License-Identifier: Apache-2.0
#include "base/varint.hpp"
#include "fuzz/checksums.hpp"
#include "fuzz/targets.hpp"
#include "tsdb/index/reader.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace mnemo::fuzz {
namespace {

using tsdb::IndexReader;
using tsdb::Postings;

/// Each on its own and all together; of labels that the seeds have.
const std::vector<Matcher>& fixed_matchers() {
  static const std::vector<Matcher> matchers = {
      Matcher::equal("job", "api"),        Matcher::equal("job", ""),
      Matcher::not_equal("job", "api"),    Matcher::not_equal("job", ""),
      *Matcher::regex("job", "a.*"),       *Matcher::regex("job", "api|web|"),
      *Matcher::regex("__name__", ".+"),   *Matcher::regex("absent", ".*"),
      *Matcher::not_regex("job", "w.*"),   *Matcher::not_regex("__name__", "api|up"),
      *Matcher::not_regex("absent", ".+"),
  };
  return matchers;
}

template <typename Element>
bool rises(const std::vector<Element>& list) {
  return std::adjacent_find(list.begin(), list.end(), std::greater_equal<>()) == list.end();
}

void read_symbols(const tsdb::Symbols& symbols) {
  uint32_t number = 0;
  (void)symbols
      .for_each([&](std::string_view symbol) {
        auto found = symbols.lookup(number++);
        require(found.ok() && *found == symbol);
        return Status();
      })
      .ok();
  require(!symbols.lookup(static_cast<uint32_t>(symbols.size())).ok());
}

void read_series(const IndexReader& index, const Postings& refs) {
  Labels labels;
  std::vector<ChunkMeta> chunks;
  std::vector<tsdb::SymbolPair> scratch;
  for (auto ref : refs) {
    if (!index.series(ref, labels, &chunks, scratch).ok()) continue;
    for (const auto& chunk : chunks) require(chunk.min_time <= chunk.max_time);
    std::string_view last;
    for (const auto& label : labels) {
      require(last < label.name && !label.value.empty());
      last = label.name;
    }
  }
}

/// Every list of the table, as found by walking over it and by looking it up.
void read_postings(const IndexReader& index) {
  const auto& table = index.postings_table();
  size_t entries = 0;
  auto read = [&](std::string_view name) {
    table.for_each(name, {}, [&](const tsdb::PostingsEntry& entry) {
      ++entries;
      auto found = table.find(name, entry.value);
      require(found && found->value == entry.value && found->offset == entry.offset);
      auto list = index.postings(name, entry.value);
      require(!list.ok() || rises(*list));
      if (list.ok()) read_series(index, *list);
    });
  };
  read({});
  for (auto name : table.names()) read(name);
  require(entries == table.size());
}

void select(const IndexReader& index, std::span<const Matcher> matchers) {
  auto selected = tsdb::select_postings(matchers, index);
  require(!selected.ok() || rises(*selected));
  auto names = index.label_names(matchers);
  require(!names.ok() || std::is_sorted(names->begin(), names->end()));
  for (const auto* name : {"", "__name__", "job"}) {
    auto values = index.label_values(name, matchers);
    require(!values.ok() || rises(*values));
  }
}

void read(const std::vector<uint8_t>& file) {
  auto index = IndexReader::open(Bytes(file, nullptr));
  if (!index.ok()) return;
  read_symbols(index->symbols());
  read_postings(*index);
  select(*index, {});
  for (const auto& matcher : fixed_matchers()) select(*index, {&matcher, 1});
  select(*index, fixed_matchers());
  for (auto name : index->postings_table().names()) {
    std::vector<Matcher> matchers = {Matcher::not_equal(name, ""), Matcher::equal("job", "api")};
    select(*index, matchers);
  }
}

Bytes from(std::span<const uint8_t> file, uint64_t offset) {
  return {file.subspan(std::min<uint64_t>(offset, file.size())), nullptr};
}

void mend_section(std::span<uint8_t> file, uint64_t offset) {
  ByteReader reader(from(file, offset));
  uint64_t length = reader.be32();
  if (!reader.failed()) mend_crc(file, offset + sizeof(uint32_t), length);
}

void mend_series(std::span<uint8_t> file, uint64_t offset) {
  ByteReader reader(from(file, offset));
  uint64_t length = reader.uvarint();
  if (!reader.failed()) mend_crc(file, offset + reader.offset(), length);
}

/// Where the lists are that the postings offset table names, in whichever order.
std::vector<uint64_t> offsets_of_lists(std::span<const uint8_t> file, uint64_t table) {
  std::vector<uint64_t> offsets;
  ByteReader reader(from(file, table));
  reader.be32();  // its length
  for (uint32_t count = reader.be32(); count > 0; --count) {
    reader.u8();
    reader.uvarint_string();
    reader.uvarint_string();
    uint64_t offset = reader.uvarint();
    if (reader.failed()) break;
    offsets.push_back(offset);
  }
  return offsets;
}

/// Puts every checksum right that reading the index gets to.
void mend(std::span<uint8_t> file) {
  if (file.size() < tsdb::kTocSize) return;
  bool is_first_version = file[sizeof(tsdb::kIndexMagic)] == 1;
  uint64_t toc_offset = file.size() - tsdb::kTocSize;
  mend_crc(file, toc_offset, tsdb::kTocSize - tsdb::kCrcSize);
  auto toc = tsdb::parse_toc(file.subspan(toc_offset), file.size());
  if (!toc.ok()) return;
  mend_section(file, toc->symbols);
  mend_section(file, toc->postings_offset_table);
  for (uint64_t offset : offsets_of_lists(file, toc->postings_offset_table)) {
    mend_section(file, offset);
    auto list = tsdb::parse_postings(from(file, offset), offset);
    if (!list.ok()) continue;
    uint64_t unit = is_first_version ? 1 : tsdb::kSeriesAlignment;
    for (uint64_t ref : *list) mend_series(file, ref * unit);
  }
}

}  // namespace

void run_index(std::span<const uint8_t> data) {
  std::vector<uint8_t> file(data.begin(), data.end());
  read(file);
  mend(file);
  if (!std::equal(file.begin(), file.end(), data.begin(), data.end())) read(file);
}

}  // namespace mnemo::fuzz
