// SPDX-License-Identifier: Apache-2.0
#include "discovery/dns.hpp"

#include "base/file.hpp"
#include "support/dns_server.hpp"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <vector>

using namespace mnemo;
using namespace mnemo::discovery;
using mnemo::testing::DnsServer;
using namespace std::string_literals;

namespace {

const DnsServer::Record kFirst = {1, "\x0a\x00\x00\x01"s};
const DnsServer::Record kSecond = {1, "\x0a\x00\x00\x02"s};
const DnsServer::Record kSixth = {28, "\x20\x01\x0d\xb8"s + std::string(11, '\0') + "\x06"s};
const DnsServer::Record kService = {33, "\x00\x00\x00\x00\x2a\x95\x05store\x04test\x00"s};

std::vector<std::string> resolve(const DnsServer& server, const char* address) {
  auto found = make_dns_resolver(server.address())(Context().with_timeout(std::chrono::seconds(5)),
                                                   parse_address(address));
  if (!found) return {std::string(code_name(found.status().code()))};
  std::vector<std::string> all;
  for (const auto& one : *found) all.push_back(one.address + " " + one.server_name);
  return all;
}

}  // namespace

TEST_CASE("discovery: names become addresses that remember the name") {
  DnsServer server({{"store.test", kSecond},
                    {"store.test", kFirst},
                    {"store.test", kSixth},
                    {"_grpc._tcp.store.test", kService}});
  using Lines = std::vector<std::string>;
  CHECK_EQ(resolve(server, "dns+store.test:10901"),
           Lines{"10.0.0.1:10901 store.test", "10.0.0.2:10901 store.test",
                 "[2001:db8::6]:10901 store.test"});
  CHECK_EQ(resolve(server, "dnssrv+_grpc._tcp.store.test"),
           Lines{"10.0.0.1:10901 store.test", "10.0.0.2:10901 store.test",
                 "[2001:db8::6]:10901 store.test"});
  CHECK_EQ(resolve(server, "dnssrvnoa+_grpc._tcp.store.test"),
           Lines{"store.test:10901 store.test"});
  CHECK_EQ(resolve(server, "dns+127.0.0.1:1"), Lines{"127.0.0.1:1 127.0.0.1"});
  CHECK_EQ(resolve(server, "store.test:10901"), Lines{"store.test:10901 store.test"});
}

TEST_CASE("discovery: a name that doesn't exist, and one without a port, are errors") {
  DnsServer server({{"store.test", kFirst}});
  CHECK_EQ(resolve(server, "dns+nothing.test:1"), std::vector<std::string>{"NotFound"});
  CHECK_EQ(resolve(server, "dnssrv+_x._tcp.test"), std::vector<std::string>{"NotFound"});
  CHECK_EQ(resolve(server, "dns+store.test"), std::vector<std::string>{"InvalidArgument"});
}

TEST_CASE("discovery: a silent server ends with the context") {
  FileDescriptor silent(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  REQUIRE_EQ(bind(silent.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  getsockname(silent.get(), reinterpret_cast<sockaddr*>(&address), &size);
  auto resolver = make_dns_resolver("127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
  auto found = resolver(Context().with_timeout(std::chrono::milliseconds(100)),
                        parse_address("dns+store.test:1"));
  CHECK_EQ(found.status().code(), Code::kDeadlineExceeded);
}
