// SPDX-License-Identifier: Apache-2.0
// What S3's client does when the server or the connection misbehaves, on a scripted server.
#include "fake_s3.hpp"

#include "base/file.hpp"
#include "support/temp_dir.hpp"

#include <chrono>
#include <thread>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

/// Until a client has taken what has come before the connection ends.
constexpr std::chrono::milliseconds kUntilRead{100};

std::string error_body(std::string_view code, std::string_view more = {}) {
  return "<Error><Code>" + std::string(code) + "</Code><Message>m</Message>" + std::string(more) +
         "</Error>";
}

}  // namespace

TEST_CASE("s3: a busy server and a dropped connection are tried again, with the same body") {
  FakeServer server([](size_t number, const PeerRequest&, PeerConnection& connection) {
    if (number == 0) connection.answer("503 Slow Down", error_body("SlowDown"));
    if (number == 1) connection.close();
    if (number == 2) connection.answer("500 Oops", "");
    if (number == 3) connection.answer("200 OK", "", "ETag: \"e\"\r\n");
  });
  auto bucket = open_s3(fake_s3_options(server));
  CHECK_EQ(bucket->put(Context(), "a/b", Bytes::copy_of("content")), Status());
  REQUIRE_EQ(server.count(), 4);
  for (const auto& request : server.requests()) {
    CHECK_EQ(request.head.substr(0, 15), "PUT /blocks/a/b");
    CHECK_EQ(request.body, "content");
  }
}

TEST_CASE("s3: what will not change is not tried again") {
  FakeServer server([](size_t, const PeerRequest&, PeerConnection& connection) {
    connection.answer("403 Forbidden", error_body("AccessDenied"));
  });
  auto bucket = open_s3(fake_s3_options(server));
  CHECK_EQ(bucket->put(Context(), "a", Bytes()).code(), Code::kPermissionDenied);
  CHECK_EQ(server.count(), 1);
}

TEST_CASE("s3: there are as many tries as configured") {
  FakeServer server([](size_t, const PeerRequest&, PeerConnection& connection) {
    connection.answer("503 Busy", "");
  });
  auto options = fake_s3_options(server);
  options.max_tries = 3;
  auto status = open_s3(options)->put(Context(), "a", Bytes());
  CHECK_EQ(status.code(), Code::kUnavailable);
  CHECK_EQ(server.count(), 3);
}

TEST_CASE("s3: Retry-After is waited for, unless the deadline comes first") {
  FakeServer server([](size_t number, const PeerRequest&, PeerConnection& connection) {
    if (number != 1) connection.answer("503 Busy", "", "Retry-After: 1\r\n");
    if (number == 1) connection.answer("200 OK", "");
  });
  auto bucket = open_s3(fake_s3_options(server));
  auto start = std::chrono::steady_clock::now();
  CHECK(bucket->put(Context(), "a", Bytes()).ok());
  CHECK_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  auto hurried = Context().with_timeout(std::chrono::milliseconds(500));
  CHECK_EQ(bucket->put(hurried, "a", Bytes()).code(), Code::kUnavailable);
  CHECK_EQ(server.count(), 3);
}

TEST_CASE("s3: a body that breaks off is read on, of the same object") {
  FakeServer server([](size_t number, const PeerRequest&, PeerConnection& connection) {
    if (number == 0) {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"one\"\r\n\r\n0123");
      std::this_thread::sleep_for(kUntilRead);
      connection.close();
    } else {
      connection.answer("206 Partial", "456789", "Content-Range: bytes 4-9/10\r\n");
    }
  });
  auto bytes = open_s3(fake_s3_options(server))->get(Context(), "a", 100);
  REQUIRE_MESSAGE(bytes.ok(), bytes.status().to_string());
  CHECK_EQ(bytes->as_string(), "0123456789");
  REQUIRE_EQ(server.count(), 2);
  CHECK(has(server.requests()[1].head, "Range: bytes=4-\r\n"));
  CHECK(has(server.requests()[1].head, "If-Match: \"one\"\r\n"));
}

