// SPDX-License-Identifier: Apache-2.0
#include "discovery/ares_channel.hpp"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <poll.h>

#include <array>
#include <mutex>

namespace mnemo::discovery {
namespace {

constexpr int kTimeoutMs = 2000;
constexpr int kTries = 3;
constexpr int kPollMs = 50;  // how soon the end of the context is seen

struct Answer {
  bool done = false;
  int status = ARES_SUCCESS;
};

struct AddressAnswer : Answer {
  std::vector<std::string> addresses;
};

struct SrvAnswer : Answer {
  std::vector<SrvRecord> records;
};

Status status_of(int status, const std::string& name) {
  if (status == ARES_SUCCESS) return {};
  std::string message = "lookup " + name + ": " + ares_strerror(status);
  if (status == ARES_ENOTFOUND || status == ARES_ENODATA) return Status::not_found(message);
  return Status::unavailable(message);
}

std::string address_text(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address->sa_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  } else if (address->sa_family == AF_INET6) {
    bytes = &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  } else {
    return {};
  }
  return inet_ntop(address->sa_family, bytes, text.data(), text.size()) != nullptr ? text.data()
                                                                                   : "";
}

void take_addresses(void* argument, int status, int, ares_addrinfo* found) {
  auto& answer = *static_cast<AddressAnswer*>(argument);
  answer.done = true;
  answer.status = status;
  if (found == nullptr) return;
  for (auto* node = found->nodes; node != nullptr; node = node->ai_next) {
    auto text = address_text(node->ai_addr);
    if (!text.empty()) answer.addresses.push_back(std::move(text));
  }
  ares_freeaddrinfo(found);
}

void take_srv(void* argument, int status, int, unsigned char* bytes, int size) {
  auto& answer = *static_cast<SrvAnswer*>(argument);
  answer.done = true;
  answer.status = status;
  if (status != ARES_SUCCESS) return;
  ares_srv_reply* list = nullptr;
  answer.status = ares_parse_srv_reply(bytes, size, &list);
  for (auto* one = list; one != nullptr; one = one->next) {
    std::string host = one->host;
    if (host.ends_with('.')) host.pop_back();
    answer.records.push_back({std::move(host), one->port});
  }
  if (list != nullptr) ares_free_data(list);
}

}  // namespace

Result<std::unique_ptr<AresChannel>> AresChannel::open(const std::string& servers) {
  static std::once_flag once;
  std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
  ares_options options{};
  options.timeout = kTimeoutMs;
  options.tries = kTries;
  ares_channel channel = nullptr;
  int status = ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  if (status != ARES_SUCCESS) {
    return Status::unavailable(std::string("DNS: ") + ares_strerror(status));
  }
  std::unique_ptr<AresChannel> opened(new AresChannel(channel));
  if (servers.empty()) return opened;
  status = ares_set_servers_ports_csv(channel, servers.c_str());
  if (status != ARES_SUCCESS) {
    return Status::invalid_argument("DNS servers '" + servers + "': " + ares_strerror(status));
  }
  return opened;
}

AresChannel::~AresChannel() { ares_destroy(channel_); }

Result<std::vector<std::string>> AresChannel::addresses(const Context& context,
                                                        const std::string& host) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NOSORT;
  AddressAnswer answer;
  ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &take_addresses, &answer);
  MNEMO_RETURN_IF_ERROR(drive(context, answer.done).with_context("lookup " + host));
  MNEMO_RETURN_IF_ERROR(status_of(answer.status, host));
  return std::move(answer.addresses);
}

Result<std::vector<SrvRecord>> AresChannel::srv(const Context& context, const std::string& name) {
  SrvAnswer answer;
  ares_query(channel_, name.c_str(), ns_c_in, ns_t_srv, &take_srv, &answer);
  MNEMO_RETURN_IF_ERROR(drive(context, answer.done).with_context("lookup " + name));
  MNEMO_RETURN_IF_ERROR(status_of(answer.status, name));
  return std::move(answer.records);
}

/// Sends and receives until the question is answered. When the context ends first, the question is
/// taken back, which answers it.
Status AresChannel::drive(const Context& context, const bool& done) {
  while (!done) {
    Status status = context.check();
    if (!status.ok()) {
      ares_cancel(channel_);
      return status;
    }
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    int wanted = ares_getsock(channel_, sockets.data(), ARES_GETSOCK_MAXNUM);
    std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
    nfds_t count = 0;
    for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
      bool reads = ARES_GETSOCK_READABLE(wanted, i);
      bool writes = ARES_GETSOCK_WRITABLE(wanted, i);
      if (!reads && !writes) continue;
      polled[count++] = {sockets[static_cast<size_t>(i)],
                         static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), 0};
    }
    poll(polled.data(), count, kPollMs);
    for (nfds_t i = 0; i < count; ++i) {
      auto ready = polled[i].revents;
      ares_process_fd(channel_, (ready & ~POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD,
                      (ready & POLLOUT) != 0 ? polled[i].fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // timeouts
  }
  return {};
}

}  // namespace mnemo::discovery
