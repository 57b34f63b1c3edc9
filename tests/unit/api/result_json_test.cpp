// SPDX-License-Identifier: Apache-2.0
// The expected texts are what Prometheus 3.14 prints for these values.
#include "api/result_json.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <memory>

using namespace mnemo;
using namespace mnemo::api;

namespace {

std::string value(double v) {
  std::string out;
  append_sample_value(out, v);
  return out;
}

std::string timestamp(int64_t t) {
  std::string out;
  append_timestamp(out, t);
  return out;
}

std::string histogram_json(const FloatHistogram& h) {
  std::string out;
  append_histogram(out, h);
  return out;
}

}  // namespace

TEST_CASE("result json: sample values as Prometheus prints them") {
  CHECK_EQ(value(1e21), "\"1e+21\"");
  CHECK_EQ(value(123456789012345680000.0), "\"123456789012345680000\"");
  CHECK_EQ(value(1e-7), "\"1e-07\"");
  CHECK_EQ(value(0.000001), "\"0.000001\"");
  CHECK_EQ(value(-0.0), "\"-0\"");
  CHECK_EQ(value(5e-324), "\"5e-324\"");
  CHECK_EQ(value(std::numeric_limits<double>::max()), "\"1.7976931348623157e+308\"");
  CHECK_EQ(value(-std::numeric_limits<double>::infinity()), "\"-Inf\"");
  CHECK_EQ(value(std::numeric_limits<double>::quiet_NaN()), "\"NaN\"");
}

TEST_CASE("result json: timestamps are seconds with the decimals they need") {
  CHECK_EQ(timestamp(1435781451781), "1435781451.781");
  CHECK_EQ(timestamp(1435781451000), "1435781451");
  CHECK_EQ(timestamp(1435781451050), "1435781451.050");
  CHECK_EQ(timestamp(-1005), "-1.005");
  CHECK_EQ(timestamp(std::numeric_limits<int64_t>::min()), "-9223372036854775.808");
}

TEST_CASE("result json: a native histogram with both sides and a zero bucket") {
  FloatHistogram h;
  h.schema = 1;
  h.zero_threshold = 0.001;
  h.zero_count = 3;
  h.count = 14;
  h.sum = 2.5;
  h.negative_spans = {{1, 2}};
  h.negative_buckets = {0, 2};
  h.positive_spans = {{0, 2}};
  h.positive_buckets = {4, 5};
  CHECK_EQ(histogram_json(h),
           R"({"count":"14","sum":"2.5","buckets":[[1,"-2","-1.414213562373095","2"],)"
           R"([3,"-0.001","0.001","3"],[0,"0.7071067811865475","1","4"],)"
           R"([0,"1","1.414213562373095","5"]]})");
}

TEST_CASE("result json: a native histogram with custom buckets, and an empty one") {
  FloatHistogram h;
  CHECK_EQ(histogram_json(h), R"({"count":"0","sum":"0"})");
  h.schema = kCustomBucketsSchema;
  h.custom_values = {0.1, 1};
  h.positive_spans = {{0, 3}};
  h.positive_buckets = {1, 0, 2};
  h.count = 3;
  CHECK_EQ(histogram_json(h),
           R"({"count":"3","sum":"0","buckets":[[3,"-Inf","0.1","1"],[0,"1","+Inf","2"]]})");
}

TEST_CASE("result json: a matrix with floats and histograms, a string, an empty vector") {
  QueryResult result;
  std::string out;
  append_result(out, result, 0);
  CHECK_EQ(out, R"("resultType":"vector","result":[])");

  result.type = ValueType::kMatrix;
  ResultSeries series;
  series.labels = Labels{{"__name__", "up"}, {"job", "a\"b"}};
  series.samples.append(1000, 1);
  series.samples.append(2500, 2);
  series.samples.append(3000, std::make_shared<const FloatHistogram>());
  result.series.push_back(series);
  out.clear();
  append_result(out, result, 0);
  CHECK_EQ(out, R"("resultType":"matrix","result":[{"metric":{"__name__":"up","job":"a\"b"},)"
                R"("values":[[1,"1"],[2.500,"2"]],"histograms":[[3,{"count":"0","sum":"0"}]]}])");

  result.type = ValueType::kString;
  result.string_value = "s";
  out.clear();
  append_result(out, result, 1500);
  CHECK_EQ(out, R"("resultType":"string","result":[1.500,"s"])");
}
