// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/selection.hpp"

#include "support/golden.hpp"
#include "support/index_v1.hpp"
#include "tsdb/index/reader.hpp"

#include <mnemo/block.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>
#include <random>
#include <set>

using namespace mnemo;
using namespace mnemo::tsdb;

namespace {

/// Postings of some series, made from their labels.
class FakeSource final : public PostingsSource {
 public:
  explicit FakeSource(const std::vector<Labels>& series) {
    for (SeriesRef ref = 0; ref < series.size(); ++ref) {
      all_.push_back(ref);
      for (const auto& label : series[ref]) {
        lists_[std::string(label.name)][std::string(label.value)].push_back(ref);
      }
    }
  }

  Status for_each_value(std::string_view name, std::string_view prefix,
                        const std::function<void(std::string_view)>& visit) const override {
    if (auto at = lists_.find(std::string(name)); at != lists_.end()) {
      for (const auto& [value, refs] : at->second) {
        if (value.starts_with(prefix)) visit(value);
      }
    }
    return {};
  }

  Result<std::vector<Postings>> fetch(std::span<const PostingsTerm> terms) const override {
    std::vector<Postings> result;
    for (const auto& term : terms) {
      std::vector<Postings> found;
      auto values = lists_.find(term.name);
      for (const auto& value : term.values) {
        if (values == lists_.end() || !values->second.contains(value)) continue;
        found.push_back(values->second.at(value));
      }
      result.push_back(term.values.empty() ? all_ : unite(std::move(found)));
    }
    return result;
  }

 private:
  Postings all_;
  std::map<std::string, std::map<std::string, Postings>> lists_;
};

std::vector<Matcher> all_kinds(std::string_view name) {
  std::vector<Matcher> matchers;
  for (const char* value : {"", "a", "b", "x"}) {
    matchers.push_back(Matcher::equal(name, value));
    matchers.push_back(Matcher::not_equal(name, value));
  }
  for (const char* value :
       {"", ".*", ".+", "a", "a|b", "a|", "|", "a.*", "[^a]*", "x|y", "(a|b)?"}) {
    matchers.push_back(*Matcher::regex(name, value));
    matchers.push_back(*Matcher::not_regex(name, value));
  }
  return matchers;
}

Postings random_postings(std::mt19937& random, size_t size, SeriesRef limit) {
  std::set<SeriesRef> refs;
  while (refs.size() < size) refs.insert(static_cast<SeriesRef>(random() % limit));
  return {refs.begin(), refs.end()};
}

}  // namespace

TEST_CASE("selection: every pair of matchers selects exactly the series that satisfy both") {
  std::vector<Labels> series;
  for (const char* x : {"", "a", "ab", "b"}) {
    for (const char* y : {"", "a", "b"}) series.push_back(Labels{{"n", "1"}, {"x", x}, {"y", y}});
  }
  FakeSource source(series);
  auto with_absent = all_kinds("x");
  for (const auto& more : {all_kinds("y"), all_kinds("absent")}) {
    with_absent.insert(with_absent.end(), more.begin(), more.end());
  }
  for (const auto& first : with_absent) {
    for (const auto& second : with_absent) {
      std::vector<Matcher> matchers{first, second};
      INFO(to_string(matchers));
      Postings expected;
      for (SeriesRef ref = 0; ref < series.size(); ++ref) {
        if (matches_all(matchers, series[ref])) expected.push_back(ref);
      }
      auto selected = select_postings(matchers, source);
      REQUIRE(selected);
      CHECK_EQ(*selected, expected);
    }
  }
  CHECK_EQ(select_postings({}, source)->size(), series.size());
}

TEST_CASE("selection: values are only listed where a matcher needs them") {
  FakeSource source({Labels{{"x", "a"}}});
  std::vector<Matcher> matchers{Matcher::equal("x", "a"), *Matcher::regex("x", "a|b"),
                                *Matcher::not_regex("y", "c|d"), *Matcher::regex("z", ".*")};
  auto plan = plan_postings(matchers, source);
  REQUIRE(plan);
  REQUIRE_EQ(plan->terms.size(), 3);
  CHECK_EQ(plan->terms[1].values, std::vector<std::string>{"a", "b"});
  CHECK(plan->terms[2].subtract);
}

TEST_CASE("postings: set operations agree with the standard library's") {
  std::mt19937 random(1);
  for (size_t small : {0, 1, 5, 100}) {
    for (size_t large : {0, 3, 100, 5000}) {
      auto a = random_postings(random, small, 6000);
      auto b = random_postings(random, large, 6000);
      Postings both;
      Postings less;
      Postings more;
      Postings any;
      std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
      std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(less));
      std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(more));
      std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(any));
      CHECK_EQ(intersect(a, b), both);
      CHECK_EQ(intersect(b, a), both);
      CHECK_EQ(subtract(a, b), less);
      CHECK_EQ(subtract(b, a), more);
      CHECK_EQ(unite({a, {}, b, a}), any);
      CHECK_EQ(have_common(a, b), !both.empty());
    }
  }
}

