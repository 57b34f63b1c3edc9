// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file.hpp"

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace mnemo::testing {

/// A memcached on loopback that keeps what it is given (get and set only) and tells a cluster's
/// servers, ended by the destructor.
class FakeMemcached {
 public:
  FakeMemcached();
  ~FakeMemcached();
  FakeMemcached(const FakeMemcached&) = delete;
  FakeMemcached& operator=(const FakeMemcached&) = delete;

  uint16_t port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  /// What `config get cluster` is answered with, byte for byte.
  void set_cluster_answer(std::string answer);
  /// The number of keys that it holds.
  size_t size();

 private:
  void accept_connections();
  void serve(int descriptor);
  std::string answer(const std::string& line, std::string& unread, int descriptor);

  FileDescriptor listener_;
  uint16_t port_ = 0;
  std::mutex mutex_;
  std::map<std::string, std::string> values_;
  std::string cluster_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  bool stopping_ = false;
  std::thread acceptor_;
};

}  // namespace mnemo::testing
