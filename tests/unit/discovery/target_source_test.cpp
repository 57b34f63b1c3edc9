// SPDX-License-Identifier: Apache-2.0
#include "discovery/target_source.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace mnemo;
using namespace mnemo::discovery;

namespace {

std::vector<std::string> addresses_of(TargetSource& source) {
  std::vector<std::string> all;
  for (const auto& target : source.targets({})) {
    all.push_back(target.address + (target.strict ? " strict" : "") +
                  (target.server_name.empty() ? "" : " " + target.server_name));
  }
  return all;
}

void write(const std::filesystem::path& path, const char* text) {
  std::ofstream(path, std::ios::trunc) << text;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("discovery: each address comes once, and strict wins") {
  auto source = TargetSource::create({.addresses = {"b:1", "a:1", "a:1"},
                                      .strict_addresses = {"b:1"},
                                      .files = {},
                                      .resolver = {},
                                      .logger = {}});
  REQUIRE(source.ok());
  CHECK_EQ(addresses_of(**source), Lines{"a:1", "b:1 strict"});
}

TEST_CASE("discovery: a strict address must need no lookup") {
  auto source = TargetSource::create({.addresses = {},
                                      .strict_addresses = {"dns+b:1"},
                                      .files = {},
                                      .resolver = {},
                                      .logger = {}});
  CHECK_EQ(source.status().code(), Code::kInvalidArgument);
}

TEST_CASE("discovery: files are read again when they change, and a broken one keeps its targets") {
  testing::TempDir dir;
  auto json = dir.path() / "a.json";
  write(json, R"([{"targets": ["a:1", "b:1"], "labels": {"x": "y"}}])");
  write(dir.path() / "b.yaml", "- targets: ['c:1']\n- targets:\n  - d:1\n");
  auto source = TargetSource::create({.addresses = {},
                                      .strict_addresses = {},
                                      .files = {(dir.path() / "*").string(), "/nowhere/x.yaml"},
                                      .resolver = {},
                                      .logger = {}});
  REQUIRE(source.ok());
  CHECK_EQ(addresses_of(**source), Lines{"a:1", "b:1", "c:1", "d:1"});
  write(json, "[{");
  CHECK_EQ(addresses_of(**source), Lines{"a:1", "b:1", "c:1", "d:1"});
  write(json, R"([{"targets": ["e:1"]}])");
  CHECK_EQ(addresses_of(**source), Lines{"c:1", "d:1", "e:1"});
  std::filesystem::remove(json);
  CHECK_EQ(addresses_of(**source), Lines{"c:1", "d:1"});
}

TEST_CASE("discovery: a failed lookup keeps the last result, a vanished name drops it") {
  Result<std::vector<ResolvedAddress>> answer =
      std::vector<ResolvedAddress>{{"10.0.0.1:1", "host"}};
  int lookups = 0;
  auto source = TargetSource::create({.addresses = {"dns+host:1"},
                                      .strict_addresses = {},
                                      .files = {},
                                      .dns_interval = std::chrono::seconds(0),
                                      .resolver =
                                          [&](const Context&, const AddressSpec& spec) {
                                            ++lookups;
                                            CHECK_EQ(spec.name, "host:1");
                                            return answer;
                                          },
                                      .logger = {}});
  REQUIRE(source.ok());
  CHECK_EQ(addresses_of(**source), Lines{"10.0.0.1:1 host"});
  answer = Status::unavailable("no answer");
  CHECK_EQ(addresses_of(**source), Lines{"10.0.0.1:1 host"});
  answer = Status::not_found("no such name");
  CHECK_EQ(addresses_of(**source), Lines{});
  CHECK_EQ(lookups, 3);
}

TEST_CASE("discovery: documents of the wrong shape are refused") {
  for (const char* text : {"a: b", "- x", "- labels: {}", "- targets: [[1]]", "[", "\t- :"}) {
    CAPTURE(text);
    CHECK_EQ(parse_target_file(text).status().code(), Code::kInvalidArgument);
  }
  CHECK(parse_target_file("").ok());
}
