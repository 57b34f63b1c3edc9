// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/server.hpp"
#include "http/server_stream.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <unordered_map>

namespace mnemo::http_server {

class Session;

/// What all connections of a server share. Thread-safe.
struct Shared {
  HttpServerOptions options;
  HttpServerHandler handler;
  boost::asio::io_context io;

  std::mutex mutex;
  std::condition_variable session_ended;
  std::unordered_map<Session*, std::weak_ptr<Session>> sessions;
  bool stopping = false;

  std::vector<std::shared_ptr<Session>> live_sessions();
  bool is_stopping();
};

/// One connection. All its methods but the constructor, `start`, `finish_soon` and `cancel` run on
/// its strand; it lives as long as an operation on it is pending or its handler runs.
///
/// A small read is always pending but while a request is read: it starts the next request, and
/// while a handler runs it notices that the client went away.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(std::shared_ptr<Shared> shared, boost::asio::ip::tcp::socket socket);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void start();
  /// Closes now when idle, else after the answer under way.
  void finish_soon();
  /// Cancels the handler's context and closes.
  void cancel();

 private:
  using ErrorCode = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  enum class Phase { kIdle, kReading, kHandling, kWriting, kLingering };

  void shake_hands();
  void wait_for_request();
  void read_ahead();
  void on_read_ahead(ErrorCode error, size_t count);
  void read_head();
  void on_head(ErrorCode error);
  void read_body();
  void on_request(ErrorCode error);
  void refuse(ErrorCode error);
  ServerRequest take_request();
  void respond(ServerResponse response);
  void on_written(ErrorCode error);
  void linger();
  void arm(std::chrono::milliseconds timeout);
  void say_goodbye();
  void close();

  std::shared_ptr<Shared> shared_;
  ServerStream stream_;
  boost::asio::steady_timer timer_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::string out_head_;
  std::string out_body_;
  std::stop_source stop_;
  Phase phase_ = Phase::kIdle;
  bool is_reading_ahead_ = false;
  bool keep_alive_ = false;
  bool is_head_ = false;
  bool is_refusal_ = false;
  bool is_closed_ = false;
};

}  // namespace mnemo::http_server
