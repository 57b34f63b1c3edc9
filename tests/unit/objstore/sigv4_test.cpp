// SPDX-License-Identifier: Apache-2.0
// The examples of "Authenticating requests (AWS Signature Version 4)" in Amazon S3's API reference,
// and of AWS' test suite for the signature.
#include "objstore/s3/sigv4.hpp"

#include "base/digest.hpp"
#include "http/client_url.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mnemo;
using namespace mnemo::s3;

namespace {

constexpr int64_t kMay24 = 1369353600000;  // 2013-05-24T00:00:00Z

const Credentials kCredentials{
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "", {}};

SigningRequest request_of(const std::string& method, const std::string& path) {
  SigningRequest request;
  request.method = method;
  request.host = "examplebucket.s3.amazonaws.com";
  request.path = path;
  request.payload_hash = kEmptyPayload;
  return request;
}

std::string header(const std::vector<HttpHeader>& headers, std::string_view name) {
  for (const auto& header : headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

std::string signature(const SigningRequest& request) {
  auto text = header(sign(request, {"us-east-1", "s3", kMay24}, kCredentials), "Authorization");
  return text.substr(text.rfind('=') + 1);
}

}  // namespace

TEST_CASE("sigv4: a range of an object") {
  auto request = request_of("GET", "/test.txt");
  request.headers = {{"Range", "bytes=0-9"}};
  auto headers = sign(request, {"us-east-1", "s3", kMay24}, kCredentials);
  CHECK_EQ(header(headers, "X-Amz-Date"), "20130524T000000Z");
  CHECK_EQ(header(headers, "Authorization"),
           "AWS4-HMAC-SHA256 "
           "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
           "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
           "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_CASE("sigv4: an object with a sign in its name and headers of its own") {
  auto request = request_of("PUT", "/" + percent_encode_path("test$file.text"));
  request.headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                     {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  request.payload_hash = hex_text(digest_of(DigestKind::kSha256, "Welcome to Amazon S3."));
  CHECK_EQ(signature(request), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_CASE("sigv4: queries without a value, and in another order than sent") {
  auto lifecycle = request_of("GET", "/");
  lifecycle.query = {{"lifecycle", ""}};
  CHECK_EQ(signature(lifecycle),
           "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  auto list = request_of("GET", "/");
  list.query = {{"prefix", "J"}, {"max-keys", "2"}};
  CHECK_EQ(signature(list), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_CASE("sigv4: a presigned URL") {
  auto request = request_of("GET", "/test.txt");
  request.payload_hash = kUnsignedPayload;
  CHECK_EQ(presign_query(request, {"us-east-1", "s3", kMay24}, kCredentials,
                         std::chrono::seconds(86400)),
           "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2F"
           "us-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&"
           "X-Amz-SignedHeaders=host&X-Amz-Signature="
           "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST_CASE("sigv4: another service has no header of the payload") {
  SigningRequest request;
  request.method = "GET";
  request.host = "example.amazonaws.com";
  request.path = "/";
  request.payload_hash = kEmptyPayload;
  auto headers = sign(request, {"us-east-1", "service", 1440938160000},
                      {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "", {}});
  CHECK_EQ(header(headers, "Authorization"),
           "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
           "SignedHeaders=host;x-amz-date, "
           "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST_CASE("sigv4: a session token is sent and signed") {
  auto credentials = kCredentials;
  credentials.session_token = "TOKEN";
  auto headers = sign(request_of("GET", "/"), {"us-east-1", "s3", kMay24}, credentials);
  CHECK_EQ(header(headers, "X-Amz-Security-Token"), "TOKEN");
  CHECK(header(headers, "Authorization").find(";x-amz-security-token,") != std::string::npos);
}

TEST_CASE("sigv4: paths keep their slashes, all else is encoded by RFC 3986") {
  CHECK_EQ(percent_encode_path("a/b c+d%e~f*(é)"), "a/b%20c%2Bd%25e~f%2A%28%C3%A9%29");
}
