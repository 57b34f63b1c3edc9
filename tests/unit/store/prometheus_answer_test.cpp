// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/api_answer.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mnemo;

TEST_CASE("prometheus answers: lists of texts and of label sets, with warnings") {
  auto names = parse_list_answer(
      R"({"status":"success","data":["__name__","job"],"warnings":["w1"],"infos":["i"]})");
  REQUIRE(names);
  CHECK_EQ(names->values, std::vector<std::string>{"__name__", "job"});
  CHECK_EQ(names->warnings, std::vector<std::string>{"w1"});
  auto series = parse_series_answer(
      R"({"status":"success","data":[{"job":"a","__name__":"up"},{},{"__name__":"x\u00e9"}]})");
  REQUIRE(series);
  REQUIRE_EQ(series->series.size(), 3);
  CHECK_EQ(series->series[0], Labels{{"__name__", "up"}, {"job", "a"}});
  CHECK(series->series[1].empty());
  CHECK_EQ(series->series[2], Labels{{"__name__", "x\xc3\xa9"}});
}

TEST_CASE("prometheus answers: errors and what is no answer are told apart") {
  CHECK_EQ(parse_list_answer(R"({"status":"error","errorType":"bad_data","error":"why"})").status(),
           Status::unknown("why"));
  for (auto text : {"", "{", "[]", "null", "{\"data\":[]}", "<html>", "{\"status\":\"success\"",
                    "{\"status\":\"success\",\"data\":[\"a\""}) {
    CHECK_EQ(parse_list_answer(text).status().code(), Code::kDataLoss);
    CHECK_EQ(parse_object_answer(text).status().code(), Code::kDataLoss);
  }
  std::string deep = R"({"status":"success","data":)" + std::string(100000, '[');
  CHECK_EQ(parse_series_answer(deep).status().code(), Code::kDataLoss);
}

TEST_CASE("prometheus answers: external labels are read as texts") {
  auto labels = parse_external_labels(
      "global:\n  scrape_interval: 15s\n  external_labels:\n    replica: 1\n    a: \"yes\"\n"
      "scrape_configs: []\n");
  REQUIRE(labels);
  CHECK_EQ(*labels, Labels{{"a", "yes"}, {"replica", "1"}});
  CHECK(parse_external_labels("global: {}")->empty());
  CHECK(parse_external_labels("{}")->empty());
  CHECK_EQ(parse_external_labels("a: [").status().code(), Code::kDataLoss);
  CHECK_EQ(parse_external_labels("global: {external_labels: {a: [1]}}").status().code(),
           Code::kDataLoss);
}

TEST_CASE("prometheus answers: flags as 2.x and 3.x name them") {
  auto flags = parse_flags({{"storage.tsdb.path", "data/"},
                            {"storage.tsdb.min-block-duration", "2h"},
                            {"storage.tsdb.max-block-duration", "1d12h"},
                            {"storage.tsdb.retention", "0s"},
                            {"storage.tsdb.retention.time", "15d"},
                            {"web.enable-admin-api", "true"}});
  REQUIRE(flags);
  CHECK_EQ(flags->tsdb_path, "data/");
  CHECK_EQ(flags->min_block_duration, 7'200'000);
  CHECK_EQ(flags->max_block_duration, 129'600'000);
  CHECK_EQ(flags->retention, 1'296'000'000);
  CHECK(flags->admin_api);
  CHECK_FALSE(flags->lifecycle);
  CHECK_FALSE(parse_flags({{"storage.tsdb.min-block-duration", "soon"}}).ok());
}

TEST_CASE("prometheus answers: the oldest sample's time, also of an empty server") {
  const std::string name = "prometheus_tsdb_lowest_timestamp_seconds ";
  CHECK_EQ(parse_lowest_time("# HELP x\n" + name + "1.7802720001e+09\nx 1\n"), 1780272000100);
  CHECK_EQ(parse_lowest_time("\n" + name + "9.223372036854776e+15\n"), kMinTime);
  CHECK_EQ(parse_lowest_time("\n" + name + "NaN\n"), kMinTime);
  CHECK_EQ(parse_lowest_time("nothing"), kMinTime);
}

TEST_CASE("prometheus answers: label names in paths are escaped as Prometheus 3 does") {
  CHECK_EQ(label_name_in_path("job"), "job");
  CHECK_EQ(label_name_in_path("a_b.c/d"), "U__a__b_2e_c_2f_d");
  CHECK_EQ(label_name_in_path("1h\xc3\xa9\xf0\x9f\x98\x80"), "U___31_h_e9__1f600_");
}
