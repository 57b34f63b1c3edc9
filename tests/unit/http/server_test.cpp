// SPDX-License-Identifier: Apache-2.0
#include "http/router.hpp"
#include "http/server.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace mnemo;
using namespace std::chrono_literals;

namespace {

/// A client that sends bytes as they are.
class Connection {
 public:
  explicit Connection(uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval timeout{10, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    REQUIRE_EQ(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  void send(std::string_view text) {
    (void)::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
  }

  /// One answer with its head; the body has the length that the head says.
  std::string receive() {
    while (received_.find("\r\n\r\n") == std::string::npos) {
      if (!receive_more()) return std::exchange(received_, {});
    }
    size_t body = received_.find("\r\n\r\n") + 4;
    size_t length = 0;
    if (size_t at = received_.find("Content-Length: "); at < body) {
      length = std::stoul(received_.substr(at + 16));
    }
    while (received_.size() < body + length && receive_more()) {
    }
    std::string answer = received_.substr(0, body + length);
    received_.erase(0, body + length);
    return answer;
  }

  std::string receive_all() {
    while (receive_more()) {
    }
    return std::exchange(received_, {});
  }

 private:
  bool receive_more() {
    char buffer[4096];
    auto n = ::recv(descriptor_, buffer, sizeof(buffer), 0);
    if (n <= 0) return false;
    received_.append(buffer, static_cast<size_t>(n));
    return true;
  }

  int descriptor_;
  std::string received_;
};

std::unique_ptr<HttpServer> started(HttpServerHandler handler, HttpServerOptions options = {}) {
  if (options.address.empty()) options.address = "127.0.0.1:0";
  if (!options.executor) options.executor = make_thread_pool(2);
  auto server = HttpServer::listen(std::move(options), std::move(handler));
  REQUIRE_MESSAGE(server.ok(), server.status().to_string());
  (*server)->start(2);
  return *std::move(server);
}

ServerResponse echo(const Context&, ServerRequest& request) {
  return ServerResponse::text(200, request.method + " " + request.path + " " +
                                       request.form.get("a") + " " + request.form.get("b"));
}

std::string status_line(const std::string& answer) { return answer.substr(0, answer.find('\r')); }
std::string body(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

}  // namespace

TEST_CASE("http server: requests on one connection, pipelined ones included") {
  auto server = started(echo);
  Connection connection(server->port());
  connection.send("GET /x?a=1&b=%20+c HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK_EQ(body(connection.receive()), "GET /x 1   c");
  connection.send(
      "POST /p?a=query HTTP/1.1\r\nHost: h\r\nContent-Type: application/x-www-form-urlencoded\r\n"
      "Content-Length: 6\r\n\r\na=body"
      "GET /y HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK_EQ(body(connection.receive()), "POST /p body ");
  CHECK_EQ(body(connection.receive()), "GET /y  ");
  connection.send("HEAD /z HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  auto head = connection.receive_all();
  CHECK_EQ(status_line(head), "HTTP/1.1 200 OK");
  CHECK(head.find("Content-Length: 9\r\n") != std::string::npos);
  CHECK_EQ(body(head), "");
}

TEST_CASE("http server: answers of a KiB and more are gzipped for those who take it") {
  auto server = started([](const Context&, ServerRequest& request) {
    return ServerResponse::text(200, std::string(request.form.get("a") == "big" ? 5000 : 10, 'x'));
  });
  Connection connection(server->port());
  connection.send("GET /?a=big HTTP/1.1\r\nHost: h\r\nAccept-Encoding: deflate, gzip\r\n\r\n");
  auto zipped = connection.receive();
  CHECK(zipped.find("Content-Encoding: gzip\r\n") != std::string::npos);
  CHECK_LT(body(zipped).size(), 200);
  CHECK_EQ(body(zipped).substr(0, 2), "\x1f\x8b");
  connection.send("GET /?a=big HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip;q=0\r\n\r\n");
  CHECK_EQ(body(connection.receive()).size(), 5000);
  connection.send("GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
  CHECK_EQ(body(connection.receive()), "xxxxxxxxxx");
}

TEST_CASE("http server: what is too large or malformed is refused, by status") {
  HttpServerOptions options;
  options.max_header_bytes = 2000;
  options.max_body_bytes = 100;
  auto server = started(echo, options);
  auto answer_to = [&](const std::string& request) {
    Connection connection(server->port());
    connection.send(request);
    return status_line(connection.receive_all());
  };
  CHECK_EQ(answer_to("GET /" + std::string(3000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"),
           "HTTP/1.1 431 Request Header Fields Too Large");
  CHECK_EQ(answer_to("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200\r\n\r\n"),
           "HTTP/1.1 413 Payload Too Large");
  CHECK_EQ(answer_to("nonsense\r\n\r\n"), "HTTP/1.1 400 Bad Request");
}

TEST_CASE("http server: a client that waits for 100-continue gets it") {
  auto server = started(echo);
  Connection connection(server->port());
  connection.send(
      "POST /p HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  CHECK_EQ(connection.receive(), "HTTP/1.1 100 Continue\r\n\r\n");
  connection.send("x");
  CHECK_EQ(body(connection.receive()), "POST /p  ");
}

TEST_CASE("http server: a client that goes away cancels its request") {
  std::promise<Code> ended;
  auto server = started([&](const Context& context, ServerRequest&) {
    ended.set_value(context.sleep_for(30s).code());
    return ServerResponse::text(200, "late");
  });
  Connection connection(server->port());
  connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  std::this_thread::sleep_for(50ms);
  connection.close();
  CHECK_EQ(ended.get_future().get(), Code::kCancelled);
}

TEST_CASE("http server: stopping lets a request end in its grace period and cancels it after") {
  std::atomic<int> entered{0};
  HttpServerHandler handler = [&](const Context& context, ServerRequest& request) {
    ++entered;
    auto time = request.form.get("a") == "short" ? 100ms : 30'000ms;
    return ServerResponse::text(200, context.sleep_for(time).ok() ? "done" : "cancelled");
  };
  auto server = started(handler);
  Connection idle(server->port());
  Connection patient(server->port());
  patient.send("GET /?a=short HTTP/1.1\r\nHost: h\r\n\r\n");
  while (entered < 1) std::this_thread::sleep_for(1ms);
  server->stop(20s);
  CHECK_EQ(body(patient.receive_all()), "done");
  CHECK_EQ(idle.receive_all(), "");

  server = started(handler);
  Connection slow(server->port());
  slow.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  while (entered < 2) std::this_thread::sleep_for(1ms);
  server->stop(10ms);
  CHECK_EQ(slow.receive_all(), "");
}

TEST_CASE("http server: hundreds of idle connections stay open and answer") {
  auto server = started(echo);
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < 300; ++i) {
    connections.push_back(std::make_unique<Connection>(server->port()));
  }
  for (int round = 0; round < 2; ++round) {
    for (auto& connection : connections) connection->send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
    for (auto& connection : connections) REQUIRE_EQ(body(connection->receive()), "GET /x  ");
  }
}

TEST_CASE("http server: an idle connection is closed after its time") {
  HttpServerOptions options;
  options.idle_timeout = 20ms;
  auto server = started(echo, options);
  Connection connection(server->port());
  CHECK_EQ(connection.receive_all(), "");
}

TEST_CASE("http server: listen addresses") {
  auto listen = [](std::string address) {
    HttpServerOptions options;
    options.address = std::move(address);
    return HttpServer::listen(options, echo);
  };
  auto everywhere = listen(":0");
  REQUIRE(everywhere.ok());
  CHECK_NE((*everywhere)->port(), 0);
  auto port = std::to_string((*everywhere)->port());
  CHECK_EQ((*everywhere)->address(), "[::]:" + port);
  CHECK(listen("0.0.0.0:0").ok());
  CHECK(listen("localhost:0").ok());
  auto v6 = listen("[::1]:0");
  if (v6.ok()) CHECK_EQ((*v6)->address(), "[::1]:" + std::to_string((*v6)->port()));
  CHECK_EQ(listen(":" + port).status().message(),
           "listen tcp :" + port + ": bind: Address already in use");
  CHECK_EQ(listen("10902").status().message(),
           "listen tcp: address 10902: missing port in address");
  CHECK_EQ(listen("a:b:1").status().message(),
           "listen tcp: address a:b:1: too many colons in address");
  CHECK_EQ(listen(":70000").status().message(), "listen tcp: address :70000: invalid port");
  CHECK_EQ(listen("[::1:80").status().code(), Code::kInvalidArgument);
}

TEST_CASE("http router: by method, path and placeholders") {
  HttpRouter router;
  router.get("/label/{name}/values", [](const Context&, const ServerRequest& request) {
    return ServerResponse::text(200, request.path_values.get("name"));
  });
  router.add("OPTIONS", "/*", [](const Context&, const ServerRequest&) {
    return ServerResponse{204, {}, {}, {}};
  });
  auto answer = [&](std::string method, std::string path) {
    ServerRequest request;
    request.method = std::move(method);
    request.path = std::move(path);
    auto response = router.route(Context(), request);
    return std::to_string(response.status) + " " + response.body;
  };
  CHECK_EQ(answer("GET", "/label/job/values"), "200 job");
  CHECK_EQ(answer("HEAD", "/label/a%2Fb%2525/values"), "200 a/b%25");
  CHECK_EQ(answer("GET", "/label//values"), "404 404 page not found\n");
  CHECK_EQ(answer("GET", "/label/job"), "404 404 page not found\n");
  CHECK_EQ(answer("PUT", "/label/job/values"), "405 Method Not Allowed\n");
  CHECK_EQ(answer("OPTIONS", "/anything/at/all"), "204 ");
}
