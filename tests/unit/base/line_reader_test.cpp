// SPDX-License-Identifier: Apache-2.0
#include "base/line_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace mnemo;

namespace {

/// Gives at most `most` bytes at a time.
ReadBytes read_in_pieces(std::string text, size_t most) {
  return [text = std::move(text), most, at = size_t{0}](std::span<char> buffer) mutable {
    size_t count = std::min({most, buffer.size(), text.size() - at});
    text.copy(buffer.data(), count, at);
    at += count;
    return Result<size_t>(count);
  };
}

std::vector<std::string> lines_of(LineReader& reader) {
  std::vector<std::string> lines;
  while (reader.next()) lines.emplace_back(reader.line());
  return lines;
}

}  // namespace

TEST_CASE("line reader: the same lines however the bytes come") {
  const std::string text = "one\n\nthree, which is longer\nfour without a break";
  for (size_t most = 1; most < 30; ++most) {
    LineReader reader(read_in_pieces(text, most), 32);
    CHECK(lines_of(reader) == std::vector<std::string>{"one\n", "\n", "three, which is longer\n",
                                                       "four without a break"});
    CHECK(reader.status().ok());
    CHECK_EQ(reader.number(), 4);
    CHECK_EQ(reader.offset(), text.size());
  }
}

TEST_CASE("line reader: lines that are longer than its first buffer") {
  const std::string a(300'000, 'a');
  const std::string b(900'000, 'b');
  LineReader reader(read_in_pieces(a + "\nx\n" + b + "\n", 50'000));
  CHECK(lines_of(reader) == std::vector<std::string>{a + "\n", "x\n", b + "\n"});
  CHECK(reader.status().ok());
}

TEST_CASE("line reader: nothing in an empty text") {
  LineReader reader(read_in_pieces("", 10));
  CHECK_FALSE(reader.next());
  CHECK(reader.status().ok());
}

TEST_CASE("line reader: a line that is too long is an error that names it") {
  LineReader reader(read_in_pieces("12345678\nabcdefghi\nx\n", 100), 9);
  CHECK(lines_of(reader) == std::vector<std::string>{"12345678\n"});
  CHECK(reader.status().code() == Code::kResourceExhausted);
  CHECK_EQ(reader.status().message(), "line 2: longer than 9 bytes");
  CHECK_FALSE(reader.next());
}

TEST_CASE("line reader: the error of reading comes after what was read") {
  LineReader reader([calls = 0](std::span<char> buffer) mutable -> Result<size_t> {
    if (calls++ > 0) return Status::unavailable("gone");
    std::string_view text = "a\nb";
    text.copy(buffer.data(), text.size());
    return text.size();
  });
  CHECK(lines_of(reader) == std::vector<std::string>{"a\n"});
  CHECK_EQ(reader.status().message(), "gone");
}