TEST_CASE("s3: an object replaced while it is read is read from the start") {
  FakeServer server([](size_t number, const PeerRequest&, PeerConnection& connection) {
    if (number == 0) {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"one\"\r\n\r\nold");
      std::this_thread::sleep_for(kUntilRead);
      connection.close();
    }
    if (number == 1) connection.answer("412 No", error_body("PreconditionFailed"));
    if (number == 2) connection.answer("200 OK", "new", "ETag: \"two\"\r\n");
  });
  auto bytes = open_s3(fake_s3_options(server))->get(Context(), "a", 100);
  REQUIRE_MESSAGE(bytes.ok(), bytes.status().to_string());
  CHECK_EQ(bytes->as_string(), "new");
}

TEST_CASE("s3: a server that sends another range than asked for is not believed") {
  FakeServer server([](size_t, const PeerRequest&, PeerConnection& connection) {
    connection.answer("206 Partial", "23", "Content-Range: bytes 2-3/10\r\n");
  });
  auto bytes = open_s3(fake_s3_options(server))->get_range(Context(), "a", 4, 2);
  CHECK_EQ(bytes.status().code(), Code::kDataLoss);
}

TEST_CASE("s3: a failing part ends a multipart upload, which is aborted") {
  FakeServer server([](size_t, const PeerRequest& request, PeerConnection& connection) {
    if (has(request.head, "?uploads=")) {
      connection.answer("200 OK",
                        "<InitiateMultipartUploadResult><UploadId>u 1</UploadId>"
                        "</InitiateMultipartUploadResult>");
    } else if (has(request.head, "partNumber=2")) {
      connection.answer("403 Forbidden", error_body("AccessDenied"));
    } else {
      connection.answer("200 OK", "", "ETag: \"p\"\r\n");
    }
  });
  auto options = fake_s3_options(server);
  options.part_size = 5 << 20;
  auto status = open_s3(options)->put(Context(), "a", Bytes::own(std::string((10 << 20) + 1, 'x')));
  CHECK_EQ(status.code(), Code::kPermissionDenied);
  CHECK_EQ(server.lines(),
           std::vector<std::string>{
               "POST /blocks/a?uploads=", "PUT /blocks/a?partNumber=1&uploadId=u%201",
               "PUT /blocks/a?partNumber=2&uploadId=u%201", "DELETE /blocks/a?uploadId=u%201"});
}

TEST_CASE("s3: an upload whose end was answered into the void is found to be there") {
  const std::string size = std::to_string((5 << 20) + 1);
  FakeServer server([&](size_t, const PeerRequest& request, PeerConnection& connection) {
    static int completions = 0;
    if (has(request.head, "?uploads=")) {
      completions = 0;
      connection.answer("200 OK",
                        "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
                        "</InitiateMultipartUploadResult>");
    } else if (request.head.starts_with("PUT")) {
      connection.answer("200 OK", "", "ETag: \"p\"\r\n");
    } else if (request.head.starts_with("HEAD")) {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\nETag: \"abc-2\"\r\n\r\n");
    } else if (completions++ == 0) {
      // Begun with 200, and said in the body.
      connection.answer("200 OK", error_body("InternalError"));
    } else {
      connection.answer("404 Gone", error_body("NoSuchUpload"));
    }
  });
  auto options = fake_s3_options(server);
  options.part_size = 5 << 20;
  auto status = open_s3(options)->put(Context(), "a", Bytes::own(std::string((5 << 20) + 1, 'x')));
  CHECK_EQ(status, Status());
  CHECK_EQ(server.lines().back(), "HEAD /blocks/a");
}

TEST_CASE("s3: a file that shrinks while it is sent is an error, not a short object") {
  TempDir folder;
  auto path = folder.path() / "file";
  REQUIRE(write_file_atomically(path, std::string(1 << 20, 'x')).ok());
  FakeServer server([](size_t, const PeerRequest&, PeerConnection& connection) {
    connection.answer("503 Busy", "");
  });
  auto environment = quick_environment();
  environment.now_ms = [&] {  // called between the two readings of the file
    std::filesystem::resize_file(path, 1000);
    return int64_t{1369353600000};
  };
  auto status = open_s3(fake_s3_options(server), environment)->put_file(Context(), "a", path);
  CHECK_EQ(status.code(), Code::kAborted);
}

