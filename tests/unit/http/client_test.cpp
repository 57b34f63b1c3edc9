// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include "support/http_peer.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace mnemo;
using namespace std::chrono_literals;
using testing::HttpPeer;
using testing::PeerConnection;
using testing::PeerRequest;

namespace {

std::shared_ptr<HttpClient> client_with(const HttpClientOptions& options = {}) {
  auto client = HttpClient::make(options);
  REQUIRE(client);
  return *client;
}

HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  return request;
}

std::string first_line(const PeerRequest& request) {
  return request.head.substr(0, request.head.find("\r\n"));
}

/// Answers with what it received.
void echo(const PeerRequest& request, PeerConnection& connection) {
  connection.answer("200 OK", request.head + request.body);
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

/// How long `call` takes.
template <typename Call>
std::chrono::milliseconds time_of(Call call) {
  auto begin = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               begin);
}

}  // namespace

TEST_CASE("http client: a POST carries its body and headers and its answer is read") {
  HttpPeer peer(echo);
  HttpRequest request{"POST", peer.url("/x?q=1"), {{"X-A", "b"}, {"X-Empty", ""}}, {}};
  request.body = std::string("a\0b", 3);
  auto answer = client_with()->perform(Context(), request, 4096);
  REQUIRE(answer);
  CHECK_EQ(answer->status, 200);
  CHECK(contains(answer->body, "POST /x?q=1 HTTP/1.1\r\n"));
  CHECK(contains(answer->body, "\r\nX-A: b\r\n"));
  CHECK(contains(answer->body, "\r\nX-Empty:\r\n"));
  CHECK_FALSE(contains(answer->body, "Content-Type"));
  CHECK(answer->body.ends_with(std::string("a\0b", 3)));
  CHECK_EQ(answer->header("content-length"), std::to_string(answer->body.size()));
}

TEST_CASE("http client: a connection serves one request after the other") {
  HttpPeer peer(echo);
  auto client = client_with();
  for (int i = 0; i < 5; ++i) CHECK(client->perform(Context(), get(peer.url()), 4096).ok());
  CHECK_EQ(peer.connections(), 1);
}

TEST_CASE("http client: many threads share one client") {
  HttpPeer peer(echo);
  auto client = client_with();
  std::atomic<int> good{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 20; ++i) {
          auto path = "/" + std::to_string(t) + "-" + std::to_string(i);
          auto answer = client->perform(Context(), get(peer.url(path)), 4096);
          if (answer.ok() && contains(answer->body, path + " HTTP/1.1")) ++good;
        }
      });
    }
  }
  CHECK_EQ(good, 160);
  CHECK_LE(peer.connections(), 8);
}

