// SPDX-License-Identifier: Apache-2.0
#include "support/fault_check.hpp"

#include "support/faulty_files.hpp"
#include "support/temp_dir.hpp"
#include "tsdb/dump/dump.hpp"
#include "tsdb/verify/verify.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <set>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace mnemo::testing {
namespace {

namespace fs = std::filesystem;

const Ulid kDisturbed = Ulid::make(1, {});
const Ulid kNext = Ulid::make(2, {});

/// Sorted, a line each.
std::string names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.insert(entry.path().filename().string());
  }
  std::string text;
  for (const auto& name : names) text += name + "\n";
  return text;
}

/// Everything that a block holds, decoded, after nothing was found that is wrong with it.
std::string content_of(const fs::path& block) {
  auto report =
      tsdb::verify_block(block, [](const tsdb::Fault& fault) { FAIL_CHECK(fault.to_string()); });
  REQUIRE_MESSAGE(report.ok(), report.status().to_string());
  auto blocks = tsdb::open_blocks(block);
  REQUIRE_MESSAGE(blocks.ok(), blocks.status().to_string());
  std::string text;
  auto status = tsdb::dump_ndjson(*blocks, {}, [&](std::string_view piece) {
    text += piece;
    return Status();
  });
  REQUIRE_MESSAGE(status.ok(), status.to_string());
  return text;
}

/// What an undisturbed run writes.
class Undisturbed {
 public:
  explicit Undisturbed(const WriteBlock& write) : write_(write) {
    TempDir dir;
    run(dir.path());
    content_ = content_of(dir.path() / kNext.to_string());
    REQUIRE(!content_.empty());
  }

  /// Whether the disturbed block is there; it must then be complete.
  bool check_absent_or_complete(const fs::path& folder) const {
    auto block = folder / kDisturbed.to_string();
    if (!fs::exists(block)) return false;
    CHECK(content_of(block) == content_);
    return true;
  }

  /// The next run succeeds, and removes whatever isn't a block.
  void check_next_run(const fs::path& folder) const {
    bool exists = fs::exists(folder / kDisturbed.to_string());
    run(folder);
    CHECK_EQ(names_in(folder),
             (exists ? kDisturbed.to_string() + "\n" : "") + kNext.to_string() + "\n");
    CHECK(content_of(folder / kNext.to_string()) == content_);
    check_absent_or_complete(folder);
  }

 private:
  void run(const fs::path& folder) const {
    auto made = write_({folder, kNext, disk_files()});
    REQUIRE_MESSAGE(made.ok(), made.status().to_string());
  }

  const WriteBlock& write_;
  std::string content_;
};

void check_errors(const WriteBlock& write, FaultyPart part) {
  Undisturbed undisturbed(write);
  int complete = 0;
  int step = 0;
  for (bool failed = true; failed; ++step) {
    CAPTURE(step);
    TempDir dir;
    auto files = std::make_shared<FaultyFiles>(
        step, [] {}, part);
    auto made = write({dir.path(), kDisturbed, files});
    failed = files->has_failed();
    bool exists = undisturbed.check_absent_or_complete(dir.path());
    complete += exists ? 1 : 0;
    if (made.ok()) CHECK(exists);
    if (!made.ok()) CHECK(made.status().message().ends_with("injected fault"));
    if (part == FaultyPart::kOne) {
      CHECK_EQ(names_in(dir.path()), exists ? kDisturbed.to_string() + "\n" : "");
    }
    undisturbed.check_next_run(dir.path());
  }
  CHECK_GT(step, 15);
  CHECK_GE(complete, 1);
}

}  // namespace

void check_errors_at_every_change(const WriteBlock& write) {
  for (auto part : {FaultyPart::kOne, FaultyPart::kAllLater}) check_errors(write, part);
}

void check_kills_at_every_change(const WriteBlock& write) {
  Undisturbed undisturbed(write);
  int step = 0;
  for (bool was_killed = true; was_killed; ++step) {
    CAPTURE(step);
    TempDir dir;
    auto child = ::fork();
    REQUIRE_GE(child, 0);
    if (child == 0) {
      auto files = std::make_shared<FaultyFiles>(step, [] { ::raise(SIGKILL); });
      ::_exit(write({dir.path(), kDisturbed, files}).ok() ? 0 : 1);
    }
    int status = 0;
    REQUIRE_EQ(::waitpid(child, &status, 0), child);
    was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    bool exists = undisturbed.check_absent_or_complete(dir.path());
    if (!was_killed) CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0 && exists));
    undisturbed.check_next_run(dir.path());
  }
  CHECK_GT(step, 15);
}

void check_full_disk(const WriteBlock& write) {
  int number = 0;
  for (;; ++number) {
    CAPTURE(number);
    TempDir dir;
    auto files = std::make_shared<FullDisk>(number);
    auto made = write({dir.path(), kDisturbed, files});
    if (files->full_file().empty()) break;
    CHECK_EQ(made.status().code(), Code::kResourceExhausted);
    auto wanted = "write " + files->full_file().string() + ": No space left on device";
    CHECK_MESSAGE(made.status().message().ends_with(wanted), made.status().to_string());
    CHECK(fs::is_empty(dir.path()));
  }
  CHECK_GE(number, 4);  // a segment, the index, meta.json, tombstones
}

}  // namespace mnemo::testing
