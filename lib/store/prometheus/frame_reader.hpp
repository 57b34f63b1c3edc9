// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

namespace mnemo {

/// Cuts a streamed remote-read answer into its frames: length (uvarint), CRC-32C of the data
/// (big-endian), data. Every frame gets memory of its own, into which its bytes are copied once.
///
/// Thread-compatible. Format: docs/formats/remote-read.md (Prometheus' streamed remote read).
class FrameReader {
 public:
  explicit FrameReader(size_t max_frame_bytes) : max_frame_bytes_(max_frame_bytes) {}

  /// Takes the next piece of the answer, cut anywhere. Errors: ResourceExhausted (a frame above the
  /// limit), DataLoss (malformed length, checksum); each names the offset of the frame.
  Status append(std::string_view data);

  /// Errors: DataLoss when the answer ended within a frame.
  Status finish() const;

  /// Whether a frame is complete; then it is moved to `frame`.
  bool take(Bytes& frame);

 private:
  size_t take_header(std::string_view data, Status& status);
  Status begin_frame();
  Status end_frame();
  std::string where() const;

  const size_t max_frame_bytes_;
  uint64_t offset_ = 0;  // of the current frame in the answer
  uint64_t size_ = 0;
  int size_bytes_ = 0;  // of the length read so far
  bool size_done_ = false;
  uint32_t crc_ = 0;
  int crc_bytes_ = 0;
  std::shared_ptr<uint8_t[]> data_;
  size_t filled_ = 0;
  std::deque<Bytes> frames_;
};

}  // namespace mnemo
