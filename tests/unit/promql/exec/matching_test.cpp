// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

MemoryQueryable two_metrics() {
  MemoryQueryable data;
  load(data, {{"__name__", "x"}, {"job", "a"}, {"code", "1"}}, 10'000, {1, 2});
  load(data, {{"__name__", "x"}, {"job", "a"}, {"code", "2"}}, 10'000, {3, 4});
  load(data, {{"__name__", "y"}, {"job", "a"}, {"zone", "z"}}, 10'000, {10, 20});
  load(data, {{"__name__", "y"}, {"job", "b"}, {"zone", "z"}}, 10'000, {5, 5});
  return data;
}

}  // namespace

TEST_CASE("promql: group_left multiplies many by one and takes labels from it") {
  auto data = two_metrics();
  CHECK_EQ(instant(data, "x * on (job) group_left (zone) y", 10'000),
           "{code=\"1\", job=\"a\", zone=\"z\"} 10:40; {code=\"2\", job=\"a\", zone=\"z\"} 10:80");
  CHECK_EQ(instant(data, "y / on (job) group_right x", 0),
           "{code=\"1\", job=\"a\"} 0:10; {code=\"2\", job=\"a\"} 0:3.3333333333333335");
}

TEST_CASE("promql: matches that are not unique are named") {
  auto data = two_metrics();
  CHECK_EQ(instant(data, "x * on (job) y", 0),
           "FailedPrecondition: multiple matches for labels: many-to-one matching must be "
           "explicit (group_left/group_right)");
  CHECK_EQ(instant(data, "y * on (job) x", 0),
           "FailedPrecondition: found duplicate series for the match group {job=\"a\"} on the "
           "right hand-side of the operation: [{__name__=\"x\", code=\"1\", job=\"a\"}, "
           "{__name__=\"x\", code=\"2\", job=\"a\"}];many-to-many matching not allowed: matching "
           "labels must be unique on one side");
}

TEST_CASE("promql: set operators look at match groups") {
  auto data = two_metrics();
  CHECK_EQ(instant(data, "y and on (job) x", 0), "{__name__=\"y\", job=\"a\", zone=\"z\"} 0:10");
  CHECK_EQ(instant(data, "y unless on (job) x", 0), "{__name__=\"y\", job=\"b\", zone=\"z\"} 0:5");
  CHECK_EQ(instant(data, "x{code=\"1\"} or on (job) y", 0),
           "{__name__=\"x\", code=\"1\", job=\"a\"} 0:1; "
           "{__name__=\"y\", job=\"b\", zone=\"z\"} 0:5");
}

TEST_CASE("promql: comparisons filter, or say 0 and 1") {
  auto data = two_metrics();
  CHECK_EQ(range(data, "x > 2", 0, 10'000, 10'000),
           "{__name__=\"x\", code=\"2\", job=\"a\"} 0:3 10:4");
  CHECK_EQ(instant(data, "2 < bool x", 0),
           "{code=\"1\", job=\"a\"} 0:0; {code=\"2\", job=\"a\"} 0:1");
  CHECK_EQ(instant(data, "3 <= x", 0), "{__name__=\"x\", code=\"2\", job=\"a\"} 0:3");
}

TEST_CASE("promql: series whose names go must stay apart") {
  auto data = two_metrics();
  load(data, {{"__name__", "x2"}, {"job", "a"}, {"code", "1"}}, 10'000, {1, 2});
  CHECK_EQ(instant(data, "abs({job=\"a\", code=\"1\"})", 0),
           "FailedPrecondition: vector cannot contain metrics with the same labelset");
}
