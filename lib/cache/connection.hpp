// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include "base/file.hpp"
#include "cache/tls_client.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace mnemo::cache {

/// A TCP (or Unix) connection to a cache server, over TLS where asked for; every call ends with its
/// context. After a failure it is of no further use.
///
/// Not thread-safe. Errors: DeadlineExceeded, Cancelled, Unavailable; they name the server.
class Connection {
 public:
  /// `address`: "host:port", "[::1]:port", or the path of a Unix socket (with a '/').
  /// With `tls`, which the connection keeps, the handshake is part of it.
  static Result<Connection> open(const Context& context, const std::string& address,
                                 std::shared_ptr<TlsClient> tls = nullptr);

  Status write(const Context& context, std::string_view data);

  /// One line without its CR LF; at most 8 KiB. The view lives until the next read.
  Result<std::string_view> read_line(const Context& context);
  /// Replaces `data` by the next `count` bytes.
  Status read_exactly(const Context& context, size_t count, std::string& data);
  /// Whatever has arrived, at least one byte. The view lives until the next read.
  Result<std::string_view> read_some(const Context& context);

  /// Whether nothing unasked has arrived and the server hasn't closed it.
  bool is_usable() const;

  const std::string& address() const { return address_; }

 private:
  Connection(FileDescriptor socket, std::string address)
      : socket_(std::move(socket)), address_(std::move(address)) {}

  static Result<Connection> connect(const Context& context, const std::string& address);
  Status start_tls(const Context& context, std::shared_ptr<TlsClient> tls);
  Status wait(const Context& context, short events) const;
  Status wait_for_tls(const Context& context, int outcome, std::string_view what) const;
  Status fill(const Context& context);
  Status read_into(const Context& context, char* data, size_t capacity, size_t& received);
  Status failure(std::string_view what, int error) const;
  std::string_view unread() const { return std::string_view(buffer_).substr(next_); }

  FileDescriptor socket_;
  std::shared_ptr<TlsClient> tls_;
  TlsClient::Session session_;  // null: without TLS
  std::string address_;
  std::string buffer_;
  size_t next_ = 0;  // in buffer_
};

}  // namespace mnemo::cache
