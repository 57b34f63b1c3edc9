// SPDX-License-Identifier: Apache-2.0
#include "store/fanout/fanout_store.hpp"

#include "store/fanout/member.hpp"
#include "support/fake_store.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace mnemo;
using namespace mnemo::testing;
using namespace std::chrono_literals;

namespace {

Series up(const char* replica, std::vector<AggregateChunk> chunks = {}) {
  return {Labels{{"__name__", "up"}, {"replica", replica}}, std::move(chunks)};
}

/// A fan-out over fakes, with an executor of its own.
struct Fanout {
  Fanout() { options.executor = make_thread_pool(4); }

  FakeStore& add(const std::string& address, std::vector<Series> series,
                 FakeBehaviour behaviour = {}, std::vector<Labels> label_sets = {}) {
    auto store = std::make_shared<FakeStore>(std::move(series), std::move(behaviour));
    StoreInfo info;
    info.range = {0, 1000};
    info.label_sets = std::move(label_sets);
    info.supports_sharding = true;
    info.supports_without_replica_labels = true;
    members.push_back({address, store, info});
    return *store;
  }

  std::string ask(const SeriesRequest& request) {
    FanoutStore store([this] { return members; }, options);
    auto stream = store.series(Context(), request);
    if (!stream.ok()) return "! " + stream.status().to_string() + "\n";
    auto text = contents(**stream);
    warnings = (*stream)->warnings();
    return text;
  }

  FanoutOptions options;
  std::vector<FanoutMember> members;
  std::vector<std::string> warnings;
};

SeriesRequest request_up() {
  SeriesRequest request;
  request.range = {0, 100};
  request.matchers = {Matcher::equal("__name__", "up")};
  return request;
}

}  // namespace

TEST_CASE("fan-out: merges the series of all members") {
  Fanout fanout;
  fanout.add("a:1", {up("a", {chunk_of(0, 9, "x")}), up("b")});
  fanout.add("b:1", {up("a", {chunk_of(0, 9, "x"), chunk_of(10, 19, "y")}), up("c")});
  CHECK_EQ(fanout.ask(request_up()),
           "{__name__=\"up\", replica=\"a\"} 0-9:x 10-19:y\n{__name__=\"up\", replica=\"b\"}\n"
           "{__name__=\"up\", replica=\"c\"}\n");
  CHECK(fanout.warnings.empty());
}

TEST_CASE("fan-out: asks only members that can have the data") {
  Fanout fanout;
  auto& by_labels = fanout.add("a:1", {up("a")}, {}, {Labels{{"replica", "a"}}});
  auto& by_time = fanout.add("b:1", {up("b")}, {}, {Labels{{"replica", "b"}}});
  auto& asked = fanout.add("c:1", {up("b")}, {}, {Labels{{"replica", "b"}}});
  fanout.members[1].info.range = {101, 1000};
  auto request = request_up();
  request.matchers.push_back(Matcher::equal("replica", "b"));
  CHECK_EQ(fanout.ask(request), "{__name__=\"up\", replica=\"b\"}\n");
  CHECK_EQ(by_labels.calls, 0);
  CHECK_EQ(by_time.calls, 0);
  CHECK_EQ(asked.calls, 1);
}

TEST_CASE("fan-out: store matchers choose members by address") {
  Fanout fanout;
  fanout.add("a:1", {up("a")});
  fanout.add("b:1", {up("b")});
  auto request = request_up();
  request.store_matchers = {{Matcher::equal("__address__", "b:1")}};
  CHECK_EQ(fanout.ask(request), "{__name__=\"up\", replica=\"b\"}\n");
  request.store_matchers = {{Matcher::equal("__address__", "nowhere:1")}};
  CHECK_EQ(fanout.ask(request), "");
}

TEST_CASE("fan-out: a member that can't be reached is a warning or the failure") {
  Fanout fanout;
  FakeBehaviour behaviour;
  behaviour.open_failure = Status::unavailable("connection refused");
  fanout.add("a:1", {}, behaviour, {Labels{{"replica", "a"}}});
  fanout.add("b:1", {up("b")});
  auto request = request_up();
  CHECK_EQ(fanout.ask(request), "{__name__=\"up\", replica=\"b\"}\n");
  REQUIRE_EQ(fanout.warnings.size(), 1);
  CHECK_EQ(fanout.warnings[0],
           "fetch series for {replica=\"a\"} Addr: a:1 MinTime: 0 MaxTime: 1000: "
           "connection refused");
  auto failure = "! Unavailable: " + fanout.warnings[0] + "\n";
  request.partial_response = PartialResponse::kAbort;
  CHECK_EQ(fanout.ask(request), failure);
}

TEST_CASE("fan-out: a member that fails midway keeps what it gave") {
  Fanout fanout;
  FakeBehaviour behaviour;
  behaviour.read_failure = Status::data_loss("torn");
  behaviour.read_failure_after = 1;
  fanout.add("a:1", {up("a"), up("z")}, behaviour);
  fanout.add("b:1", {up("b")});
  CHECK_EQ(fanout.ask(request_up()),
           "{__name__=\"up\", replica=\"a\"}\n{__name__=\"up\", replica=\"b\"}\n");
  REQUIRE_EQ(fanout.warnings.size(), 1);
  CHECK_EQ(fanout.warnings[0], "receive series from Addr: a:1 MinTime: 0 MaxTime: 1000: torn");
}

