// SPDX-License-Identifier: Apache-2.0
#include "support/index_v1.hpp"

#include "base/crc32c.hpp"
#include "base/file.hpp"
#include "base/varint.hpp"

#include <map>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace mnemo::testing {
namespace {

constexpr std::string_view kHeader("\xba\xaa\xd7\x00\x01", 5);

uint32_t crc_of(std::string_view text) {
  return crc32c({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

void append_text(std::string& out, std::string_view text) {
  append_uvarint(out, text.size());
  out += text;
}

/// A section or list: its length, its content, its checksum.
void append_section(std::string& out, std::string_view content) {
  append_be32(out, static_cast<uint32_t>(content.size()));
  out += content;
  append_be32(out, crc_of(content));
}

using Offsets = std::map<std::string, uint64_t>;
using Pair = std::pair<std::string, std::string>;

Offsets append_symbols(std::string& out, const std::vector<IndexSeries>& series) {
  std::set<std::string> symbols;
  for (const auto& each : series) {
    for (const auto& label : each.labels) {
      symbols.emplace(label.name);
      symbols.emplace(label.value);
    }
  }
  std::string content;
  append_be32(content, static_cast<uint32_t>(symbols.size()));
  Offsets offsets;
  for (const auto& symbol : symbols) {
    offsets[symbol] = out.size() + 4 + content.size();
    append_text(content, symbol);
  }
  append_section(out, content);
  return offsets;
}

uint32_t append_series(std::string& out, const IndexSeries& series, const Offsets& symbols) {
  auto offset = static_cast<uint32_t>(out.size());
  std::string content;
  append_uvarint(content, series.labels.size());
  for (const auto& label : series.labels) {
    append_uvarint(content, symbols.at(std::string(label.name)));
    append_uvarint(content, symbols.at(std::string(label.value)));
  }
  append_uvarint(content, series.chunks.size());
  const ChunkMeta* last = nullptr;
  for (const auto& chunk : series.chunks) {
    if (last == nullptr) {
      append_uvarint(content, zigzag_encode(chunk.min_time));
    } else {
      append_uvarint(content, static_cast<uint64_t>(chunk.min_time - last->max_time));
    }
    append_uvarint(content, static_cast<uint64_t>(chunk.max_time - chunk.min_time));
    if (last == nullptr) {
      append_uvarint(content, chunk.ref);
    } else {
      append_uvarint(content, zigzag_encode(static_cast<int64_t>(chunk.ref - last->ref)));
    }
    last = &chunk;
  }
  append_uvarint(out, content.size());
  out += content;
  append_be32(out, crc_of(content));
  return offset;
}

uint64_t append_postings(std::string& out, const std::vector<uint32_t>& refs) {
  while (out.size() % 4 != 0) out += '\0';
  uint64_t offset = out.size();
  std::string content;
  append_be32(content, static_cast<uint32_t>(refs.size()));
  for (uint32_t ref : refs) append_be32(content, ref);
  append_section(out, content);
  return offset;
}

}  // namespace

std::string index_v1(const std::vector<IndexSeries>& series) {
  std::string out(kHeader);
  std::string toc;
  append_be64(toc, out.size());
  auto symbols = append_symbols(out, series);
  append_be64(toc, out.size());
  std::map<Pair, std::vector<uint32_t>> postings;
  for (const auto& each : series) {
    uint32_t ref = append_series(out, each, symbols);
    postings[{"", ""}].push_back(ref);
    for (const auto& label : each.labels) {
      postings[{std::string(label.name), std::string(label.value)}].push_back(ref);
    }
  }
  append_be64(toc, out.size());  // label indices: none
  uint64_t lists = out.size();
  std::string table;
  append_be32(table, static_cast<uint32_t>(postings.size()));
  for (auto at = postings.rbegin(); at != postings.rend(); ++at) {
    table += '\2';
    append_text(table, at->first.first);
    append_text(table, at->first.second);
    append_uvarint(table, append_postings(out, at->second));
  }
  append_be64(toc, out.size());  // their offset table: empty
  append_section(out, std::string(4, '\0'));
  append_be64(toc, lists);
  append_be64(toc, out.size());
  append_section(out, table);
  append_be32(toc, crc_of(toc));
  return out + toc;
}

std::filesystem::path copy_with_index_v1(const std::filesystem::path& source,
                                         const std::filesystem::path& folder) {
  auto check = [](const Status& status) {
    if (!status.ok()) throw std::runtime_error(status.to_string());
  };
  auto block = Block::open(source);
  check(block.status());
  auto selection = (*block)->select({}, TimeRange());
  check(selection.status());
  std::vector<IndexSeries> all;
  BlockSeries series;
  while (true) {
    auto more = (*selection)->next(series);
    check(more.status());
    if (!*more) break;
    all.push_back({series.labels, series.chunks});
  }
  auto copy = folder / source.filename();
  std::filesystem::create_directories(copy / "chunks");
  for (const auto& segment : std::filesystem::directory_iterator(source / "chunks")) {
    std::filesystem::copy_file(segment, copy / "chunks" / segment.path().filename());
  }
  std::filesystem::copy_file(source / "meta.json", copy / "meta.json");
  check(write_file_atomically(copy / "index", index_v1(all)));
  return copy;
}

}  // namespace mnemo::testing