TEST_CASE("s3: a bucket in another region is asked there") {
  FakeServer server([](size_t number, const PeerRequest&, PeerConnection& connection) {
    if (number == 0) {
      connection.answer("400 Bad",
                        error_body("AuthorizationHeaderMalformed", "<Region>ap-south-1</Region>"));
    } else {
      connection.answer("200 OK", "x");
    }
  });
  auto bucket = open_s3(fake_s3_options(server));
  CHECK(bucket->get(Context(), "a", 9).ok());
  CHECK(bucket->get(Context(), "b", 9).ok());
  REQUIRE_EQ(server.count(), 3);
  CHECK(has(server.requests()[0].head, "/eu-north-1/s3/"));
  CHECK(has(server.requests()[1].head, "/ap-south-1/s3/"));
  CHECK(has(server.requests()[2].head, "/ap-south-1/s3/"));
}

TEST_CASE("s3: an unknown region is asked for, once") {
  FakeServer server([](size_t number, const PeerRequest&, PeerConnection& connection) {
    connection.answer("200 OK", number == 0 ? "<LocationConstraint>EU</LocationConstraint>" : "x");
  });
  auto options = fake_s3_options(server);
  options.region = "";
  auto bucket = open_s3(options);
  CHECK(bucket->get(Context(), "a", 9).ok());
  CHECK(bucket->get(Context(), "a", 9).ok());
  CHECK_EQ(server.lines(),
           std::vector<std::string>{"GET /blocks/?location=", "GET /blocks/a", "GET /blocks/a"});
  CHECK(has(server.requests()[1].head, "/eu-west-1/s3/"));
}

TEST_CASE("s3: errors say what is wrong and hold no secret") {
  std::string status = "403 Forbidden";
  std::string body;
  FakeServer server([&](size_t, const PeerRequest&, PeerConnection& connection) {
    connection.answer(status, body, "Date: Fri, 24 May 2013 01:00:00 GMT\r\n");
  });
  auto environment = quick_environment();
  environment.now_ms = [] { return int64_t{1369353600000}; };
  auto options = fake_s3_options(server);
  options.session_token = "SESSIONTOKEN";
  auto bucket = open_s3(options, environment);
  auto error = [&](std::string_view code) {
    body = error_body(code);
    auto text = bucket->get(Context(), "a b", 9).status().to_string();
    CHECK_FALSE(has(text, "VERYSECRET"));
    CHECK_FALSE(has(text, "SESSIONTOKEN"));
    return text;
  };
  const std::string prefix =
      "PermissionDenied: GET " + server.url() + "/blocks/a%20b: HTTP status 403: ";
  CHECK_EQ(error("SignatureDoesNotMatch"),
           prefix +
               "SignatureDoesNotMatch: m (the secret key is wrong, or something on the way changes "
               "requests)");
  CHECK_EQ(error("RequestTimeTooSkewed"),
           prefix +
               "RequestTimeTooSkewed: m (the clocks of this machine and the server differ by "
               "-3600 s)");
  status = "404 Not Found";
  CHECK(has(error("NoSuchBucket"), "FailedPrecondition: "));
  CHECK(has(error("NoSuchKey"), "NotFound: "));
}

