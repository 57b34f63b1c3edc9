// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace mnemo::testing {

/// A DNS server on loopback that answers questions from a table of ready record data; what isn't in
/// it doesn't exist.
class DnsServer {
 public:
  struct Record {
    uint16_t type;
    std::string data;
  };
  using Records = std::multimap<std::string, Record>;

  explicit DnsServer(Records records);

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// What it answers from now on.
  void set(Records records);
  /// Whether it answers that it fails, whatever is asked.
  void fail(bool fails);

  /// An SRV record for `host` at `port`.
  static Record service(std::string_view host, uint16_t port);

 private:
  void run(const std::stop_token& stop);
  std::string answer(const std::string& question) const;

  mutable std::mutex mutex_;
  Records records_;
  bool fails_ = false;
  FileDescriptor socket_;
  uint16_t port_ = 0;
  std::jthread thread_;
};

}  // namespace mnemo::testing
