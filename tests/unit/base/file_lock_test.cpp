// SPDX-License-Identifier: Apache-2.0
#include "base/file_lock.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

using namespace mnemo;
using namespace mnemo::testing;

TEST_CASE("FileLock: is there as long as its owner, who is alone") {
  TempDir dir;
  auto path = dir.path() / "lock";
  {
    auto lock = FileLock::create(path);
    REQUIRE_MESSAGE(lock.ok(), lock.status().to_string());
    CHECK(std::filesystem::exists(path));
    CHECK(!FileLock::take_over(path));
    CHECK_EQ(FileLock::create(path).status().code(), Code::kAborted);
  }
  CHECK(!std::filesystem::exists(path));
  CHECK(!FileLock::take_over(path));
}

TEST_CASE("FileLock: what a killed process or an owner left is taken over") {
  TempDir dir;
  auto path = dir.path() / "lock";
  auto child = ::fork();
  REQUIRE_GE(child, 0);
  if (child == 0) {
    auto lock = FileLock::create(path);
    ::raise(SIGKILL);
  }
  REQUIRE_EQ(::waitpid(child, nullptr, 0), child);
  REQUIRE(std::filesystem::exists(path));
  {
    auto lock = FileLock::take_over(path);
    REQUIRE(lock.has_value());
    CHECK(!FileLock::take_over(path));
    lock->leave();
  }
  CHECK(std::filesystem::exists(path));
  CHECK(FileLock::create(path).ok());
  CHECK(!std::filesystem::exists(path));
}