TEST_CASE("s3: encryption, storage class and metadata go with the object") {
  TempDir folder;
  auto key = folder.path() / "key";
  REQUIRE(write_file_atomically(key, "12345678901234567890123456789012").ok());
  FakeServer server([](size_t, const PeerRequest&, PeerConnection& connection) {
    connection.answer("200 OK", "", "Last-Modified: Fri, 24 May 2013 00:00:00 GMT\r\n");
  });
  auto options = fake_s3_options(server);
  options.user_metadata = {{"X-Amz-Storage-Class", "STANDARD_IA"}, {"team", "a"}};
  options.encryption.kind = s3::EncryptionKind::kCustomerKey;
  options.encryption.customer_key_file = key;
  auto bucket = open_s3(options);
  CHECK(bucket->put(Context(), "a", Bytes()).ok());
  CHECK(bucket->attributes(Context(), "a").ok());
  options.encryption = {s3::EncryptionKind::kKms, "the-key", {{"app", "thanos"}}, ""};
  CHECK(open_s3(options)->put(Context(), "a", Bytes()).ok());
  auto head = [&](size_t i) { return server.requests()[i].head; };
  CHECK(has(head(0), "X-Amz-Storage-Class: STANDARD_IA\r\n"));
  CHECK(has(head(0), "X-Amz-Meta-team: a\r\n"));
  const std::string name = "X-Amz-Server-Side-Encryption";
  for (size_t i : {size_t{0}, size_t{1}}) {
    CHECK(has(head(i), name + "-Customer-Algorithm: AES256\r\n"));
    // base64 and MD5 by the tools of the same names.
    CHECK(has(head(i), name + "-Customer-Key: MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=\r\n"));
    CHECK(has(head(i), name + "-Customer-Key-MD5: dnF5x6K/8ZZRzpfSlMMM+w==\r\n"));
  }
  CHECK(has(head(2), name + ": aws:kms\r\n"));
  CHECK(has(head(2), name + "-Aws-Kms-Key-Id: the-key\r\n"));
  CHECK(has(head(2), name + "-Context: eyJhcHAiOiJ0aGFub3MifQ==\r\n"));
  REQUIRE(write_file_atomically(key, "short").ok());
  options.encryption = {s3::EncryptionKind::kCustomerKey, "", {}, key};
  CHECK_EQ(s3::open_bucket(options, {}).status().code(), Code::kInvalidArgument);
}

TEST_CASE("s3: both versions of listings go on where the server says") {
  const std::string first =
      "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
      "<NextContinuationToken>t+1</NextContinuationToken><Contents><Key>a+b%2Bc</Key>"
      "<LastModified>2013-05-24T00:00:00.500Z</LastModified><Size>7</Size></Contents>"
      "</ListBucketResult>";
  const std::string last =
      "<ListBucketResult><IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>d/</Prefix>"
      "</CommonPrefixes></ListBucketResult>";
  for (bool v1 : {false, true}) {
    FakeServer server([&](size_t number, const PeerRequest&, PeerConnection& connection) {
      connection.answer("200 OK", number == 0 ? first : last);
    });
    auto options = fake_s3_options(server);
    options.list_objects_v1 = v1;
    std::vector<std::string> names;
    auto status = open_s3(options)->list(Context(), "", false, [&](const BucketEntry& entry) {
      names.push_back(entry.name);
      if (!entry.is_folder) CHECK_EQ(entry.attributes.last_modified_ms, 1369353600000);
      return Status();
    });
    CHECK_EQ(status, Status());
    CHECK_EQ(names, std::vector<std::string>{"a b+c", "d/"});
    CHECK(has(server.lines()[1], v1 ? "&marker=a%20b%2Bc" : "continuation-token=t%2B1"));
  }
}

TEST_CASE("s3: a listing that runs in circles ends with an error") {
  FakeServer server([](size_t, const PeerRequest&, PeerConnection& connection) {
    connection.answer("200 OK",
                      "<ListBucketResult><IsTruncated>true</IsTruncated>"
                      "<NextContinuationToken>t</NextContinuationToken></ListBucketResult>");
  });
  auto visit = [](const BucketEntry&) { return Status(); };
  CHECK_EQ(open_s3(fake_s3_options(server))->list(Context(), "", true, visit).code(),
           Code::kDataLoss);
}

TEST_CASE("s3: the trace shows requests without what is secret") {
  struct Collector final : Logger {
    std::string text;
    bool enabled(LogLevel) const override { return true; }
    void log(LogLevel, std::string_view message, std::initializer_list<LogField> fields) override {
      text += message;
      for (const auto& field : fields) text += " " + std::string(field.key) + "=" + field.value;
    }
  };
  auto logger = std::make_shared<Collector>();
  FakeServer server([](size_t, const PeerRequest&, PeerConnection& connection) {
    connection.answer("200 OK", "x");
  });
  auto environment = quick_environment();
  environment.logger = logger;
  auto options = fake_s3_options(server);
  options.session_token = "SESSIONTOKEN";
  options.trace = true;
  CHECK(open_s3(options, environment)->get(Context(), "a", 9).ok());
  CHECK(has(logger->text, "/blocks/a"));
  CHECK(has(logger->text, "Authorization: **REDACTED**"));
  CHECK_FALSE(has(logger->text, "SESSIONTOKEN"));
  CHECK_FALSE(has(logger->text, "Signature="));
}
