// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"
#include "http/web_access.hpp"

#include <mnemo/executor.hpp>
#include <mnemo/log.hpp>
#include <mnemo/status.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace mnemo {

struct HttpServerOptions {
  /// ":10902" (all interfaces, IPv4 and IPv6), "0.0.0.0:10902", "[::1]:0" (a free port).
  std::string address;
  size_t max_header_bytes = size_t{1} << 20;
  size_t max_body_bytes = size_t{10} << 20;
  std::chrono::milliseconds read_timeout{60'000};    // from a request's first byte to its last
  std::chrono::milliseconds write_timeout{600'000};  // of one answer
  std::chrono::milliseconds idle_timeout{120'000};   // between two requests
  /// Runs the handlers; they may block.
  std::shared_ptr<Executor> executor;
  std::shared_ptr<Logger> logger = null_logger();
  /// Who is let in, and whether TLS is spoken; null: everybody, in plain text.
  std::shared_ptr<WebAccess> access = {};
};

/// Answers a request. May take parts out of it.
using HttpServerHandler = std::function<ServerResponse(const Context&, ServerRequest&)>;

/// An HTTP/1.1 server: keep-alive connections by the thousand, each idle one a few hundred bytes
/// (with TLS some 40 KiB); answers of 1 KiB and more are gzipped where the client takes that.
///
/// Thread-safe. Ownership: the handler and what it uses must live until the server is destroyed;
/// the destructor ends what is under way and waits for it.
///
///     MNEMO_TRY(auto server, HttpServer::listen(options, handler));
///     server->start(2);
///     log("listening", server->address());
///     ...
///     server->stop(std::chrono::seconds(120));
class HttpServer {
 public:
  /// Binds the address; nothing is accepted yet. Errors: InvalidArgument (the address), and
  /// Unavailable (in use, not ours), both with the address and the reason.
  static Result<std::unique_ptr<HttpServer>> listen(HttpServerOptions options,
                                                    HttpServerHandler handler);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  uint16_t port() const;
  /// "host:port" as bound, the port never zero.
  std::string address() const;

  /// Starts to serve on `threads` threads of its own (at least 1), which do nothing but input and
  /// output. May be called once.
  void start(size_t threads);

  /// Accepts no more, closes idle connections, lets requests under way end for up to `grace`,
  /// cancels those that haven't, and returns when all have. May be called again; does nothing then.
  void stop(std::chrono::milliseconds grace);

 private:
  struct State;
  explicit HttpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace mnemo
