// SPDX-License-Identifier: Apache-2.0
#include <mnemo/labels.hpp>
#include <mnemo/ulid.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace mnemo;

TEST_CASE("labels: sorted by name, empty values left out, the last of equal names wins") {
  auto labels = Labels::from_pairs({{"job", "a"}, {"__name__", "up"}, {"x", ""}, {"job", "b"}});
  CHECK_EQ(labels.to_string(), "{__name__=\"up\", job=\"b\"}");
  CHECK_EQ(labels.get("job"), "b");
  CHECK_FALSE(labels.has("x"));
}

TEST_CASE("labels: values longer than a byte can count keep their bytes") {
  std::string value(5000, 'v');
  Labels labels{{"a", value}, {"b", std::string(255, 'w')}, {"c", std::string(254, 'x')}};
  CHECK_EQ(labels.get("a"), value);
  CHECK_EQ(labels.get("b").size(), 255);
  CHECK_EQ(labels.get("c").size(), 254);
  CHECK_EQ(labels.size(), 3);
}

TEST_CASE("labels: order is label by label, a prefix first") {
  CHECK_LT(Labels{{"a", "1"}}, Labels{{"a", "1"}, {"b", "1"}});
  CHECK_LT(Labels{{"a", "1"}, {"b", "2"}}, Labels{{"a", "1"}, {"c", "1"}});
  CHECK_LT(Labels{{"a", "10"}}, Labels{{"a", "9"}});
  CHECK_LT(Labels{}, Labels{{"a", "1"}});
}

TEST_CASE("labels: external labels win over a series' own") {
  Labels own{{"__name__", "up"}, {"replica", "own"}, {"z", "1"}};
  Labels external{{"cluster", "c"}, {"replica", "a"}};
  CHECK_EQ(with_external_labels(own, external).to_string(),
           "{__name__=\"up\", cluster=\"c\", replica=\"a\", z=\"1\"}");
}

TEST_CASE("ulid: text, time and order") {
  auto ulid = Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV");  // the example of the specification
  REQUIRE(ulid);
  CHECK_EQ(ulid->time_ms(), 1469922850259);
  CHECK_EQ(ulid->to_string(), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
  CHECK_FALSE(Ulid::parse("81ARZ3NDEKTSV4RRFFQ69G5FAV"));
  CHECK_FALSE(Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FA"));
  CHECK_FALSE(Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FAU"));
}