TEST_CASE("postings: references are sorted, each once, dense or sparse") {
  std::mt19937 random(2);
  for (SeriesRef step : {1U, 3U, 50U, 1000U, 4'000'000U}) {
    Postings refs;
    for (int i = 0; i < 1000; ++i)
      refs.push_back(7 + static_cast<SeriesRef>(random() % 1000) * step);
    std::set<SeriesRef> wanted(refs.begin(), refs.end());
    sort_unique(refs);
    CHECK_EQ(refs, Postings(wanted.begin(), wanted.end()));
    CHECK_EQ(unite({refs, {1}, refs, {2, 0xffffffff}}).size(), refs.size() + 3);
  }
  Postings none;
  sort_unique(none);
  CHECK(none.empty());
}

TEST_CASE("postings table: values by prefix, and many values in one walk") {
  std::vector<testing::IndexSeries> series;
  std::set<std::string> values;
  for (int i = 0; i < 500; ++i) values.insert("v" + std::to_string(i * i));
  for (const auto& value : values) series.push_back({Labels{{"a", "x"}, {"b", value}}, {}});
  auto index = IndexReader::open(Bytes::own(testing::index_v1(series)));
  REQUIRE_MESSAGE(index.ok(), index.status().to_string());
  const auto& table = index->postings_table();
  using Texts = std::vector<std::string>;
  for (const char* prefix : {"", "v", "v1", "v22", "v249001", "v9", "u", "w"}) {
    CAPTURE(prefix);
    Texts wanted;
    Texts got;
    for (const auto& value : values) {
      if (value.starts_with(prefix)) wanted.push_back(value);
    }
    table.for_each("b", prefix, [&](const PostingsEntry& entry) { got.emplace_back(entry.value); });
    CHECK_EQ(got, wanted);
  }
  std::mt19937 random(3);
  for (size_t share : {1, 2, 7, 100, 600}) {
    CAPTURE(share);
    std::set<std::string> asked{"", "v0", "zz"};
    for (int i = 0; i < 1000; ++i) {
      if (random() % share == 0) asked.insert("v" + std::to_string(i));
      if (random() % share == 0) asked.insert("v" + std::to_string(i * i));
    }
    Texts wanted;
    std::set_intersection(asked.begin(), asked.end(), values.begin(), values.end(),
                          std::back_inserter(wanted));
    Texts got;
    Texts sorted(asked.begin(), asked.end());
    table.find_each("b", sorted,
                    [&](const PostingsEntry& entry) { got.emplace_back(entry.value); });
    CHECK_EQ(got, wanted);
    for (const auto& value : asked) {
      CHECK_EQ(table.find("b", value).has_value(), values.contains(value));
    }
  }
  table.for_each("absent", {}, [&](const PostingsEntry&) { FAIL("no such label"); });
  CHECK_FALSE(table.find("b", "v").has_value());
}

TEST_CASE("selection: over a block of Prometheus, the same series as by looking at each") {
  auto golden = testing::golden_dir();
  if (!golden) return;
  auto block = Block::open(*golden / "raw" / testing::golden_blocks(*golden, "raw_a")[0]);
  REQUIRE(block);
  auto labels_of = [&](std::span<const Matcher> matchers) {
    std::vector<Labels> result;
    auto selection = (*block)->select(matchers, {1, 0});  // labels only
    REQUIRE(selection);
    BlockSeries series;
    while (*(*selection)->next(series)) result.push_back(series.labels);
    return result;
  };
  auto all = labels_of({});
  CHECK_EQ(all.size(), 28);
  CHECK(std::is_sorted(all.begin(), all.end()));
  const std::vector<std::vector<Matcher>> cases = {
      {Matcher::equal("__name__", "nh_counter")},
      {Matcher::not_equal("job", "")},
      {Matcher::equal("job", "")},
      {*Matcher::regex("__name__", "nh_.*"), Matcher::not_equal("job", "api")},
      {*Matcher::not_regex("__name__", "nh_.*|utf8"), *Matcher::regex("job", "api|web|")},
  };
  for (const auto& matchers : cases) {
    INFO(to_string(matchers));
    std::vector<Labels> expected;
    std::set<std::string> names;
    std::set<std::string> metrics;
    for (const auto& labels : all) {
      if (!matches_all(matchers, labels)) continue;
      expected.push_back(labels);
      metrics.emplace(labels.get(kMetricName));
      for (const auto& label : labels) names.emplace(label.name);
    }
    CHECK_EQ(labels_of(matchers), expected);
    CHECK_EQ(*(*block)->label_names(matchers),
             std::vector<std::string>(names.begin(), names.end()));
    CHECK_EQ(*(*block)->label_values(kMetricName, matchers),
             std::vector<std::string>(metrics.begin(), metrics.end()));
  }
  CHECK((*block)->label_values("absent", {})->empty());
}