TEST_CASE("http client: basic and bearer credentials are sent") {
  HttpPeer peer(echo);
  HttpClientOptions basic;
  basic.username = "Aladdin";
  basic.password = "open sesame";  // the example of RFC 7617
  auto answer = client_with(basic)->perform(Context(), get(peer.url()), 4096);
  CHECK(contains(answer->body, "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
  HttpClientOptions bearer;
  bearer.bearer_token = "abc";
  answer = client_with(bearer)->perform(Context(), get(peer.url()), 4096);
  CHECK(contains(answer->body, "Authorization: Bearer abc\r\n"));
  bearer.username = "x";
  CHECK_EQ(HttpClient::make(bearer).status().code(), Code::kInvalidArgument);
  HttpClientOptions missing;
  missing.bearer_token_file = "/nonexistent";
  CHECK_EQ(client_with(missing)->perform(Context(), get(peer.url()), 1).status().code(),
           Code::kFailedPrecondition);
}

TEST_CASE("http client: a redirect is followed, without credentials to another host") {
  HttpPeer target(echo);
  HttpPeer first([&](const PeerRequest& request, PeerConnection& connection) {
    if (contains(first_line(request), "/same")) return void(echo(request, connection));
    auto to = contains(first_line(request), "/local")
                  ? std::string("/same")
                  : "http://localhost:" + std::to_string(target.port()) + "/other";
    connection.answer("302 Found", "moved", "Location: " + to + "\r\n");
  });
  for (bool bearer : {false, true}) {
    HttpClientOptions options;
    (bearer ? options.bearer_token : options.username) = "secret";
    auto client = client_with(options);
    auto local = client->perform(Context(), get(first.url("/local")), 4096);
    REQUIRE(local);
    CHECK(contains(local->body, "GET /same"));
    CHECK(contains(local->body, "Authorization: "));
    auto other = client->perform(Context(), get(first.url("/away")), 4096);
    REQUIRE(other);
    CHECK(contains(other->body, "GET /other"));
    CHECK_FALSE(contains(other->body, "Authorization"));
  }
  HttpClientOptions stay;
  stay.follow_redirects = false;
  CHECK_EQ(client_with(stay)->perform(Context(), get(first.url("/away")), 4096)->status, 302);
}

TEST_CASE("http client: a redirect to another scheme is refused") {
  HttpPeer peer([](const PeerRequest&, PeerConnection& connection) {
    connection.answer("302 Found", "", "Location: file:///etc/hostname\r\n");
  });
  auto answer = client_with()->perform(Context(), get(peer.url()), 4096);
  REQUIRE_FALSE(answer.ok());
  CHECK_EQ(answer.status().code(), Code::kInvalidArgument);
}

TEST_CASE("http client: an answer above the limit fails, and the client goes on") {
  HttpPeer peer([](const PeerRequest&, PeerConnection& connection) {
    connection.answer("200 OK", std::string(100000, 'x'));
  });
  auto client = client_with();
  auto answer = client->perform(Context(), get(peer.url("/big?key=secret")), 99999);
  REQUIRE_FALSE(answer.ok());
  CHECK_EQ(answer.status().code(), Code::kResourceExhausted);
  CHECK_EQ(answer.status().message(),
           "GET " + peer.url("/big") + ": the answer is larger than 99999 bytes");
  CHECK(client->perform(Context(), get(peer.url()), 100000).ok());
}

TEST_CASE("http client: a refused connection is Unavailable and says so without secrets") {
  int port;
  {
    HttpPeer peer(echo);
    port = peer.port();
  }
  auto url = "http://bob:secret@127.0.0.1:" + std::to_string(port) + "/a?b=secret";
  auto answer = client_with()->perform(Context(), get(url), 1);
  REQUIRE_FALSE(answer.ok());
  CHECK_EQ(answer.status().code(), Code::kUnavailable);
  CHECK(contains(answer.status().message(), "Connection refused"));
  CHECK(
      contains(answer.status().message(), "GET http://127.0.0.1:" + std::to_string(port) + "/a:"));
  CHECK_FALSE(contains(answer.status().message(), "secret"));
}

TEST_CASE("http client: a torn body is Unavailable") {
  HttpPeer peer([](const PeerRequest&, PeerConnection& connection) {
    connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc");
    connection.close();
  });
  auto answer = client_with()->perform(Context(), get(peer.url()), 100);
  REQUIRE_FALSE(answer.ok());
  CHECK_EQ(answer.status().code(), Code::kUnavailable);
}

TEST_CASE("http client: deadline and stop end a request that hangs, at once") {
  HttpPeer peer([](const PeerRequest& request, PeerConnection& connection) {
    if (contains(first_line(request), "/body")) {
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    }
    connection.is_closed_within(10000);
  });
  auto client = client_with();
  for (auto path : {"/head", "/body"}) {
    Result<HttpResponse> answer = Status::unknown("");
    auto took = time_of(
        [&] { answer = client->perform(Context().with_timeout(50ms), get(peer.url(path)), 100); });
    CHECK_EQ(answer.status().code(), Code::kDeadlineExceeded);
    CHECK(took >= 49ms);
    CHECK(took < 900ms);

    std::stop_source stop;
    std::jthread stopper([&] {
      std::this_thread::sleep_for(50ms);
      stop.request_stop();
    });
    took = time_of(
        [&] { answer = client->perform(Context(stop.get_token()), get(peer.url(path)), 100); });
    CHECK_EQ(answer.status().code(), Code::kCancelled);
    CHECK(took < 900ms);
  }
}

TEST_CASE("http client: a timeout of the head ends a silent server's request") {
  HttpPeer peer(
      [](const PeerRequest&, PeerConnection& connection) { connection.is_closed_within(10000); });
  HttpClientOptions options;
  options.response_header_timeout = 50ms;
  auto answer = client_with(options)->perform(Context(), get(peer.url()), 100);
  REQUIRE_FALSE(answer.ok());
  CHECK_EQ(answer.status().code(), Code::kUnavailable);
  CHECK(contains(answer.status().message(), "timeout awaiting response headers"));
}

TEST_CASE("http client: who pulls slowly slows down the server") {
  std::atomic<size_t> sent{0};
  constexpr size_t kTotal = 128U << 20;
  HttpPeer peer([&](const PeerRequest&, PeerConnection& connection) {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kTotal) + "\r\n\r\n");
    std::string piece(64 << 10, 'x');
    while (sent < kTotal && connection.send(piece)) sent += piece.size();
  });
  auto client = client_with();
  auto transfer = client->open(Context(), get(peer.url()));
  REQUIRE(transfer);
  CHECK_EQ((*transfer)->head().status, 200);
  size_t before = 0;
  for (int i = 0; i < 200 && (before == 0 || sent != before); ++i) {
    before = sent;
    std::this_thread::sleep_for(20ms);
  }
  CHECK_LT(sent, 48U << 20);  // what the kernel takes (40 MB at most), and one pull
  size_t received = 0;
  for (;;) {
    auto more = (*transfer)->pull([&](std::string_view data) {
      received += data.size();
      return Status();
    });
    REQUIRE(more);
    if (!*more) break;
  }
  CHECK_EQ(received, kTotal);
}

