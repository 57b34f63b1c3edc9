// SPDX-License-Identifier: Apache-2.0
#include "cache/connection.hpp"

#include "base/listen_address.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <system_error>

namespace mnemo::cache {
namespace {

constexpr size_t kMaxLine = 8 << 10;
constexpr size_t kReadSize = 64 << 10;
constexpr auto kStopCheck = std::chrono::milliseconds(100);

std::string reason(int error) { return std::generic_category().message(error); }

/// What others left behind on this thread would be taken for the next call's.
void prepare_tls_call() {
  ::ERR_clear_error();
  errno = 0;
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> look_up(const std::string& address) {
  auto parts = split_host_port(address);
  if (!parts) return Status::invalid_argument("cache server \"" + address + "\" has no port");
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int error = ::getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found);
  if (error != 0) {
    return Status::unavailable("cache server " + address + ": " + ::gai_strerror(error));
  }
  return AddressList(found, &::freeaddrinfo);
}

}  // namespace

Result<Connection> Connection::open(const Context& context, const std::string& address,
                                    std::shared_ptr<TlsClient> tls) {
  auto connection = connect(context, address);
  if (connection.ok() && tls) {
    MNEMO_RETURN_IF_ERROR(connection->start_tls(context, std::move(tls)));
  }
  return connection;
}

Status Connection::start_tls(const Context& context, std::shared_ptr<TlsClient> tls) {
  auto parts = split_host_port(address_);
  bool is_path = address_.find('/') != std::string::npos;
  MNEMO_TRY(session_, tls->session(socket_.get(), is_path || !parts ? "" : parts->host)
                          .with_context("cache server " + address_));
  tls_ = std::move(tls);
  while (true) {
    prepare_tls_call();
    int outcome = ::SSL_do_handshake(session_.get());
    if (outcome == 1) return {};
    MNEMO_RETURN_IF_ERROR(wait_for_tls(context, outcome, "TLS"));
  }
}

Result<Connection> Connection::connect(const Context& context, const std::string& address) {
  MNEMO_RETURN_IF_ERROR(context.check());
  constexpr int kType = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
  auto connect_to = [&](int family, const sockaddr* to, socklen_t size) -> Result<Connection> {
    Connection connection(FileDescriptor(::socket(family, kType, 0)), address);
    if (!connection.socket_.is_open()) return connection.failure("socket", errno);
    if (::connect(connection.socket_.get(), to, size) != 0 && errno != EINPROGRESS) {
      return connection.failure("connect", errno);
    }
    MNEMO_RETURN_IF_ERROR(connection.wait(context, POLLOUT));
    int error = 0;
    socklen_t error_size = sizeof(error);
    ::getsockopt(connection.socket_.get(), SOL_SOCKET, SO_ERROR, &error, &error_size);
    if (error != 0) return connection.failure("connect", error);
    int on = 1;
    ::setsockopt(connection.socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return connection;
  };
  if (address.find('/') != std::string::npos) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (address.size() >= sizeof(to.sun_path)) {
      return Status::invalid_argument("cache server " + address + ": path too long");
    }
    std::memcpy(to.sun_path, address.c_str(), address.size() + 1);
    return connect_to(AF_UNIX, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
  }
  MNEMO_TRY(auto list, look_up(address));
  Status last = Status::unavailable("cache server " + address + ": no address");
  for (const auto* at = list.get(); at != nullptr; at = at->ai_next) {
    auto connection = connect_to(at->ai_family, at->ai_addr, at->ai_addrlen);
    if (connection.ok()) return connection;
    last = connection.status();
  }
  return last;
}

Status Connection::failure(std::string_view what, int error) const {
  return Status::unavailable("cache server " + address_ + ": " + std::string(what) + ": " +
                             reason(error));
}

/// Waits until the socket is ready; looks up now and then whether the context was stopped.
Status Connection::wait(const Context& context, short events) const {
  while (true) {
    auto status = context.check();
    if (!status.ok()) return std::move(status).with_context("cache server " + address_);
    auto time = std::chrono::duration_cast<std::chrono::milliseconds>(
        context.remaining().value_or(kStopCheck));
    int timeout = static_cast<int>(std::clamp<int64_t>(time.count() + 1, 1, kStopCheck.count()));
    pollfd waiting{socket_.get(), events, 0};
    int ready = ::poll(&waiting, 1, timeout);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return failure("poll", errno);
  }
}

/// Waits for what OpenSSL wants after a call that came to no end.
Status Connection::wait_for_tls(const Context& context, int outcome, std::string_view what) const {
  switch (::SSL_get_error(session_.get(), outcome)) {
    case SSL_ERROR_WANT_READ: return wait(context, POLLIN);
    case SSL_ERROR_WANT_WRITE: return wait(context, POLLOUT);
    case SSL_ERROR_ZERO_RETURN: break;
    case SSL_ERROR_SYSCALL:
      if (errno != 0 && ::ERR_peek_error() == 0) return failure(what, errno);
      [[fallthrough]];
    default:
      return Status::unavailable("cache server " + address_ + ": " + std::string(what) + ": " +
                                 tls_failure(session_.get()));
  }
  return Status::unavailable("cache server " + address_ + ": closed the connection");
}

Status Connection::write(const Context& context, std::string_view data) {
  while (session_ && !data.empty()) {
    size_t written = 0;
    prepare_tls_call();
    int outcome = ::SSL_write_ex(session_.get(), data.data(), data.size(), &written);
    data.remove_prefix(written);
    if (outcome != 1) MNEMO_RETURN_IF_ERROR(wait_for_tls(context, outcome, "write"));
  }
  while (!data.empty()) {
    auto written = ::send(socket_.get(), data.data(), data.size(), MSG_NOSIGNAL);
    if (written >= 0) {
      data.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      MNEMO_RETURN_IF_ERROR(wait(context, POLLOUT));
    } else if (errno != EINTR) {
      return failure("write", errno);
    }
  }
  return {};
}

Status Connection::fill(const Context& context) {
  buffer_.erase(0, next_);
  next_ = 0;
  size_t size = buffer_.size();
  buffer_.resize(size + kReadSize);
  size_t received = 0;
  auto status = read_into(context, buffer_.data() + size, kReadSize, received);
  buffer_.resize(size + received);
  return status;
}

Status Connection::read_into(const Context& context, char* data, size_t capacity,
                             size_t& received) {
  while (session_) {
    prepare_tls_call();
    int outcome = ::SSL_read_ex(session_.get(), data, capacity, &received);
    if (outcome == 1) return {};
    MNEMO_RETURN_IF_ERROR(wait_for_tls(context, outcome, "read"));
  }
  while (true) {
    auto count = ::recv(socket_.get(), data, capacity, 0);
    if (count > 0) {
      received = static_cast<size_t>(count);
      return {};
    }
    if (count == 0) {
      return Status::unavailable("cache server " + address_ + ": closed the connection");
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      MNEMO_RETURN_IF_ERROR(wait(context, POLLIN));
    } else if (errno != EINTR) {
      return failure("read", errno);
    }
  }
}

Result<std::string_view> Connection::read_line(const Context& context) {
  while (true) {
    auto text = unread();
    auto end = text.find("\r\n");
    if (end != std::string_view::npos && end <= kMaxLine) {
      next_ += end + 2;
      return text.substr(0, end);
    }
    if (text.size() > kMaxLine) {
      return Status::unavailable("cache server " + address_ + ": a line without end");
    }
    MNEMO_RETURN_IF_ERROR(fill(context));
  }
}

Status Connection::read_exactly(const Context& context, size_t count, std::string& data) {
  data.clear();
  while (data.size() < count) {
    if (unread().empty()) MNEMO_RETURN_IF_ERROR(fill(context));
    auto part = unread().substr(0, count - data.size());
    data.append(part);
    next_ += part.size();
  }
  return {};
}

Result<std::string_view> Connection::read_some(const Context& context) {
  if (unread().empty()) MNEMO_RETURN_IF_ERROR(fill(context));
  auto text = unread();
  next_ = buffer_.size();
  return text;
}

bool Connection::is_usable() const {
  if (!unread().empty()) return false;
  char byte;
  if (session_) {  // what OpenSSL itself has to read is no answer
    prepare_tls_call();
    int outcome = ::SSL_peek(session_.get(), &byte, 1);
    bool is_quiet = ::SSL_get_error(session_.get(), outcome) == SSL_ERROR_WANT_READ;
    ::ERR_clear_error();
    return is_quiet;
  }
  auto received = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace mnemo::cache
