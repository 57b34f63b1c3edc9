// SPDX-License-Identifier: Apache-2.0
#include "golden_calls.hpp"
#include "recording_store.hpp"

#include "rpc/messages.hpp"
#include "rpc/series_frame.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::rpc_testing;

namespace {

std::vector<Series> decode(const std::vector<std::string>& frames,
                           rpc::SeriesFrameDecoder& decoder) {
  std::vector<Series> all;
  for (const auto& frame : frames) {
    decoder.start(Bytes::copy_of(frame));
    Series series;
    while (true) {
      auto more = decoder.next(series);
      REQUIRE_MESSAGE(more.ok(), more.status().to_string());
      if (!*more) break;
      all.push_back(series);
    }
  }
  return all;
}

}  // namespace

TEST_CASE("golden: Series answers of Thanos survive decoding and encoding") {
  size_t series_seen = 0;
  for (const auto& call : golden_calls()) {
    if (call.method != "/thanos.Store/Series") continue;
    CAPTURE(call.server);
    CAPTURE(call.name);
    rpc::SeriesFrameDecoder decoder;
    rpc::SeriesFrameEncoder encoder;
    for (const auto& frame : call.responses) {
      auto series = decode({frame}, decoder);
      for (const auto& one : series) REQUIRE(encoder.add(one).ok());
      series_seen += series.size();
      if (series.empty()) continue;
      bool batched = frame[0] == '\x22';
      auto header = batched ? encoder.batch_header() : "";
      auto again = header + encoder.take_body();
      // Thanos' own bytes, chunk hashes included.
      CHECK_EQ(again.size(), frame.size());
      CHECK((again == frame));
    }
  }
  if (!golden_calls().empty()) CHECK_GT(series_seen, 400U);
}

TEST_CASE("golden: requests to Thanos survive decoding and encoding") {
  for (const auto& call : golden_calls()) {
    CAPTURE(call.name);
    auto bytes = Bytes::copy_of(call.request);
    bool is_bad = call.name == "bad regex";
    auto check = [&](const auto& request, auto decode_again) {
      CHECK_EQ(request.ok(), !is_bad);
      if (is_bad) CHECK_EQ(request.status().code(), Code::kInvalidArgument);
      if (!request.ok()) return;
      auto encoded = rpc::encode(*request);
      auto again = decode_again(Bytes::copy_of(encoded));
      REQUIRE(again.ok());
      CHECK_EQ(rpc::encode(*again), encoded);
      CHECK_EQ(encoded, call.request);
    };
    if (call.method == "/thanos.Store/Series") {
      check(rpc::decode_series_request(bytes), rpc::decode_series_request);
    } else if (call.method == "/thanos.Store/LabelNames") {
      check(rpc::decode_label_names_request(bytes), rpc::decode_label_names_request);
    } else if (call.method == "/thanos.Store/LabelValues") {
      check(rpc::decode_label_values_request(bytes), rpc::decode_label_values_request);
    }
  }
}

TEST_CASE("golden: what Thanos components say of themselves") {
  for (const auto& call : golden_calls()) {
    if (call.method != "/thanos.info.Info/Info") continue;
    CAPTURE(call.server);
    REQUIRE_EQ(call.responses.size(), 1U);
    auto info = rpc::decode_endpoint_info(Bytes::copy_of(call.responses[0]));
    REQUIRE(info.ok());
    CHECK(info->serves_store);
    CHECK(info->store.supports_without_replica_labels);
    REQUIRE_FALSE(info->store.label_sets.empty());
    CHECK_EQ(info->store.label_sets[0].get("cluster"), "golden");
    CHECK_EQ(info->store.range.min, 1780272000000);
    std::string kind = call.server.find("query") != std::string::npos   ? "query"
                       : call.server.find("store") != std::string::npos ? "store"
                                                                        : "sidecar";
    CHECK_EQ(info->store.component_type, kind);
    auto again = rpc::decode_endpoint_info(Bytes::copy_of(rpc::encode(*info)));
    REQUIRE(again.ok());
    CHECK_EQ(again->store.label_sets, info->store.label_sets);
    CHECK_EQ(again->store.tsdb_infos.size(), info->store.tsdb_infos.size());
    CHECK_EQ(again->store.range, info->store.range);
  }
}