TEST_CASE("http client: a sink ends the transfer, and gets no body of a failure") {
  HttpPeer peer([](const PeerRequest& request, PeerConnection& connection) {
    bool good = contains(first_line(request), "/good");
    connection.answer(good ? "200 OK" : "503 Service Unavailable", "starting\nup");
  });
  auto client = client_with();
  int calls = 0;
  auto stop = [&](std::string_view) {
    ++calls;
    return Status::aborted("enough");
  };
  auto good = client->stream(Context(), get(peer.url("/good")), stop);
  CHECK_EQ(good.status(), Status::aborted("enough"));
  CHECK_EQ(calls, 1);
  auto bad = client->stream(Context(), get(peer.url("/bad")), stop);
  REQUIRE(bad);
  CHECK_EQ(bad->status, 503);
  CHECK_EQ(bad->body, "starting\nup");
  CHECK_EQ(calls, 1);
  auto transfer = client->open(Context(), get(peer.url("/bad?key=secret")));
  REQUIRE(transfer);
  CHECK_EQ((*transfer)->unexpected_status(),
           Status::unavailable("GET " + peer.url("/bad") + ": HTTP status 503: starting up"));
}

TEST_CASE("http client: malformed methods and headers never reach the wire") {
  HttpPeer peer(echo);
  auto client = client_with();
  HttpRequest split{"GET", peer.url(), {{"X-A", "b\r\nX-Evil: c"}}, {}};
  CHECK_EQ(client->perform(Context(), split, 1).status().code(), Code::kInvalidArgument);
  HttpRequest method{"GET / HTTP/1.1\r\nX:", peer.url(), {}, {}};
  CHECK_EQ(client->perform(Context(), method, 1).status().code(), Code::kInvalidArgument);
  CHECK_EQ(peer.connections(), 0);
}
