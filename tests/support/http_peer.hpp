// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mnemo::testing {

/// What a client sent: the head as received, and the body of its Content-Length.
struct PeerRequest {
  std::string head;
  std::string body;
};

/// One connection of a peer, to answer on byte by byte.
class PeerConnection {
 public:
  explicit PeerConnection(int descriptor) : descriptor_(descriptor) {}

  /// False when the client has gone.
  bool send(std::string_view bytes) const;
  /// A complete answer with its length.
  bool answer(std::string_view status, std::string_view body, std::string_view headers = {}) const;
  /// Ends the connection in both directions.
  void close() const;
  /// Whether the client closes its end within `milliseconds`.
  bool is_closed_within(int milliseconds) const;

 private:
  int descriptor_;
};

/// A scripted HTTP/1.1 server on a free port of the loopback, for tests of clients. Every
/// connection has a thread of its own; the handler is called for each request and sends what it
/// likes.
class HttpPeer {
 public:
  using Handler = std::function<void(const PeerRequest&, PeerConnection&)>;

  explicit HttpPeer(Handler handler);
  ~HttpPeer();
  HttpPeer(const HttpPeer&) = delete;
  HttpPeer& operator=(const HttpPeer&) = delete;

  int port() const { return port_; }
  /// "http://127.0.0.1:PORT" and `path`.
  std::string url(std::string_view path = "") const;
  size_t connections() const { return connection_count_; }

 private:
  void accept_connections();
  void serve(int descriptor);

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> connection_count_{0};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace mnemo::testing
