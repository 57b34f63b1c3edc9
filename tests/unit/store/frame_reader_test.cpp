// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/frame_reader.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace mnemo;

namespace {

// The frame of "123456789": its CRC-32C is the algorithm's published check value, 0xe3069283.
const std::string kFrame(
    "\x09\xe3\x06\x92\x83"
    "123456789",
    14);

std::vector<std::string> frames_of(FrameReader& reader) {
  std::vector<std::string> frames;
  Bytes frame;
  while (reader.take(frame)) frames.emplace_back(frame.as_string());
  return frames;
}

}  // namespace

TEST_CASE("frames: an answer is cut the same, wherever its pieces end") {
  const std::string empty("\x00\x00\x00\x00\x00", 5);
  const std::string answer = kFrame + empty + kFrame;
  for (size_t piece = 1; piece <= answer.size(); ++piece) {
    FrameReader reader(100);
    for (size_t at = 0; at < answer.size(); at += piece) {
      REQUIRE(reader.append(std::string_view(answer).substr(at, piece)).ok());
    }
    CHECK(reader.finish().ok());
    CHECK_EQ(frames_of(reader), std::vector<std::string>{"123456789", "", "123456789"});
  }
}

TEST_CASE("frames: an answer that ends within a frame is DataLoss") {
  for (size_t length = 1; length < kFrame.size(); ++length) {
    FrameReader reader(100);
    REQUIRE(reader.append(kFrame + kFrame.substr(0, length)).ok());
    CHECK_EQ(reader.finish(), Status::data_loss("remote read: frame at offset 14: "
                                                "the answer ends within it"));
  }
}

TEST_CASE("frames: a flipped bit anywhere in checksum or data is noticed") {
  for (size_t at = 1; at < kFrame.size(); ++at) {
    std::string flipped = kFrame;
    flipped[at] = static_cast<char>(flipped[at] ^ 0x10);
    FrameReader reader(100);
    CHECK_EQ(reader.append(flipped),
             Status::data_loss("remote read: frame at offset 0: checksum mismatch"));
    Bytes frame;
    CHECK_FALSE(reader.take(frame));
  }
}

TEST_CASE("frames: a length above the limit is refused before anything is kept") {
  FrameReader reader(8);
  CHECK_EQ(reader.append(kFrame),
           Status::resource_exhausted(
               "remote read: frame at offset 0: 9 bytes, more than the limit of 8"));
  FrameReader huge(50'000'000);
  CHECK_EQ(huge.append(std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10) + "crc!").code(),
           Code::kResourceExhausted);
  FrameReader overlong(50'000'000);
  CHECK_EQ(overlong.append(std::string(11, '\xff')).code(), Code::kDataLoss);
}
