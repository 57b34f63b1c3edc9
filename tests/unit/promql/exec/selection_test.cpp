// SPDX-License-Identifier: Apache-2.0
// What the engine asks of the source of its samples.
#include "evaluate.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

/// Remembers what was asked for.
class WatchedQueryable : public Queryable {
 public:
  explicit WatchedQueryable(MemoryQueryable& data) : data_(data) {}

  Result<std::unique_ptr<SelectedStream>> select(const Context& context,
                                                 const Selection& selection) override {
    selections.push_back(selection);
    return data_.select(context, selection);
  }

  std::vector<Selection> selections;

 private:
  MemoryQueryable& data_;
};

MemoryQueryable requests() {
  MemoryQueryable data;
  for (const char* job : {"a", "b"}) {
    for (const char* pod : {"1", "2", "3"}) {
      load(data, {{"__name__", "requests_total"}, {"job", job}, {"pod", pod}}, 15'000,
           {1, 2, 4, 8, 16});
    }
  }
  return data;
}

QueryRequest minute_of(const std::string& expression) { return {expression, 0, 60'000, 15'000, 0}; }

/// The selections that a query makes, once its answer was seen to be that of a source which is
/// asked again for each selector.
std::vector<Selection> selections_of(const std::string& expression, const std::string& answer) {
  auto data = requests();
  WatchedQueryable watched(data);
  for (size_t threads : {0, 2}) {
    watched.selections.clear();
    EngineOptions options;
    if (threads > 0) options.executor = make_thread_pool(threads);
    auto result = Engine(options).query(Context(), watched, minute_of(expression));
    CHECK_EQ(result ? print(*result) : result.status().to_string(), answer);
  }
  return watched.selections;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("promql: equal selectors are scanned once") {
  // Each pod has 2^i requests at step i: of 6, each is a sixth, and each job the half.
  auto once = selections_of("sum by (job) (requests_total) / on () group_left sum(requests_total)",
                            "{job=\"a\"} 0:0.5 15:0.5 30:0.5 45:0.5 60:0.5; "
                            "{job=\"b\"} 0:0.5 15:0.5 30:0.5 45:0.5 60:0.5");
  CHECK_EQ(once.size(), 1);
  once = selections_of("requests_total{pod=\"1\"} - requests_total{pod=\"1\"}",
                       "{job=\"a\", pod=\"1\"} 0:0 15:0 30:0 45:0 60:0; "
                       "{job=\"b\", pod=\"1\"} 0:0 15:0 30:0 45:0 60:0");
  CHECK_EQ(once.size(), 1);
}

TEST_CASE("promql: selectors of other times, windows or functions are scanned each") {
  auto each = selections_of("sum(requests_total) - sum(requests_total offset 15s)",
                            "{} 15:6 30:12 45:24 60:48");
  CHECK_EQ(each.size(), 2);
  each =
      selections_of("count(max_over_time(requests_total[1m]) > min_over_time(requests_total[1m]))",
                    "{} 15:6 30:6 45:6 60:6");
  CHECK_EQ(each.size(), 2);
}

TEST_CASE("promql: under an aggregation by labels only these are asked for") {
  auto labels_of = [](const std::string& expression) {
    auto data = requests();
    WatchedQueryable watched(data);
    auto result = Engine({}).query(Context(), watched, minute_of(expression));
    REQUIRE_MESSAGE(result.ok(), result.status().to_string());
    REQUIRE_EQ(watched.selections.size(), 1);
    return watched.selections[0].needed_labels;
  };
  Names job{"__name__", "__type__", "__unit__", "job"};
  CHECK_EQ(labels_of("sum by (job) (rate(requests_total[1m]))"), job);
  CHECK_EQ(labels_of("max by (job) (requests_total)"), job);
  CHECK_EQ(labels_of("count(requests_total)"), Names{"__name__", "__type__", "__unit__"});
  // Of two selectors that share a scan, both want theirs.
  CHECK_EQ(labels_of("sum by (job) (requests_total) / on (job) group_right "
                     "sum by (job, pod) (requests_total)"),
           Names{"__name__", "__type__", "__unit__", "job", "pod"});
  for (const char* all :
       {"requests_total", "sum without (pod) (requests_total)", "topk by (job) (1, requests_total)",
        "sum by (job) ({job=\"a\"} * 2)", "sum(sum_over_time(rate({job=\"a\"}[1m])[1m:15s]))",
        "sum by (x) (label_replace(requests_total, \"x\", \"$1\", \"pod\", \"(.*)\"))",
        "count_values by (job) (\"v\", requests_total)"}) {
    INFO(all);
    CHECK_FALSE(labels_of(all).has_value());
  }
}

TEST_CASE("promql: too many bytes is an error that names the limit") {
  auto data = requests();
  EngineOptions options;
  options.max_bytes = 1 << 20;
  CHECK_EQ(instant(data, "sum(requests_total)", 0, options), "{} 0:6");
  options.max_bytes = 100;
  CHECK_NE(instant(data, "requests_total", 0, options).find("max_bytes 100"), std::string::npos);
}
