// SPDX-License-Identifier: Apache-2.0
#include "support/fake_memcached.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <utility>

namespace mnemo::testing {
namespace {

bool receive_more(int descriptor, std::string& unread) {
  char chunk[4096];
  auto got = ::recv(descriptor, chunk, sizeof(chunk), 0);
  if (got <= 0) return false;
  unread.append(chunk, static_cast<size_t>(got));
  return true;
}

}  // namespace

FakeMemcached::FakeMemcached() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_.get(), generic, size) != 0 || ::listen(listener_.get(), 64) != 0 ||
      ::getsockname(listener_.get(), generic, &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_connections(); });
}

FakeMemcached::~FakeMemcached() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
  }
  ::shutdown(listener_.get(), SHUT_RDWR);
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
}

void FakeMemcached::set_cluster_answer(std::string answer) {
  std::lock_guard lock(mutex_);
  cluster_ = std::move(answer);
}

size_t FakeMemcached::size() {
  std::lock_guard lock(mutex_);
  return values_.size();
}

void FakeMemcached::accept_connections() {
  while (true) {
    int descriptor = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard lock(mutex_);
    if (stopping_ || descriptor < 0) {
      if (descriptor >= 0) ::close(descriptor);
      return;
    }
    open_.push_back(descriptor);
    threads_.emplace_back([this, descriptor] { serve(descriptor); });
  }
}

void FakeMemcached::serve(int descriptor) {
  std::string unread;
  do {
    for (size_t end; (end = unread.find("\r\n")) != std::string::npos;) {
      auto line = unread.substr(0, end);
      unread.erase(0, end + 2);
      auto text = answer(line, unread, descriptor);
      ::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
    }
  } while (receive_more(descriptor, unread));
  std::lock_guard lock(mutex_);
  open_.erase(std::find(open_.begin(), open_.end(), descriptor));
  ::close(descriptor);
}

std::string FakeMemcached::answer(const std::string& line, std::string& unread, int descriptor) {
  std::istringstream words(line);
  std::string command;
  std::string key;
  words >> command >> key;
  if (command == "set") {
    size_t flags = 0;
    size_t size = 0;
    long expires = 0;
    words >> flags >> expires >> size;
    while (unread.size() < size + 2 && receive_more(descriptor, unread)) {
    }
    std::lock_guard lock(mutex_);
    values_[key] = unread.substr(0, size);
    unread.erase(0, size + 2);
    return "STORED\r\n";
  }
  std::lock_guard lock(mutex_);
  if (command == "config") return cluster_;
  std::string text;
  for (; command == "get" && !key.empty(); key.clear(), words >> key) {
    auto at = values_.find(key);
    if (at == values_.end()) continue;
    text +=
        "VALUE " + key + " 0 " + std::to_string(at->second.size()) + "\r\n" + at->second + "\r\n";
  }
  return text + "END\r\n";
}

}  // namespace mnemo::testing
