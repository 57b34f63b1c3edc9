// SPDX-License-Identifier: Apache-2.0
#include "cache/connection.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

/// Splits "host:port"; brackets around an IPv6 address are taken off.
Result<std::pair<std::string, std::string>> split_address(const std::string& address) {
  auto colon = address.rfind(':');
  if (colon == std::string::npos || colon + 1 == address.size()) {
    return Status::invalid_argument("cache server \"" + address + "\" has no port");
  }
  auto host = address.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return std::pair(host, address.substr(colon + 1));
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> look_up(const std::string& address) {
  MNEMO_TRY(auto host_and_port, split_address(address));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int error =
      ::getaddrinfo(host_and_port.first.c_str(), host_and_port.second.c_str(), &hints, &found);
  if (error != 0) {
    return Status::unavailable("cache server " + address + ": " + ::gai_strerror(error));
  }
  return AddressList(found, &::freeaddrinfo);
}

}  // namespace

Result<Connection> Connection::open(const Context& context, const std::string& address) {
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

Status Connection::write(const Context& context, std::string_view data) {
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
  while (true) {
    auto received = ::recv(socket_.get(), buffer_.data() + size, kReadSize, 0);
    if (received > 0) {
      buffer_.resize(size + static_cast<size_t>(received));
      return {};
    }
    Status status;
    if (received == 0) {
      status = Status::unavailable("cache server " + address_ + ": closed the connection");
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      status = wait(context, POLLIN);
    } else if (errno != EINTR) {
      status = failure("read", errno);
    }
    if (!status.ok()) {
      buffer_.resize(size);
      return status;
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
  auto received = ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace mnemo::cache
