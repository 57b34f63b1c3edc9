// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/frame_reader.hpp"

#include "base/crc32c.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace mnemo {
namespace {

constexpr int kMaxSizeBytes = 10;
constexpr int kCrcBytes = 4;

}  // namespace

std::string FrameReader::where() const {
  return "remote read: frame at offset " + std::to_string(offset_);
}

Status FrameReader::append(std::string_view data) {
  while (!data.empty()) {
    if (!data_) {
      Status status;
      data.remove_prefix(take_header(data, status));
      MNEMO_RETURN_IF_ERROR(status);
      continue;
    }
    size_t count = std::min<size_t>(data.size(), size_ - filled_);
    std::memcpy(data_.get() + filled_, data.data(), count);
    filled_ += count;
    data.remove_prefix(count);
    if (filled_ == size_) MNEMO_RETURN_IF_ERROR(end_frame());
  }
  return {};
}

size_t FrameReader::take_header(std::string_view data, Status& status) {
  size_t used = 0;
  while (used < data.size() && !size_done_) {
    auto byte = static_cast<uint8_t>(data[used++]);
    if (size_bytes_ == kMaxSizeBytes - 1 && byte > 1) {
      status = Status::data_loss(where() + ": malformed length");
      return used;
    }
    size_ |= static_cast<uint64_t>(byte & 0x7f) << (7 * size_bytes_++);
    size_done_ = (byte & 0x80) == 0;
  }
  while (used < data.size() && crc_bytes_ < kCrcBytes) {
    crc_ = crc_ << 8 | static_cast<uint8_t>(data[used++]);
    ++crc_bytes_;
  }
  if (size_done_ && crc_bytes_ == kCrcBytes) status = begin_frame();
  return used;
}

Status FrameReader::begin_frame() {
  if (size_ > max_frame_bytes_) {
    return Status::resource_exhausted(where() + ": " + std::to_string(size_) +
                                      " bytes, more than the limit of " +
                                      std::to_string(max_frame_bytes_));
  }
  // Not cleared: pages that a lying length never fills cost no memory.
  data_ = std::shared_ptr<uint8_t[]>(new uint8_t[size_]);
  filled_ = 0;
  return size_ == 0 ? end_frame() : Status();
}

Status FrameReader::end_frame() {
  std::span<const uint8_t> view(data_.get(), size_);
  if (crc32c(view) != crc_) return Status::data_loss(where() + ": checksum mismatch");
  frames_.emplace_back(view, std::shared_ptr<const void>(data_, data_.get()));
  offset_ += static_cast<uint64_t>(size_bytes_) + kCrcBytes + size_;
  data_.reset();
  size_ = 0;
  size_bytes_ = 0;
  size_done_ = false;
  crc_ = 0;
  crc_bytes_ = 0;
  return {};
}

Status FrameReader::finish() const {
  if (size_bytes_ == 0) return {};
  return Status::data_loss(where() + ": the answer ends within it");
}

bool FrameReader::take(Bytes& frame) {
  if (frames_.empty()) return false;
  frame = std::move(frames_.front());
  frames_.pop_front();
  return true;
}

}  // namespace mnemo
