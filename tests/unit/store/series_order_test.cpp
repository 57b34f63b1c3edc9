// SPDX-License-Identifier: Apache-2.0
#include "store/series_order.hpp"

#include "store/external_labels.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using namespace mnemo;

namespace {

std::vector<Labels> ordered(std::vector<Labels> own, const LabelFinisher& finisher, bool rewrites,
                            size_t* most_held = nullptr) {
  std::sort(own.begin(), own.end());
  SeriesOrder<int> order(rewrites);
  std::vector<Labels> out;
  for (auto& labels : own) {
    auto finished = finisher.finish(labels);
    order.push(std::move(labels), std::move(finished), 0);
    if (most_held) *most_held = std::max(*most_held, order.held());
    while (!order.empty()) out.push_back(order.pop().finished);
  }
  order.finish();
  while (!order.empty()) out.push_back(order.pop().finished);
  return out;
}

}  // namespace

TEST_CASE("series order: an external label between two of a series' own swaps two series") {
  LabelFinisher finisher(Labels{{"replica", "a"}}, {});
  auto out = ordered({Labels{{"__name__", "up"}}, Labels{{"__name__", "up"}, {"instance", "1"}},
                      Labels{{"__name__", "up"}, {"zone", "1"}}},
                     finisher, false);
  REQUIRE_EQ(out.size(), 3);
  CHECK_EQ(out[0].to_string(), "{__name__=\"up\", instance=\"1\", replica=\"a\"}");
  CHECK_EQ(out[1].to_string(), "{__name__=\"up\", replica=\"a\"}");
  CHECK_EQ(out[2].to_string(), "{__name__=\"up\", replica=\"a\", zone=\"1\"}");
}

TEST_CASE("series order: own labels that external ones replace are sorted anew") {
  LabelFinisher finisher(Labels{{"b", "same"}}, {});
  auto out = ordered(
      {Labels{{"a", "1"}, {"b", "1"}, {"c", "2"}}, Labels{{"a", "1"}, {"b", "2"}, {"c", "1"}}},
      finisher, true);
  REQUIRE_EQ(out.size(), 2);
  CHECK_EQ(out[0].to_string(), "{a=\"1\", b=\"same\", c=\"1\"}");
  CHECK_EQ(out[1].to_string(), "{a=\"1\", b=\"same\", c=\"2\"}");
}

TEST_CASE("series order: random labels come sorted, with few held back") {
  std::mt19937 random(1);
  LabelFinisher finisher(Labels{{"c", "x"}, {"f", "x"}, {"h", "x"}}, {});
  for (int round = 0; round < 50; ++round) {
    std::vector<Labels> own;
    for (int i = 0; i < 200; ++i) {
      LabelsBuilder builder;
      for (const char* name : {"a", "b", "d", "e", "g", "i"}) {
        if (random() % 2) builder.set(name, std::to_string(random() % 2));
      }
      own.push_back(builder.build());
    }
    std::sort(own.begin(), own.end());
    own.erase(std::unique(own.begin(), own.end()), own.end());
    size_t most_held = 0;
    auto out = ordered(own, finisher, false, &most_held);
    CHECK_EQ(out.size(), own.size());
    CHECK(std::is_sorted(out.begin(), out.end()));
    CHECK_LE(most_held, 8);
  }
}
