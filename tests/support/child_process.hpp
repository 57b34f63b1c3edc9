// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace mnemo::testing {

/// A program that runs beside a test, its output in a file; ended (SIGTERM, then SIGKILL) by the
/// destructor.
class ChildProcess {
 public:
  /// `arguments[0]` is the program's path.
  ChildProcess(const std::vector<std::string>& arguments, std::filesystem::path output);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Waits until the output has a line with `mark`, and gives what follows it in that line. Nothing
  /// after `seconds`, or when the program ends before.
  std::optional<std::string> wait_for_output(const std::string& mark, int seconds);
  void signal(int number) const;
  /// Waits for the end; the exit status, or -1 for a signal.
  int wait();
  std::string output() const;

 private:
  bool has_ended();

  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = false;
  std::filesystem::path output_;
};

/// The first of `paths` that can be executed.
std::optional<std::string> find_program(const std::vector<std::string>& paths);

}  // namespace mnemo::testing
