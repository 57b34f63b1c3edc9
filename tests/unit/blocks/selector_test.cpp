// SPDX-License-Identifier: Apache-2.0
#include "blocks/selector.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace mnemo;

namespace {

std::vector<SelectorRule> rules(const std::string& yaml) {
  auto parsed = parse_selector(yaml);
  CHECK_EQ(parsed.status(), Status());
  return *parsed;
}

}  // namespace

TEST_CASE("selector: keep and drop see joined values, anchored") {
  auto keep = rules("- action: keep\n  source_labels: [a, b]\n  regex: 'x;.+'\n");
  CHECK(is_selected(keep, Labels{{"a", "x"}, {"b", "y"}}));
  CHECK_FALSE(is_selected(keep, Labels{{"a", "x"}}));
  CHECK_FALSE(is_selected(keep, Labels{{"a", "xx"}, {"b", "y"}}));
  auto drop = rules("- action: drop\n  source_labels: [a]\n  regex: x\n");
  CHECK_FALSE(is_selected(drop, Labels{{"a", "x"}}));
  CHECK(is_selected(drop, Labels{{"a", "xy"}}));
  CHECK(is_selected({}, Labels{}));
}

TEST_CASE("selector: hashmod shards as Prometheus' does, each block to one shard") {
  // md5("a") is 0cc175b9c0f1b6a831c399e269772661; 0x31c399e269772661 % 8 is 1.
  auto shard = [](int of) {
    return rules(
        "- action: hashmod\n  source_labels: [x]\n  target_label: shard\n  modulus: 8\n"
        "- action: keep\n  source_labels: [shard]\n  regex: " +
        std::to_string(of) + "\n");
  };
  CHECK(is_selected(shard(1), Labels{{"x", "a"}}));
  CHECK_FALSE(is_selected(shard(2), Labels{{"x", "a"}}));
  for (int i = 0; i < 50; ++i) {
    int shards = 0;
    for (int of = 0; of < 8; ++of) {
      shards += is_selected(shard(of), Labels{{"x", std::to_string(i)}}) ? 1 : 0;
    }
    CHECK_EQ(shards, 1);
  }
}

TEST_CASE("selector: what Thanos refuses is refused, by line") {
  auto message = [](const std::string& yaml) { return parse_selector(yaml).status().message(); };
  CHECK_EQ(message("- source_labels: [a]\n  regex: b\n"),
           "selector relabel configuration: line 1: unsupported relabel action: replace");
  CHECK_EQ(message("- action: hashmod\n  source_labels: [a]\n  target_label: b\n"),
           "selector relabel configuration: line 1: relabel configuration for hashmod requires "
           "non-zero modulus");
  CHECK_EQ(message("- action: keep\n  regexp: b\n"),
           "selector relabel configuration: line 2: unknown field \"regexp\"; known are action, "
           "source_labels, "
           "separator, regex, target_label, replacement, modulus");
  CHECK_FALSE(message("- action: keep\n  regex: '('\n").empty());
  CHECK_FALSE(message("action: keep\n").empty());
}
