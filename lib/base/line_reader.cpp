// SPDX-License-Identifier: Apache-2.0
#include "base/line_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace mnemo {

namespace {

// Small enough for the processor's second cache.
constexpr size_t kFirstBuffer = size_t{128} << 10;

}  // namespace

LineReader::LineReader(ReadBytes read, size_t max_line, uint64_t lines_before)
    : read_(std::move(read)),
      max_line_(max_line),
      buffer_(std::min(kFirstBuffer, max_line)),
      number_(lines_before) {}

bool LineReader::next() {
  size_t searched = 0;
  for (;;) {
    const char* at = buffer_.data() + begin_;
    size_t held = end_ - begin_;
    const void* found =
        held > searched ? std::memchr(at + searched, '\n', held - searched) : nullptr;
    if (found != nullptr || (at_end_ && held > 0)) {
      size_t size =
          found == nullptr ? held : static_cast<size_t>(static_cast<const char*>(found) - at) + 1;
      line_ = {at, size};
      begin_ += size;
      offset_ += size;
      ++number_;
      return true;
    }
    searched = held;
    if (at_end_ || !fill()) return false;
  }
}

bool LineReader::fail(Status status) {
  status_ = std::move(status);
  at_end_ = true;
  begin_ = end_;
  return false;
}

/// Moves what isn't given yet to the front and reads more behind it.
bool LineReader::fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= std::exchange(begin_, 0);
  if (end_ == max_line_) {
    return fail(Status::resource_exhausted("line " + std::to_string(number_ + 1) +
                                           ": longer than " + std::to_string(end_) + " bytes"));
  }
  if (end_ == buffer_.size()) buffer_.resize(std::min(2 * end_, max_line_));
  auto count = read_(std::span(buffer_).subspan(end_));
  if (!count.ok()) return fail(count.status());
  at_end_ = *count == 0;
  end_ += *count;
  return true;
}

}  // namespace mnemo
