// SPDX-License-Identifier: Apache-2.0
#include "store/external_labels.hpp"

#include <doctest/doctest.h>

using namespace mnemo;

TEST_CASE("external labels: matchers on them are answered, the others remain") {
  Labels external{{"cluster", "eu"}, {"replica", "a"}};
  std::vector<Matcher> matchers{Matcher::equal("replica", "a"), Matcher::equal("job", "api"),
                                Matcher::not_equal("cluster", "us")};
  auto remaining = matchers_beyond(external, matchers);
  REQUIRE(remaining);
  CHECK_EQ(to_string(*remaining), "{job=\"api\"}");
  matchers.push_back(Matcher::equal("replica", ""));
  CHECK_FALSE(matchers_beyond(external, matchers));
}

TEST_CASE("external labels: one fitting label set is enough, none at all fits anything") {
  std::vector<Matcher> matchers{Matcher::equal("replica", "b")};
  CHECK(label_sets_match(matchers, {Labels{{"replica", "a"}}, Labels{{"replica", "b"}}}));
  CHECK(label_sets_match(matchers, {Labels{{"cluster", "eu"}}}));
  CHECK(label_sets_match(matchers, {}));
  CHECK_FALSE(label_sets_match(matchers, {Labels{{"replica", "a"}}}));
}

TEST_CASE("external labels: they win over own labels, replica labels are left out") {
  LabelFinisher finisher(Labels{{"cluster", "eu"}, {"replica", "a"}}, {"replica", "pod"});
  CHECK_EQ(finisher.external().to_string(), "{cluster=\"eu\"}");
  Labels own{{"cluster", "own"}, {"job", "api"}, {"pod", "1"}, {"replica", "own"}};
  CHECK_EQ(finisher.finish(own).to_string(), "{cluster=\"eu\", job=\"api\"}");
  CHECK(finisher.rewrites([](std::string_view name) { return name == "cluster"; }));
  CHECK(finisher.rewrites([](std::string_view name) { return name == "pod"; }));
  CHECK_FALSE(finisher.rewrites([](std::string_view name) { return name == "job"; }));
}
