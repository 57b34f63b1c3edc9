// SPDX-License-Identifier: Apache-2.0
#include "query/active_queries.hpp"

#include "base/file.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

std::unique_ptr<ActiveQueries> open_in(const TempDir& folder, size_t max_queries = 3) {
  auto active = ActiveQueries::open(folder.path() / "made", max_queries);
  REQUIRE_MESSAGE(active.ok(), active.status().to_string());
  return *std::move(active);
}

std::string content(const TempDir& folder) {
  auto read = read_file(folder.path() / "made/queries.active", 1 << 20);
  REQUIRE(read.ok());
  return *read;
}

/// What another run finds after this one was killed.
std::string found_next(const TempDir& folder) { return open_in(folder)->unfinished(); }

}  // namespace

TEST_CASE("active queries: the file is Prometheus', a slot of 1,000 bytes a query") {
  TempDir folder;
  auto active = open_in(folder);
  CHECK_EQ(content(folder), "[" + std::string(3000, '\0'));
  auto first = active->insert("up", 7);
  auto second = active->insert("a > \"b\"", 8);
  auto text = content(folder);
  REQUIRE_EQ(text.size(), 3001);
  std::string entry = R"({"query":"up","timestamp_sec":7})";
  CHECK_EQ(text.substr(0, 1001), "[" + entry + std::string(999 - entry.size(), '\0') + ",");
  entry = R"({"query":"a > \"b\"","timestamp_sec":8})";
  CHECK_EQ(text.substr(1001, 1000), entry + std::string(999 - entry.size(), '\0') + ",");
}

TEST_CASE("active queries: the next run finds those that did not finish") {
  TempDir folder;
  CHECK_EQ(found_next(folder), "");
  auto active = open_in(folder);
  auto kept = active->insert("first", 1);
  { auto finished = active->insert("second", 2); }
  auto last = active->insert("third", 3);
  CHECK_EQ(found_next(folder),
           R"([{"query":"first","timestamp_sec":1},{"query":"third","timestamp_sec":3}])");
  CHECK_EQ(found_next(folder), "");
}

TEST_CASE("active queries: a slot is used again, and more queries than slots are not noted") {
  TempDir folder;
  auto active = open_in(folder, 1);
  { auto entry = active->insert("first", 1); }
  auto second = active->insert("second", 2);
  auto third = active->insert("third", 3);
  CHECK_EQ(found_next(folder), R"([{"query":"second","timestamp_sec":2}])");
}

TEST_CASE("active queries: long texts are cut off between characters") {
  for (std::string part : {"x", "\"", "\n\x01", "\xc3\xa9", "\xf0\x9f\x98\x80"}) {
    TempDir folder;
    auto active = open_in(folder);
    std::string query;
    while (query.size() < 5000) query += part;
    auto entry = active->insert(query, 1'780'000'000);
    auto after = active->insert("up", 2);
    auto found = found_next(folder);
    CHECK_EQ(found.find("\xef\xbf\xbd"), std::string::npos);  // no broken character
    CHECK(found.ends_with(R"(","timestamp_sec":1780000000},{"query":"up","timestamp_sec":2}])"));
    CHECK(found.size() > 900);
  }
}

TEST_CASE("active queries: a file of anything else is replaced") {
  TempDir folder;
  for (const char* text : {"", "[", "anything", ",,,"}) {
    std::filesystem::create_directories(folder.path() / "made");
    REQUIRE(write_file_atomically(folder.path() / "made/queries.active", text).ok());
    CHECK_EQ(found_next(folder), "");
  }
}
