// SPDX-License-Identifier: Apache-2.0
#include "support/http_peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace mnemo::testing {
namespace {

/// Reads until `buffer` holds `count` bytes.
bool receive_until(int descriptor, std::string& buffer, size_t count) {
  char chunk[4096];
  while (buffer.size() < count) {
    ssize_t got = ::recv(descriptor, chunk, sizeof(chunk), 0);
    if (got <= 0) return false;
    buffer.append(chunk, static_cast<size_t>(got));
  }
  return true;
}

bool receive_request(int descriptor, std::string& buffer, PeerRequest& request) {
  size_t end;
  while ((end = buffer.find("\r\n\r\n")) == buffer.npos) {
    if (!receive_until(descriptor, buffer, buffer.size() + 1)) return false;
  }
  request.head = buffer.substr(0, end + 2);
  buffer.erase(0, end + 4);
  size_t length = 0;
  if (size_t at = request.head.find("Content-Length: "); at != std::string::npos) {
    length = static_cast<size_t>(std::atol(request.head.c_str() + at + 16));
  }
  if (!receive_until(descriptor, buffer, length)) return false;
  request.body = buffer.substr(0, length);
  buffer.erase(0, length);
  return true;
}

}  // namespace

bool PeerConnection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool PeerConnection::answer(std::string_view status, std::string_view body,
                            std::string_view headers) const {
  std::string text = "HTTP/1.1 ";
  text += status;
  text += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  text += headers;
  text += "\r\n";
  text += body;
  return send(text);
}

void PeerConnection::close() const { ::shutdown(descriptor_, SHUT_RDWR); }

bool PeerConnection::is_closed_within(int milliseconds) const {
  pollfd poll_for{descriptor_, POLLIN | POLLRDHUP, 0};
  return ::poll(&poll_for, 1, milliseconds) == 1;
}

HttpPeer::HttpPeer(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_connections(); });
}

HttpPeer::~HttpPeer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    std::lock_guard lock(mutex_);
    for (int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  ::close(listener_);
}

std::string HttpPeer::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void HttpPeer::accept_connections() {
  while (!stopping_) {
    int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    ++connection_count_;
    std::lock_guard lock(mutex_);
    open_.push_back(descriptor);
    threads_.emplace_back([this, descriptor] { serve(descriptor); });
  }
}

void HttpPeer::serve(int descriptor) {
  std::string buffer;
  PeerRequest request;
  PeerConnection connection(descriptor);
  while (!stopping_ && receive_request(descriptor, buffer, request)) handler_(request, connection);
  std::lock_guard lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), descriptor));
  ::close(descriptor);
}

}  // namespace mnemo::testing
