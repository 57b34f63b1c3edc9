// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/postings_codec.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace mnemo;

namespace {

Result<tsdb::Postings> decode(const std::string& text) {
  return decode_postings({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

tsdb::Postings random_postings(size_t count, uint32_t most_apart) {
  std::mt19937 random(count);
  tsdb::Postings postings;
  for (uint32_t last = 0; postings.size() < count;) {
    postings.push_back(last += 1 + random() % most_apart);
  }
  return postings;
}

/// By hand: stream start, then one frame that isn't compressed, with its checksum.
const std::string kThreeFour(
    "dss\xff\x06\0\0sNaPpY\x01\x06\0\0"
    "\xb2\x5a\x13\x5b"
    "\x03\x01",
    23);

}  // namespace

TEST_CASE("postings codec: what is encoded is decoded, of any length and density") {
  for (size_t count : {0, 1, 2, 100, 65535, 200'000}) {
    for (uint32_t apart : {1, 200, 20'000}) {
      auto postings = random_postings(count, apart);
      auto decoded = decode(encode_postings(postings));
      REQUIRE(decoded.ok());
      CHECK(*decoded == postings);
    }
  }
  tsdb::Postings ends = {0, 1, 0xffffffff};
  CHECK(*decode(encode_postings(ends)) == ends);
}

TEST_CASE("postings codec: the bytes are those of Thanos' streamed form") {
  CHECK(encode_postings(tsdb::Postings{3, 4}) == kThreeFour);
  CHECK(*decode(kThreeFour) == tsdb::Postings{3, 4});
}

TEST_CASE("postings codec: dense lists take about a tenth of their size in an index") {
  auto postings = random_postings(100'000, 2);
  CHECK_LT(encode_postings(postings).size(), postings.size() * 4 / 8);
}

TEST_CASE("postings codec: a block as older versions of Thanos wrote it is read") {
  // Snappy: five bytes, all of them literal: 1, then 1, then 128.
  std::string block("dvs\x04\x0c\x01\x01\x80\x01", 9);
  CHECK(*decode(block) == tsdb::Postings{1, 2, 130});
}

TEST_CASE("postings codec: every flipped bit and every cut is found, or changes nothing") {
  auto postings = random_postings(3000, 300);
  auto right = encode_postings(postings);
  for (size_t at = 0; at < right.size(); ++at) {
    auto wrong = right;
    wrong[at] = static_cast<char>(wrong[at] ^ (1 << (at % 8)));
    auto decoded = decode(wrong);
    CHECK((!decoded.ok() || *decoded == postings));
    if (at < 40 || at % 50 == 0) {
      auto cut = decode(right.substr(0, at));
      CHECK((!cut.ok() || cut->empty()));  // no frame yet: an empty list
    }
  }
}

TEST_CASE("postings codec: hostile bytes are refused without taking memory for them") {
  for (const auto& bytes :
       {std::string(), std::string("dss"), std::string("xyz"),
        std::string("dvs\xff\xff\xff\xff\x0f", 8), std::string("dss\x01\x05\0\0\0\0\0\0\x01", 12),
        std::string("dss\xff\x06\0\0sNaPpY\x02\0\0\0", 17),
        std::string("dss\xff\xff\xff\xff", 7)}) {
    auto decoded = decode(bytes);
    CHECK((!decoded.ok() || decoded->empty()));
    if (!decoded.ok()) CHECK_EQ(decoded.status().code(), Code::kDataLoss);
  }
}
