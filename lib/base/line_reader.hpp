// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace mnemo {

/// Fills the front of a buffer with the bytes that come next and says how many; 0 at the end.
using ReadBytes = std::function<Result<size_t>(std::span<char> buffer)>;

/// Reads text of any size line by line, through one buffer.
///
/// Not thread-safe. Memory: the buffer, in which a line must fit; it grows to `max_line`.
///
///     while (lines.next()) use(lines.line());
///     MNEMO_RETURN_IF_ERROR(lines.status());
class LineReader {
 public:
  static constexpr size_t kMaxLine = size_t{1} << 20;

  /// `lines_before` are counted as if they had been read.
  explicit LineReader(ReadBytes read, size_t max_line = kMaxLine, uint64_t lines_before = 0);

  /// Goes to the next line. False at the end and on failure.
  bool next();
  /// Why there is no further line: OK at the end. Errors: those of reading, ResourceExhausted (a
  /// line that is too long).
  const Status& status() const { return status_; }

  /// The line with its line break, which only the last one may lack; valid until `next`.
  std::string_view line() const { return line_; }
  /// How many lines there were, this one included.
  uint64_t number() const { return number_; }
  /// How many bytes there were, those of this line included.
  uint64_t offset() const { return offset_; }

 private:
  bool fill();
  bool fail(Status status);

  ReadBytes read_;
  size_t max_line_;
  std::vector<char> buffer_;
  size_t begin_ = 0;  // of what is read but not given
  size_t end_ = 0;
  bool at_end_ = false;
  std::string_view line_;
  uint64_t number_ = 0;
  uint64_t offset_ = 0;
  Status status_;
};

}  // namespace mnemo