TEST_CASE("fan-out: a silent member is given up after the response timeout") {
  Fanout fanout;
  fanout.options.response_timeout = 50ms;
  FakeBehaviour behaviour;
  behaviour.hang = true;
  fanout.add("a:1", {up("a")}, behaviour);
  fanout.add("b:1", {up("b")});
  CHECK_EQ(fanout.ask(request_up()), "{__name__=\"up\", replica=\"b\"}\n");
  REQUIRE_EQ(fanout.warnings.size(), 1);
  CHECK_EQ(fanout.warnings[0],
           "failed to receive any data in 50ms from Addr: a:1 MinTime: 0 MaxTime: 1000: "
           "no response in time");
}

TEST_CASE("fan-out: a member's warning is handed on, or aborts") {
  Fanout fanout;
  FakeBehaviour behaviour;
  behaviour.warnings = {"leaf is down"};
  fanout.add("a:1", {up("a")}, behaviour);
  auto request = request_up();
  CHECK_EQ(fanout.ask(request), "{__name__=\"up\", replica=\"a\"}\n");
  CHECK_EQ(fanout.warnings, std::vector<std::string>{"leaf is down"});
  request.partial_response = PartialResponse::kAbort;
  CHECK(fanout.ask(request).ends_with("! Aborted: leaf is down\n"));
}

TEST_CASE("fan-out: no matchers and no members are errors as Thanos has them") {
  Fanout fanout;
  CHECK_EQ(fanout.ask({}),
           "! InvalidArgument: no matchers specified (excluding selector labels)\n");
  auto request = request_up();
  CHECK_EQ(fanout.ask(request), "");
  request.partial_response = PartialResponse::kAbort;
  CHECK_EQ(fanout.ask(request), "! Unknown: No StoreAPIs available\n");
}

TEST_CASE("fan-out: does for a member what it can't do itself") {
  Fanout fanout;
  fanout.add("a:1", {{Labels{{"a", "1"}, {"replica", "x"}}, {}},
                     {Labels{{"a", "1"}, {"replica", "y"}, {"z", "1"}}, {}},
                     {Labels{{"a", "1"}, {"replica", "z"}}, {}}});
  fanout.members[0].info.supports_without_replica_labels = false;
  fanout.members[0].info.supports_sharding = false;
  auto request = request_up();
  request.without_replica_labels = {"replica"};
  CHECK_EQ(fanout.ask(request), "{a=\"1\"}\n{a=\"1\", z=\"1\"}\n");
  request.shard_info = ShardInfo{0, 2, true, {"absent"}};  // the hash of nothing is odd
  CHECK_EQ(fanout.ask(request), "");
}

TEST_CASE("fan-out: info is the union of the members' infos") {
  Fanout fanout;
  fanout.add("a:1", {}, {}, {Labels{{"replica", "b"}}, Labels{{"replica", "a"}}});
  fanout.add("b:1", {}, {}, {Labels{{"replica", "a"}}});
  fanout.members[1].info.range = {-5, 10};
  FanoutStore store([&] { return fanout.members; }, fanout.options);
  auto info = store.info();
  CHECK_EQ(info.component_type, "query");
  CHECK_EQ(info.range, TimeRange{-5, 1000});
  CHECK_EQ(info.label_sets,
           std::vector<Labels>{Labels{{"replica", "a"}}, Labels{{"replica", "b"}}});
}

TEST_CASE("fan-out: label answers are merged, failures warn or abort") {
  Fanout fanout;
  fanout.add("a:1", {}).texts = {"b", "d"};
  fanout.add("b:1", {}).texts = {"a", "b", "replica"};
  FakeBehaviour behaviour;
  behaviour.open_failure = Status::unavailable("down");
  fanout.add("c:1", {}, behaviour);
  FanoutStore store([&] { return fanout.members; }, fanout.options);
  LabelNamesRequest request;
  request.range = {0, 1};
  request.without_replica_labels = {"replica"};
  auto names = store.label_names(Context(), request);
  REQUIRE(names.ok());
  CHECK_EQ(names->values, std::vector<std::string>{"a", "b", "d"});
  CHECK_EQ(names->warnings,
           std::vector<std::string>{
               "fetch label names from store Addr: c:1 MinTime: 0 MaxTime: 1000: down"});
  request.limit = 1;
  CHECK_EQ(store.label_names(Context(), request)->values, std::vector<std::string>{"a"});
  request.partial_response = PartialResponse::kAbort;
  CHECK_EQ(store.label_names(Context(), request).status().code(), Code::kUnavailable);

  LabelValuesRequest values;
  CHECK_EQ(store.label_values(Context(), values).status().message(),
           "label name parameter cannot be empty");
  values.label = "replica";
  values.without_replica_labels = {"replica"};
  CHECK(store.label_values(Context(), values)->values.empty());
}

TEST_CASE("fan-out: stacked on one small executor it neither hangs nor loses anything") {
  auto pool = make_thread_pool(1);
  std::vector<Series> many;
  for (int i = 0; i < 500; ++i) many.push_back({Labels{{"i", std::to_string(1000 + i)}}, {}});
  Fanout leaf;
  leaf.options.executor = pool;
  leaf.options.prefetch_series = 4;
  for (int i = 0; i < 5; ++i) leaf.add("leaf", many);
  Fanout top;
  top.options = leaf.options;
  top.add("self", {});
  top.members[0].store = std::make_shared<FanoutStore>([&] { return leaf.members; }, leaf.options);
  top.members.push_back(top.members[0]);
  auto text = top.ask(request_up());
  CHECK_EQ(std::count(text.begin(), text.end(), '\n'), 500);
}

TEST_CASE("fan-out: durations in warnings read as Go prints them") {
  CHECK_EQ(go_duration(5s), "5s");
  CHECK_EQ(go_duration(90s), "1m30s");
  CHECK_EQ(go_duration(1500ms), "1.5s");
  CHECK_EQ(go_duration(250ms), "250ms");
  CHECK_EQ(go_duration(2h), "2h0m0s");
}
