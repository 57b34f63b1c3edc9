// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/index_header_file.hpp"

#include "base/crc32c.hpp"
#include "base/file.hpp"
#include "base/output_files.hpp"
#include "base/varint.hpp"

#include <algorithm>
#include <utility>

namespace mnemo {
namespace {

/// The first read: the table of contents, and of most small indexes the postings offset table.
constexpr uint64_t kTailBytes = 32U << 10;
constexpr uint64_t kPartBytes = 8U << 20;

using Append = std::function<Status(std::string_view)>;

/// The index in the bucket, read by ranges that must be there whole.
struct RemoteIndex {
  const Context& context;
  Bucket& bucket;
  const std::string& object;
  uint64_t size = 0;

  Result<Bytes> read(uint64_t offset, uint64_t length) const {
    MNEMO_TRY(auto bytes, bucket.get_range(context, object, offset, length).with_context(object));
    if (bytes.size() != length) {
      return Status::data_loss(object + ": " +
                               tsdb::located("index", offset + bytes.size(), "is truncated"));
    }
    return bytes;
  }

  /// Hands on the bytes from `begin` to `end`, part by part.
  Status copy(uint64_t begin, uint64_t end, const Append& append) const {
    while (begin < end) {
      MNEMO_TRY(auto part, read(begin, std::min(kPartBytes, end - begin)));
      MNEMO_RETURN_IF_ERROR(append(part.as_string()));
      begin += part.size();
    }
    return {};
  }
};

Result<uint64_t> index_size(const Context& context, Bucket& bucket, const std::string& object,
                            uint64_t known_size) {
  uint64_t size = known_size;
  if (size == 0) {
    MNEMO_TRY(auto attributes, bucket.attributes(context, object).with_context(object));
    size = attributes.size;
  }
  if (size < tsdb::kIndexHeaderSize + tsdb::kTocSize) {
    return Status::data_loss(object + ": index of " + std::to_string(size) + " bytes is too short");
  }
  return size;
}

std::string header_start(tsdb::IndexVersion version, uint64_t table) {
  std::string start;
  append_be32(start, kIndexHeaderMagic);
  start.push_back(static_cast<char>(kIndexHeaderVersion));
  start.push_back(static_cast<char>(version));
  append_be64(start, table);
  return start;
}

std::string header_toc(uint64_t symbols, uint64_t table) {
  std::string toc;
  append_be64(toc, symbols);
  append_be64(toc, table);
  append_be32(toc, crc32c({reinterpret_cast<const uint8_t*>(toc.data()), toc.size()}));
  return toc;
}

Result<IndexHeader> map_index_header(const std::string& object, const std::filesystem::path& path) {
  MNEMO_TRY(auto file, map_file(path));
  return IndexHeader::parse(object, file);
}

}  // namespace

Status build_index_header(const Context& context, Bucket& bucket, const std::string& object,
                          uint64_t known_size, const Append& append) {
  RemoteIndex index{context, bucket, object};
  MNEMO_TRY(index.size, index_size(context, bucket, object, known_size));
  uint64_t tail_at = index.size - std::min(index.size, kTailBytes);
  MNEMO_TRY(auto tail, index.read(tail_at, index.size - tail_at));
  MNEMO_TRY(auto toc,
            tsdb::parse_toc(tail.span().last(tsdb::kTocSize), index.size).with_context(object));
  uint64_t table = toc.postings_offset_table;
  if (toc.symbols < tsdb::kIndexHeaderSize || table == 0 || toc.symbols >= table) {
    return Status::data_loss(object + ": index has no symbols or no postings");
  }
  uint64_t symbols_end = end_of_section(toc, index.size, toc.symbols);
  MNEMO_TRY(auto first, index.read(0, std::min(kPartBytes, symbols_end)));
  MNEMO_TRY(auto version, tsdb::parse_index_header(first).with_context(object));
  MNEMO_RETURN_IF_ERROR(append(header_start(version, table)));
  if (toc.symbols < first.size()) {
    MNEMO_RETURN_IF_ERROR(append(first.as_string().substr(toc.symbols)));
  }
  uint64_t next = std::max<uint64_t>(toc.symbols, first.size());
  MNEMO_RETURN_IF_ERROR(index.copy(next, symbols_end, append));
  MNEMO_RETURN_IF_ERROR(index.copy(table, std::max(table, tail_at), append));
  MNEMO_RETURN_IF_ERROR(append(tail.as_string().substr(table > tail_at ? table - tail_at : 0)));
  return append(header_toc(kIndexHeaderStart, kIndexHeaderStart + symbols_end - toc.symbols));
}

Status write_index_header(const Context& context, Bucket& bucket, const std::string& object,
                          uint64_t known_size, const std::filesystem::path& path) {
  auto files = disk_files();
  MNEMO_RETURN_IF_ERROR(files->create_folder(path.parent_path()));
  auto temporary = path;
  temporary += ".tmp";
  MNEMO_TRY(auto output, BufferedOutput::create(*files, temporary));
  auto append = [&](std::string_view data) { return output.append(data); };
  auto status = build_index_header(context, bucket, object, known_size, append);
  // Not flushed to the disk: whoever opens it checks every byte, and builds it anew if need be.
  if (status.ok()) status = output.flush();
  if (status.ok()) status = files->rename(temporary, path);
  if (!status.ok()) (void)files->remove_all(temporary);
  return status;
}

Result<IndexHeader> open_index_header(const Context& context, Bucket& bucket,
                                      const std::string& object, uint64_t known_size,
                                      const std::filesystem::path& path) {
  if (path.empty()) {
    std::string content;
    auto append = [&](std::string_view data) -> Status {
      content.append(data);
      return {};
    };
    MNEMO_RETURN_IF_ERROR(build_index_header(context, bucket, object, known_size, append));
    return IndexHeader::parse(object, Bytes::own(std::move(content))).with_context(object);
  }
  auto kept = map_index_header(object, path);
  if (kept.ok() && (known_size == 0 || kept->size == known_size)) return kept;
  MNEMO_RETURN_IF_ERROR(write_index_header(context, bucket, object, known_size, path));
  return map_index_header(object, path).with_context(object);
}

}  // namespace mnemo
