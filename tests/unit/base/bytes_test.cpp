// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.hpp"
#include "base/json_text.hpp"
#include "base/proto_wire.hpp"
#include "base/quote.hpp"
#include "base/varint.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mnemo;

namespace {

std::span<const uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

TEST_CASE("crc32c: the check value and the vectors of RFC 3720") {
  CHECK_EQ(crc32c(bytes_of("123456789")), 0xe3069283);
  CHECK_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8a9136aa);
  CHECK_EQ(crc32c(bytes_of(std::string(32, '\xff'))), 0x62a8ab43);
  CHECK_EQ(crc32c(bytes_of("6789"), crc32c(bytes_of("12345"))), 0xe3069283);
}

TEST_CASE("varint: protobuf's example, and malformed input fails the reader") {
  std::string out;
  append_uvarint(out, 300);
  CHECK_EQ(out, "\xac\x02");
  ByteReader reader(bytes_of(out));
  CHECK_EQ(reader.uvarint(), 300);
  CHECK(reader.done());

  const std::string continued(11, '\xff');
  ByteReader overlong(bytes_of(continued));
  CHECK_EQ(overlong.uvarint(), 0);
  CHECK(overlong.failed());

  ByteReader truncated(
      bytes_of("\x05"
               "ab"));
  CHECK_EQ(truncated.uvarint_string(), "");
  CHECK(truncated.failed());
}

TEST_CASE("varint: zigzag numbers as Go's encoding/binary has them") {
  CHECK_EQ(zigzag_encode(-1), 1);
  CHECK_EQ(zigzag_encode(1), 2);
  CHECK_EQ(zigzag_decode(zigzag_encode(INT64_MIN)), INT64_MIN);
}

TEST_CASE("proto: a message is read field by field, unknown fields skipped") {
  // field 1: varint 150 (protobuf's documentation), field 2: "testing", field 9: fixed64
  std::string message("\x08\x96\x01\x12\x07testing\x49\0\0\0\0\0\0\xf0\x3f", 21);
  ProtoReader reader(bytes_of(message));
  REQUIRE(reader.next());
  CHECK_EQ(reader.varint(), 150);
  REQUIRE(reader.next());
  CHECK_EQ(reader.string(), "testing");
  REQUIRE(reader.next());
  CHECK_EQ(reader.field(), 9);
  CHECK_EQ(reader.fixed_double(), 1.0);
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.failed());

  const std::string start = message.substr(0, 8);
  ProtoReader torn(bytes_of(start));
  while (torn.next()) {
  }
  CHECK(torn.failed());
}

TEST_CASE("quote: as Go's strconv.Quote") {
  CHECK_EQ(go_quoted("a\"b\\\n\x01\xff\xc3\xa9"), "\"a\\\"b\\\\\\n\\x01\\xff\xc3\xa9\"");
}

TEST_CASE("json: control characters are escaped and bad UTF-8 is replaced") {
  std::string out;
  append_json_string(out, "a\x01\"\xff\xe2\x82\xac");
  CHECK_EQ(out, "\"a\\u0001\\\"\xef\xbf\xbd\xe2\x82\xac\"");
}
