// SPDX-License-Identifier: Apache-2.0
#include "http/client_url.hpp"

#include <doctest/doctest.h>

using namespace mnemo;

TEST_CASE("http url: what errors show holds neither credentials nor query") {
  auto url = parse_http_url("http://bob:secret@prom.example:9090/a/b?token=secret#part");
  REQUIRE(url);
  CHECK_EQ(url->redacted, "http://prom.example:9090/a/b");
  CHECK_EQ(url->host, "prom.example");
  CHECK_EQ(url->port, "9090");
  CHECK_EQ(parse_http_url("https://prom.example/")->port, "443");
}

TEST_CASE("http url: other schemes and malformed URLs are refused without repeating them") {
  for (auto text : {"file:///etc/passwd", "ftp://host/x", "http://ho st/", "http://", "",
                    "http://user:secret@host:notaport/", "gopher://secret@host"}) {
    auto url = parse_http_url(text);
    REQUIRE_FALSE(url.ok());
    CHECK_EQ(url.status().code(), Code::kInvalidArgument);
    CHECK_EQ(url.status().message().find("secret"), std::string::npos);
  }
}

TEST_CASE("http url: paths are joined and forms encoded") {
  CHECK_EQ(join_url("http://h:1/prefix/?x=1", "/api/v1/read"), "http://h:1/prefix/api/v1/read");
  CHECK_EQ(join_url("http://h:1", "-/ready"), "http://h:1/-/ready");
  CHECK_EQ(encode_form({{"match[]", "{a=\"b c\"}"}, {"start", "1.5"}}),
           "match%5B%5D=%7Ba%3D%22b%20c%22%7D&start=1.5");
  CHECK_EQ(percent_encode("h\xc3\xa9/~"), "h%C3%A9%2F~");
}
