// SPDX-License-Identifier: Apache-2.0
#include "support/child_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

extern char** environ;

namespace mnemo::testing {

ChildProcess::ChildProcess(const std::vector<std::string>& arguments, std::filesystem::path output)
    : output_(std::move(output)) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  if (::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ) != 0) {
    pid_ = -1;
    ended_ = true;
    status_ = 127 << 8;
  }
  posix_spawn_file_actions_destroy(&actions);
}

ChildProcess::~ChildProcess() {
  if (has_ended()) return;
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < 100 && !has_ended(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  if (ended_) return;
  ::kill(pid_, SIGKILL);
  wait();
}

bool ChildProcess::has_ended() {
  if (!ended_) ended_ = ::waitpid(pid_, &status_, WNOHANG) == pid_;
  return ended_;
}

void ChildProcess::signal(int number) const {
  if (!ended_) ::kill(pid_, number);
}

int ChildProcess::wait() {
  if (!ended_) ended_ = ::waitpid(pid_, &status_, 0) == pid_;
  return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

std::string ChildProcess::output() const {
  std::ifstream file(output_);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::string> ChildProcess::wait_for_output(const std::string& mark, int seconds) {
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (std::chrono::steady_clock::now() < until) {
    bool last_look = has_ended();
    auto text = output();
    auto at = text.find(mark);
    auto end = at == text.npos ? text.npos : text.find('\n', at);
    if (end != text.npos) return text.substr(at + mark.size(), end - at - mark.size());
    if (last_look) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return std::nullopt;
}

std::optional<std::string> find_program(const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  return std::nullopt;
}

}  // namespace mnemo::testing
