// SPDX-License-Identifier: Apache-2.0
#include "http/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>

namespace mnemo {

Result<std::string> gunzip(std::string_view data, size_t max_bytes) {
  constexpr int kGzipWindow = 15 + 16;
  z_stream stream{};
  if (::inflateInit2(&stream, kGzipWindow) != Z_OK) return Status::internal("zlib can't inflate");
  std::unique_ptr<z_stream, decltype(&::inflateEnd)> guard(&stream, &::inflateEnd);
  std::string out;
  std::array<char, 64 << 10> buffer{};
  while (!data.empty()) {
    auto piece = std::min<size_t>(data.size(), 1 << 30);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    stream.avail_in = static_cast<uInt>(piece);
    int result = Z_OK;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      result = ::inflate(&stream, Z_NO_FLUSH);
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
        return Status::data_loss("malformed gzip data");
      }
      auto made = buffer.size() - stream.avail_out;
      if (made > max_bytes - out.size()) {
        return Status::resource_exhausted("decompressed larger than " + std::to_string(max_bytes) +
                                          " bytes");
      }
      out.append(buffer.data(), made);
    } while (result == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0));
    data.remove_prefix(piece - stream.avail_in);
    if (result == Z_STREAM_END) {
      if (data.empty()) return out;
      ::inflateReset(&stream);  // another member follows
    } else if (data.empty() || result == Z_BUF_ERROR) {
      break;
    }
  }
  return Status::data_loss("gzip data is cut off");
}

}  // namespace mnemo
