// SPDX-License-Identifier: Apache-2.0
#include "base/listen_address.hpp"

#include "base/file.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <charconv>
#include <memory>
#include <system_error>

namespace mnemo {
namespace {

Status bad_address(std::string_view text, std::string_view why) {
  return Status::invalid_argument("address " + std::string(text) + ": " + std::string(why));
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad_address(text, "missing port in address");
  std::string_view host = text.substr(0, colon);
  std::string_view port = text.substr(colon + 1);
  if (!host.empty() && host.front() == '[') {
    if (host.back() != ']') return bad_address(text, "missing ']' in address");
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad_address(text, "too many colons in address");
  }
  ListenAddress address;
  address.host = host;
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) {
    return bad_address(text, "invalid port");
  }
  return address;
}

std::optional<HostPort> split_host_port(std::string_view address) {
  size_t colon = address.rfind(':');
  if (colon == address.npos || colon + 1 == address.size()) return std::nullopt;
  if (address.find(']', colon) != address.npos) return std::nullopt;
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty()) return std::nullopt;
  return HostPort{std::string(host), std::string(address.substr(colon + 1))};
}

std::string join_host_port(std::string_view host, uint16_t port) {
  bool is_v6 = host.find(':') != std::string_view::npos;
  std::string text = is_v6 ? "[" + std::string(host) + "]" : std::string(host);
  return text + ":" + std::to_string(port);
}

Status probe_listen(const ListenAddress& address) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int error = getaddrinfo(address.host.empty() ? nullptr : address.host.c_str(),
                          std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return Status::unavailable(gai_strerror(error));
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(found, &freeaddrinfo);
  int reason = 0;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    FileDescriptor socket(::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    int yes = 1;
    if (!socket.is_open()) continue;
    setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(socket.get(), one->ai_addr, one->ai_addrlen) != 0 || listen(socket.get(), 1) != 0) {
      reason = errno;
    }
  }
  if (reason != 0) return Status::unavailable(std::generic_category().message(reason));
  return {};
}

}  // namespace mnemo
