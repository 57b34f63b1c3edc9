// SPDX-License-Identifier: Apache-2.0
#include "http/listen_address.hpp"

#include <charconv>

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

std::string join_host_port(std::string_view host, uint16_t port) {
  bool is_v6 = host.find(':') != std::string_view::npos;
  std::string text = is_v6 ? "[" + std::string(host) + "]" : std::string(host);
  return text + ":" + std::to_string(port);
}

}  // namespace mnemo
