// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/postings_codec.hpp"

#include "base/crc32c.hpp"
#include "base/varint.hpp"

#include <snappy.h>

#include <algorithm>
#include <limits>
#include <string_view>

namespace mnemo {
namespace {

constexpr std::string_view kBlockForm = "dvs";
constexpr std::string_view kStreamForm = "dss";
constexpr size_t kMaxFrame = 65536;  // uncompressed bytes in a frame
constexpr std::string_view kStreamStart("\xff\x06\x00\x00sNaPpY", 10);
/// No index has more references; what claims to be longer is not decompressed.
constexpr size_t kMaxBlockBytes = size_t{5} << 30;

enum FrameKind : uint8_t {
  kCompressed = 0x00,
  kPlain = 0x01,
  kFirstSkippable = 0x80,
  kStart = 0xff
};

std::string_view as_text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// The checksum of Snappy's framing format, section 3.
uint32_t masked_crc(std::string_view data) {
  uint32_t crc = crc32c(as_bytes(data));
  return (crc >> 15 | crc << 17) + 0xa282ead8U;
}

void append_le(std::string& out, uint32_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

uint32_t load_le(std::span<const uint8_t> bytes) {
  uint32_t value = 0;
  for (size_t i = 0; i < bytes.size(); ++i) value |= static_cast<uint32_t>(bytes[i]) << (8 * i);
  return value;
}

void append_frame(std::string& out, std::string_view data) {
  std::string compressed;
  snappy::Compress(data.data(), data.size(), &compressed);
  // As Go's writer: what doesn't shrink by an eighth stays as it is.
  bool shrinks = compressed.size() < data.size() - data.size() / 8;
  std::string_view body = shrinks ? std::string_view(compressed) : data;
  out.push_back(static_cast<char>(shrinks ? kCompressed : kPlain));
  append_le(out, static_cast<uint32_t>(body.size() + 4), 3);
  append_le(out, masked_crc(data), 4);
  out.append(body);
}

Status malformed(std::string_view what) {
  return Status::data_loss("cached postings: " + std::string(what));
}

/// Appends the content of one frame to `out`.
Status read_frame(uint8_t kind, std::span<const uint8_t> body, std::string& out) {
  if (body.size() < 4) return malformed("a frame is too short");
  uint32_t crc = load_le(body.first(4));
  auto content = as_text(body.subspan(4));
  std::string plain;
  if (kind == kCompressed) {
    size_t size = 0;
    bool known = snappy::GetUncompressedLength(content.data(), content.size(), &size);
    if (!known || size > kMaxFrame) return malformed("a frame's length");
    if (!snappy::Uncompress(content.data(), content.size(), &plain)) {
      return malformed("Snappy can't read a frame");
    }
    content = plain;
  }
  if (content.size() > kMaxFrame) return malformed("a frame is too long");
  if (masked_crc(content) != crc) return malformed("CRC mismatch");
  out.append(content);
  return {};
}

Result<std::string> read_stream(std::span<const uint8_t> data) {
  std::string out;
  bool started = false;
  while (!data.empty()) {
    if (data.size() < 4) return malformed("is cut off");
    uint8_t kind = data[0];
    size_t size = load_le(data.subspan(1, 3));
    if (size > data.size() - 4) return malformed("is cut off");
    auto body = data.subspan(4, size);
    data = data.subspan(4 + size);
    if (kind == kStart) {
      if (as_text(body) != kStreamStart.substr(4)) return malformed("not a Snappy stream");
      started = true;
      continue;
    }
    if (!started) return malformed("no start of a Snappy stream");
    if (kind == kCompressed || kind == kPlain) {
      MNEMO_RETURN_IF_ERROR(read_frame(kind, body, out));
    } else if (kind < kFirstSkippable) {
      return malformed("unknown kind of frame");
    }
  }
  return out;
}

Result<std::string> read_block(std::span<const uint8_t> data) {
  auto compressed = as_text(data);
  size_t size = 0;
  bool known = snappy::GetUncompressedLength(compressed.data(), compressed.size(), &size);
  // Snappy can't make less than a 21st of its input.
  if (!known || size > kMaxBlockBytes || size / 64 > compressed.size()) return malformed("length");
  std::string out;
  if (!snappy::Uncompress(compressed.data(), compressed.size(), &out)) {
    return malformed("Snappy can't read it");
  }
  return out;
}

Result<tsdb::Postings> read_differences(std::string_view differences) {
  ByteReader reader(as_bytes(differences));
  tsdb::Postings postings;
  uint64_t last = 0;
  while (!reader.done()) {
    uint64_t difference = reader.uvarint();
    bool unordered = difference == 0 && !postings.empty();
    if (reader.failed() || unordered || difference > std::numeric_limits<uint32_t>::max() - last) {
      return malformed("references out of order");
    }
    last += difference;
    postings.push_back(static_cast<tsdb::SeriesRef>(last));
  }
  return postings;
}

}  // namespace

std::string encode_postings(std::span<const tsdb::SeriesRef> postings) {
  std::string differences;
  differences.reserve(postings.size() + postings.size() / 4);
  tsdb::SeriesRef last = 0;
  for (auto ref : postings) {
    append_uvarint(differences, ref - last);
    last = ref;
  }
  std::string out(kStreamForm);
  out.append(kStreamStart);
  for (size_t at = 0; at < differences.size(); at += kMaxFrame) {
    append_frame(out, std::string_view(differences).substr(at, kMaxFrame));
  }
  return out;
}

Result<tsdb::Postings> decode_postings(std::span<const uint8_t> data) {
  auto text = as_text(data);
  if (text.starts_with(kStreamForm)) {
    MNEMO_TRY(auto differences, read_stream(data.subspan(kStreamForm.size())));
    return read_differences(differences);
  }
  if (text.starts_with(kBlockForm)) {
    MNEMO_TRY(auto differences, read_block(data.subspan(kBlockForm.size())));
    return read_differences(differences);
  }
  return malformed("unknown form");
}

}  // namespace mnemo
