// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/writer.hpp"

#include "base/crc32c.hpp"
#include "base/file.hpp"
#include "base/quote.hpp"
#include "base/varint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace mnemo::tsdb {
namespace {

constexpr uint8_t kVersion = 2;
constexpr uint64_t kMaxSection = std::numeric_limits<uint32_t>::max();
constexpr size_t kPostingsAlignment = 4;
/// Length, count and CRC of a postings list.
constexpr uint64_t kListOverhead = 12;

std::span<const uint8_t> as_bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void append_text(std::string& out, std::string_view text) {
  append_uvarint(out, text.size());
  out += text;
}

void append_chunks(std::string& out, std::span<const ChunkMeta> chunks) {
  append_uvarint(out, chunks.size());
  // Unsigned arithmetic: extreme times wrap and are read back so.
  uint64_t time = 0;
  uint64_t ref = 0;
  for (size_t i = 0; i < chunks.size(); ++i) {
    auto min = static_cast<uint64_t>(chunks[i].min_time);
    auto max = static_cast<uint64_t>(chunks[i].max_time);
    append_uvarint(out, i == 0 ? zigzag_encode(chunks[i].min_time) : min - time);
    append_uvarint(out, max - min);
    auto step = static_cast<int64_t>(chunks[i].ref - ref);
    append_uvarint(out, i == 0 ? chunks[i].ref : zigzag_encode(step));
    time = max;
    ref = chunks[i].ref;
  }
}

size_t padding(uint64_t position, size_t alignment) {
  return (alignment - position % alignment) % alignment;
}

}  // namespace

Result<IndexWriter> IndexWriter::create(OutputFiles& files, const std::filesystem::path& path) {
  MNEMO_TRY(auto out, BufferedOutput::create(files, path));
  IndexWriter writer(std::move(out));
  std::string header;
  append_be32(header, kIndexMagic);
  header += static_cast<char>(kVersion);
  MNEMO_RETURN_IF_ERROR(writer.out_.append(header));
  writer.toc_.symbols = writer.out_.position();
  MNEMO_RETURN_IF_ERROR(writer.out_.append_zeros(8));  // length and count, known later
  return writer;
}

Status IndexWriter::add_symbol(std::string_view symbol) {
  if (toc_.series != 0) return Status::invalid_argument("index: a symbol after the first series");
  if (symbol_count_ != 0 && symbol <= last_symbol_) {
    return Status::invalid_argument("index: symbol " + go_quoted(symbol) + " out of order");
  }
  last_symbol_ = symbol;
  ++symbol_count_;
  scratch_.clear();
  append_text(scratch_, symbol);
  return out_.append(scratch_);
}

/// Fills in what is known now, and maps the table, so that it needn't be kept in memory.
Status IndexWriter::finish_symbols() {
  uint64_t end = out_.position();
  uint64_t length = end - toc_.symbols - 4;
  if (length > kMaxSection) {
    return Status::resource_exhausted("index: the symbol table exceeds 4 GiB");
  }
  std::string head;
  append_be32(head, static_cast<uint32_t>(length));
  append_be32(head, symbol_count_);
  MNEMO_RETURN_IF_ERROR(out_.overwrite(toc_.symbols, head));
  MNEMO_TRY(auto written, map_file(out_.path()));
  if (written.size() != end) return Status::data_loss("index: the file changed while written");
  std::string crc;
  append_be32(crc, crc32c(written.span().subspan(toc_.symbols + 4)));
  MNEMO_RETURN_IF_ERROR(out_.append(crc));
  MNEMO_RETURN_IF_ERROR(out_.flush());
  MNEMO_TRY(file_start_, map_file(out_.path()));
  auto table = file_start_.slice(toc_.symbols, file_start_.size() - toc_.symbols);
  MNEMO_TRY(symbols_, Symbols::open(table, toc_.symbols));
  toc_.series = out_.position();
  return {};
}

Status IndexWriter::check_series(std::span<const SymbolPair> labels,
                                 std::span<const ChunkMeta> chunks) {
  if (!series_.empty() && !precedes(last_labels_, labels)) {
    return Status::invalid_argument("index: series out of order");
  }
  for (size_t i = 0; i < labels.size(); ++i) {
    if (std::max(labels[i].name, labels[i].value) >= symbol_count_) {
      return Status::invalid_argument("index: no such symbol");
    }
    if (i > 0 && labels[i].name <= labels[i - 1].name) {
      return Status::invalid_argument("index: labels out of order");
    }
  }
  uint64_t ref = last_chunk_ref_;
  for (size_t i = 0; i < chunks.size(); ++i) {
    bool follows = i == 0 || chunks[i].min_time > chunks[i - 1].max_time;
    if (!follows || chunks[i].max_time < chunks[i].min_time || chunks[i].ref < ref) {
      return Status::invalid_argument(fmt::format(
          "index: the chunk from {} on overlaps or is out of order", chunks[i].min_time));
    }
    ref = chunks[i].ref;
  }
  last_chunk_ref_ = ref;
  return {};
}

Status IndexWriter::add_series(std::span<const SymbolPair> labels,
                               std::span<const ChunkMeta> chunks) {
  if (toc_.series == 0) MNEMO_RETURN_IF_ERROR(finish_symbols());
  MNEMO_RETURN_IF_ERROR(check_series(labels, chunks));
  MNEMO_RETURN_IF_ERROR(write_series_entry(labels, chunks));
  pairs_.add_series(labels);
  last_labels_.assign(labels.begin(), labels.end());
  return {};
}

