// SPDX-License-Identifier: Apache-2.0
#include "recording_store.hpp"

#include "chunkenc/xor2_encode.hpp"
#include "chunkenc/xor_encode.hpp"
#include "rpc/messages.hpp"
#include "rpc/series_frame.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::rpc_testing;
using namespace std::string_literals;

namespace {

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Result<std::vector<std::string>> decode_frame(const std::string& frame) {
  rpc::SeriesFrameDecoder decoder;
  decoder.start(Bytes::copy_of(frame));
  std::vector<std::string> all;
  Series series;
  while (true) {
    MNEMO_TRY(bool more, decoder.next(series));
    if (!more) return all;
    all.push_back(text_of(series));
  }
}

}  // namespace

TEST_CASE("rpc: a request's bytes are those of protobuf") {
  SeriesRequest request;
  request.range = {1, 300};
  request.matchers = {*Matcher::regex("a", "b")};
  request.partial_response = PartialResponse::kAbort;
  CHECK_EQ(rpc::encode(request),
           "\x08\x01\x10\xac\x02\x1a\x08\x08\x02\x12\x01"
           "a\x1a\x01"
           "b\x30\x01\x38\x01"s);
}

TEST_CASE("rpc: a frame's bytes are those of protobuf") {
  rpc::SeriesFrameEncoder encoder;
  REQUIRE(encoder.add({Labels{{"a", "b"}}, {}}).ok());
  CHECK_EQ(encoder.batch_header(), "\x22\x0a"s);
  CHECK_EQ(encoder.take_body(),
           "\x0a\x08\x0a\x06\x0a\x01"
           "a\x12\x01"
           "b"s);
  CHECK_EQ(rpc::encode_warning_frame("w"), "\x12\x01w"s);
}

TEST_CASE("rpc: requests that ask for the unknown are refused") {
  CHECK_EQ(rpc::decode_series_request(bytes_of("\x28\x07"s)).status().code(),
           Code::kInvalidArgument);  // aggregate 7
  CHECK_EQ(rpc::decode_series_request(bytes_of("\x1a\x02\x08\x09"s)).status().code(),
           Code::kInvalidArgument);  // matcher type 9
  CHECK_EQ(rpc::decode_series_request(bytes_of("\x1a\x05\x08\x02\x1a\x01("s)).status().code(),
           Code::kInvalidArgument);  // bad expression
  CHECK_EQ(rpc::decode_series_request(bytes_of("\x1a\x7f"s)).status().code(),
           Code::kInvalidArgument);  // truncated
  CHECK_EQ(rpc::decode_series_request(bytes_of("\x4a\x04\x0a\x02xy"s)).status().code(),
           Code::kInvalidArgument);                                   // hints of another type
  CHECK(rpc::decode_series_request(bytes_of("\xa0\x06\x01"s)).ok());  // unknown field 100
}

TEST_CASE("rpc: partial_response_disabled alone asks to abort") {
  auto request = rpc::decode_series_request(bytes_of("\x30\x01"s));
  REQUIRE(request.ok());
  CHECK_EQ(request->partial_response, PartialResponse::kAbort);
}

TEST_CASE("rpc: aggregates come packed or one by one") {
  for (const auto& bytes : {"\x2a\x02\x01\x05"s, "\x28\x01\x28\x05"s}) {
    auto request = rpc::decode_series_request(bytes_of(bytes));
    REQUIRE(request.ok());
    CHECK_EQ(request->aggregates, std::vector{Aggregate::kCount, Aggregate::kCounter});
  }
}

TEST_CASE("rpc: labels that a peer didn't sort are put in order") {
  auto got = decode_frame(
      "\x0a\x10\x0a\x06\x0a\x01"
      "b\x12\x01"
      "2\x0a\x06\x0a\x01"
      "a\x12\x01"
      "1"s);
  REQUIRE(got.ok());
  CHECK_EQ(got->at(0), "{a=\"1\", b=\"2\"}");
}

TEST_CASE("rpc: chunks in encodings that the StoreAPI lacks go in one that it has") {
  Xor2Encoder xor2;
  XorEncoder plain;
  for (int64_t i = 1; i <= 3; ++i) {
    xor2.append(i * 10, 1.5 * static_cast<double>(i), 5);
    plain.append(i * 10, 1.5 * static_cast<double>(i));
  }
  auto series = series_of({{"a", "b"}}, 10, 30, xor2.take());
  series.chunks[0].raw->encoding = ChunkEncoding::kXor2;
  rpc::SeriesFrameEncoder encoder;
  REQUIRE(encoder.add(series).ok());
  auto sent = encoder.take_body();
  REQUIRE(encoder.add(series_of({{"a", "b"}}, 10, 30, plain.take())).ok());
  CHECK(sent == encoder.take_body());
}

TEST_CASE("rpc: malformed chunks in encodings that the StoreAPI lacks are refused") {
  auto series = series_of({{"a", "b"}}, 1, 2, "x");
  series.chunks[0].raw->encoding = ChunkEncoding::kXor2;
  rpc::SeriesFrameEncoder encoder;
  CHECK_EQ(encoder.add(series).code(), Code::kDataLoss);
}

TEST_CASE("rpc: every truncation and every flipped byte of a frame is an error or an answer") {
  rpc::SeriesFrameEncoder encoder;
  for (const char* value : {"x", "y"}) {
    REQUIRE(encoder.add(series_of({{"a", value}, {"b", "c"}}, 1, 2, "chunk")).ok());
  }
  auto header = encoder.batch_header();
  auto frame = header + encoder.take_body();
  REQUIRE_EQ(decode_frame(frame)->size(), 2U);
  for (size_t size = 1; size < frame.size(); ++size) {
    CHECK_EQ(decode_frame(frame.substr(0, size)).status().code(), Code::kDataLoss);
  }
  for (size_t at = 0; at < frame.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      auto broken = frame;
      broken[at] = static_cast<char>(broken[at] ^ (1 << bit));
      auto got = decode_frame(broken);
      CHECK((got.ok() || got.status().code() == Code::kDataLoss));
    }
  }
}
