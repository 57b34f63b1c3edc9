// SPDX-License-Identifier: Apache-2.0
#include "evaluate.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

std::string info(MemoryQueryable& data, std::string expression, int64_t time_ms = 0) {
  return instant(data, std::move(expression), time_ms, experimental());
}

std::string info_range(MemoryQueryable& data, std::string expression, int64_t end_ms) {
  return range(data, std::move(expression), 0, end_ms, end_ms, experimental());
}

MemoryQueryable one_target() {
  MemoryQueryable data;
  load(data, {{"__name__", "up"}, {"instance", "a.b"}, {"job", "j"}, {"zone", "own"}}, 10'000,
       {1, 2});
  load(data,
       {{"__name__", "target_info"},
        {"instance", "a.b"},
        {"job", "j"},
        {"version", "1"},
        {"zone", "z"}},
       10'000, {1, 1});
  load(data, {{"__name__", "build_info"}, {"instance", "a.b"}, {"job", "j"}, {"commit", "c"}},
       10'000, {1, 1});
  load(data, {{"__name__", "target_info"}, {"instance", "aXb"}, {"job", "j"}, {"version", "2"}},
       10'000, {1, 1});
  return data;
}

}  // namespace

TEST_CASE("promql: info adds the labels of target_info that a series lacks") {
  auto data = one_target();
  CHECK_EQ(info(data, "info(up)"),
           "{__name__=\"up\", instance=\"a.b\", job=\"j\", version=\"1\", zone=\"own\"} 0:1");
  CHECK_EQ(info(data, "info(-up)"),
           "{instance=\"a.b\", job=\"j\", version=\"1\", zone=\"own\"} 0:-1");
}

TEST_CASE("promql: info takes only the labels that its selector names, from the metrics it names") {
  auto data = one_target();
  CHECK_EQ(info(data, "info(up, {__name__=~\".+_info\"})"),
           "{__name__=\"up\", commit=\"c\", instance=\"a.b\", job=\"j\", version=\"1\", "
           "zone=\"own\"} 0:1");
  CHECK_EQ(info(data, "info(up, {__name__=~\".+_info\", commit=~\".+\"})"),
           "{__name__=\"up\", commit=\"c\", instance=\"a.b\", job=\"j\", zone=\"own\"} 0:1");
  CHECK_EQ(info(data, "info(up, {__name__!=\"target_info\"})"),
           "{__name__=\"up\", commit=\"c\", instance=\"a.b\", job=\"j\", zone=\"own\"} 0:1");
}

TEST_CASE(
    "promql: info leaves a series without info series out where its selector demands labels") {
  auto data = one_target();
  const char* plain = "{__name__=\"up\", instance=\"a.b\", job=\"j\", zone=\"own\"} 0:1";
  CHECK_EQ(info(data, "info(up, {version=\"7\"})"), "");
  CHECK_EQ(info(data, "info(up, {version=~\"7?\"})"), plain);
  CHECK_EQ(info(data, "info(up, {__name__=\"other_info\"})"), plain);
}

TEST_CASE("promql: info leaves info series as they are") {
  auto data = one_target();
  CHECK_EQ(info(data, "info(build_info, {__name__=~\".+_info\"})"),
           "{__name__=\"build_info\", commit=\"c\", instance=\"a.b\", job=\"j\"} 0:1");
}

TEST_CASE("promql: info takes the latest of info series of one target, and fails where two are") {
  MemoryQueryable data;
  load(data, {{"__name__", "up"}, {"job", "j"}}, 10'000, {1, 2});
  load(data, {{"__name__", "target_info"}, {"job", "j"}, {"version", "1"}}, 10'000, {1});
  data.series({{"__name__", "target_info"}, {"job", "j"}, {"version", "2"}}).append(5'000, 1);
  CHECK_EQ(info_range(data, "info(up)", 10'000),
           "{__name__=\"up\", job=\"j\", version=\"1\"} 0:1; "
           "{__name__=\"up\", job=\"j\", version=\"2\"} 10:2");
  load(data, {{"__name__", "target_info"}, {"job", "j"}, {"version", "3"}}, 10'000, {1});
  CHECK_EQ(info_range(data, "info(up)", 10'000),
           "FailedPrecondition: found duplicate series for info metric: existing "
           "{__name__=\"target_info\", job=\"j\", version=\"1\"} @ 0, new "
           "{__name__=\"target_info\", job=\"j\", version=\"3\"} @ 0");
}

TEST_CASE("promql: info fails where two info metrics contradict each other") {
  auto data = one_target();
  load(data, {{"__name__", "os_info"}, {"instance", "a.b"}, {"job", "j"}, {"version", "9"}}, 10'000,
       {1});
  CHECK_EQ(info(data, "info(up, {__name__=~\".+_info\"})"),
           "FailedPrecondition: conflicting label: version");
}

TEST_CASE("promql: info looks at info series when its argument's selector looks at samples") {
  MemoryQueryable data;
  load(data, {{"__name__", "up"}, {"job", "j"}}, 10'000, {1, 2, 3});
  load(data, {{"__name__", "target_info"}, {"job", "j"}, {"version", "1"}}, 10'000, {1});
  data.series({{"__name__", "target_info"}, {"job", "j"}, {"version", "2"}}).append(15'000, 1);
  std::string old = "{__name__=\"up\", job=\"j\", version=\"1\"} 20:2";
  CHECK_EQ(info(data, "info(up @ 10)", 20'000), old);
  CHECK_EQ(info(data, "info(up offset 10s)", 20'000), old);
  CHECK_EQ(info(data, "info(last_over_time(up[10s] offset 10s))", 20'000), old);
  CHECK_EQ(info(data, "info(last_over_time((up offset 5s)[10s:5s] @ 15))", 20'000), old);
  CHECK_EQ(info(data, "info(up)", 20'000), "{__name__=\"up\", job=\"j\", version=\"2\"} 20:3");
}

TEST_CASE("promql: info joins more series than a regular expression can name") {
  constexpr int kSeries = 1'000;
  const std::string padding(3'000, 'x');
  MemoryQueryable data;
  std::string all;
  for (int i = 0; i < kSeries; ++i) {
    std::string instance = std::to_string(i) + padding;
    load(data, {{"__name__", "up"}, {"instance", instance}}, 10'000, {1});
    load(data, {{"__name__", "target_info"}, {"instance", instance}, {"v", "1"}}, 10'000, {1});
    all += instance + '|';
  }
  REQUIRE_FALSE(Matcher::regex("instance", all));
  load(data, {{"__name__", "target_info"}, {"instance", "other"}, {"v", "1"}}, 10'000, {1});
  load(data, {{"__name__", "target_info"}, {"instance", "other"}, {"v", "2"}}, 10'000, {1});
  CHECK_EQ(info(data, "count by (v) (info(up))"), "{v=\"1\"} 0:1000");
}

TEST_CASE("promql: info is an experimental function") {
  auto data = one_target();
  CHECK(instant(data, "info(up)", 0).starts_with("InvalidArgument"));
}