Status IndexWriter::write_series_entry(std::span<const SymbolPair> labels,
                                       std::span<const ChunkMeta> chunks) {
  MNEMO_RETURN_IF_ERROR(out_.append_zeros(padding(out_.position(), kSeriesAlignment)));
  uint64_t ref = out_.position() / kSeriesAlignment;
  if (ref > std::numeric_limits<SeriesRef>::max()) {
    return Status::resource_exhausted("index: it exceeds 64 GiB");
  }
  series_.push_back(static_cast<SeriesRef>(ref));
  scratch_.clear();
  append_uvarint(scratch_, labels.size());
  for (const auto& label : labels) {
    append_uvarint(scratch_, label.name);
    append_uvarint(scratch_, label.value);
  }
  append_chunks(scratch_, chunks);
  head_.clear();
  append_uvarint(head_, scratch_.size());
  append_be32(scratch_, crc32c(as_bytes(scratch_)));
  MNEMO_RETURN_IF_ERROR(out_.append(head_));
  return out_.append(scratch_);
}

/// The lists of all pairs, one after the other in their order.
Postings IndexWriter::collect_postings(std::span<const uint32_t> order) const {
  std::vector<uint64_t> next(pairs_.size());
  uint64_t total = 0;
  for (uint32_t pair : order) {
    next[pair] = total;
    total += pairs_[pair].count;
  }
  Postings lists(total);
  pairs_.for_each([&](size_t series, uint32_t pair) { lists[next[pair]++] = series_[series]; });
  return lists;
}

Status IndexWriter::write_postings_list(std::span<const SeriesRef> refs) {
  scratch_.clear();
  append_be32(scratch_, static_cast<uint32_t>(refs.size() * sizeof(SeriesRef) + 4));
  append_be32(scratch_, static_cast<uint32_t>(refs.size()));
  size_t at = scratch_.size();
  scratch_.resize(at + refs.size() * sizeof(SeriesRef));
  for (SeriesRef ref : refs) {
    uint32_t big_endian = __builtin_bswap32(ref);
    std::memcpy(scratch_.data() + at, &big_endian, sizeof(big_endian));
    at += sizeof(big_endian);
  }
  append_be32(scratch_, crc32c(as_bytes(scratch_).subspan(4)));
  return out_.append(scratch_);
}

Status IndexWriter::write_postings(std::span<const uint32_t> order) {
  auto lists = collect_postings(order);
  MNEMO_RETURN_IF_ERROR(write_postings_list(series_));
  std::span<const SeriesRef> rest(lists);
  for (uint32_t pair : order) {
    MNEMO_RETURN_IF_ERROR(write_postings_list(rest.first(pairs_[pair].count)));
    rest = rest.subspan(pairs_[pair].count);
  }
  return {};
}

Status IndexWriter::write_offset_table(std::span<const uint32_t> order) {
  uint64_t start = out_.position();
  MNEMO_RETURN_IF_ERROR(out_.append_zeros(4));  // the length, known later
  uint32_t crc = 0;
  auto write = [&] {
    crc = crc32c(as_bytes(scratch_), crc);
    return out_.append(scratch_);
  };
  uint64_t list = toc_.postings + padding(toc_.postings, kPostingsAlignment);
  auto write_entry = [&](std::string_view name, std::string_view value, uint64_t count) {
    scratch_.clear();
    scratch_ += '\2';  // how many texts follow
    append_text(scratch_, name);
    append_text(scratch_, value);
    append_uvarint(scratch_, list);
    list += kListOverhead + count * sizeof(SeriesRef);
    return write();
  };
  scratch_.clear();
  append_be32(scratch_, static_cast<uint32_t>(order.size() + 1));
  MNEMO_RETURN_IF_ERROR(write());
  MNEMO_RETURN_IF_ERROR(write_entry({}, {}, series_.size()));
  for (uint32_t number : order) {
    const auto& pair = pairs_[number];
    MNEMO_TRY(auto name, symbols_.lookup(pair.label.name));
    MNEMO_TRY(auto value, symbols_.lookup(pair.label.value));
    MNEMO_RETURN_IF_ERROR(write_entry(name, value, pair.count));
  }
  uint64_t length = out_.position() - start - 4;
  if (length > kMaxSection) {
    return Status::resource_exhausted("index: the postings offset table exceeds 4 GiB");
  }
  scratch_.clear();
  append_be32(scratch_, crc);
  MNEMO_RETURN_IF_ERROR(out_.append(scratch_));
  scratch_.clear();
  append_be32(scratch_, static_cast<uint32_t>(length));
  return out_.overwrite(start, scratch_);
}

Status IndexWriter::write_toc() {
  scratch_.clear();
  for (uint64_t offset : {toc_.symbols, toc_.series, toc_.label_indices, toc_.label_offset_table,
                          toc_.postings, toc_.postings_offset_table}) {
    append_be64(scratch_, offset);
  }
  append_be32(scratch_, crc32c(as_bytes(scratch_)));
  return out_.append(scratch_);
}

Status IndexWriter::finish() {
  if (toc_.series == 0) MNEMO_RETURN_IF_ERROR(finish_symbols());
  toc_.label_indices = out_.position();
  toc_.postings = out_.position();
  MNEMO_RETURN_IF_ERROR(out_.append_zeros(padding(out_.position(), kPostingsAlignment)));
  auto order = pairs_.sorted();
  MNEMO_RETURN_IF_ERROR(write_postings(order));
  toc_.label_offset_table = out_.position();
  toc_.postings_offset_table = out_.position();
  MNEMO_RETURN_IF_ERROR(write_offset_table(order));
  MNEMO_RETURN_IF_ERROR(write_toc());
  return out_.finish();
}

}  // namespace mnemo::tsdb
