// SPDX-License-Identifier: Apache-2.0
#include "support/dns_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <utility>

using namespace std::string_literals;

namespace mnemo::testing {

DnsServer::DnsServer(Records records)
    : records_(std::move(records)), socket_(::socket(AF_INET, SOCK_DGRAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size);
  getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  timeval wait{0, 20000};
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void DnsServer::set(Records records) {
  std::lock_guard lock(mutex_);
  records_ = std::move(records);
}

void DnsServer::fail(bool fails) {
  std::lock_guard lock(mutex_);
  fails_ = fails;
}

DnsServer::Record DnsServer::service(std::string_view host, uint16_t port) {
  std::string data(4, '\0');  // priority and weight
  data += {static_cast<char>(port >> 8), static_cast<char>(port & 0xff)};
  while (!host.empty()) {
    auto part = host.substr(0, host.find('.'));
    data += static_cast<char>(part.size());
    data += part;
    host.remove_prefix(std::min(part.size() + 1, host.size()));
  }
  return {33, data + '\0'};
}

void DnsServer::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::array<char, 512> question{};
    sockaddr_in peer{};
    socklen_t size = sizeof(peer);
    auto got = recvfrom(socket_.get(), question.data(), question.size(), 0,
                        reinterpret_cast<sockaddr*>(&peer), &size);
    if (got < 17) continue;
    auto reply = answer({question.data(), static_cast<size_t>(got)});
    sendto(socket_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&peer), size);
  }
}

std::string DnsServer::answer(const std::string& question) const {
  std::lock_guard lock(mutex_);
  std::string name;
  size_t at = 12;
  while (question[at] != 0) {
    auto length = static_cast<size_t>(question[at]);
    name += (name.empty() ? "" : ".") + question.substr(at + 1, length);
    at += length + 1;
  }
  auto type = static_cast<uint16_t>(question[at + 2]);
  std::string answers;
  char count = 0;
  auto [begin, end] = records_.equal_range(name);
  for (auto entry = begin; entry != end && !fails_; ++entry) {
    const auto& [key, record] = *entry;
    if (record.type != type) continue;
    ++count;
    answers += "\xc0\x0c\x00"s + static_cast<char>(type) + "\x00\x01\x00\x00\x00\x3c\x00"s +
               static_cast<char>(record.data.size()) + record.data;
  }
  char code = begin == end ? 3 : 0;  // NXDOMAIN
  if (fails_) code = 2;              // SERVFAIL
  return question.substr(0, 2) + "\x81"s + static_cast<char>('\x80' | code) + "\x00\x01\x00"s +
         count + "\x00\x00\x00\x00"s + question.substr(12, at + 5 - 12) + answers;
}

}  // namespace mnemo::testing
