// SPDX-License-Identifier: Apache-2.0
#include "store/limited_store.hpp"

#include "support/fake_store.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using testing::chunk_of;

namespace {

std::string read_with(StoreLimits limits, const std::shared_ptr<Metrics>& metrics = {}) {
  std::vector<Series> series = {{Labels{{"a", "1"}}, {chunk_of(1, 2, "x"), chunk_of(3, 4, "y")}},
                                {Labels{{"a", "2"}}, {chunk_of(1, 2, "z")}}};
  auto store =
      make_limited_store(std::make_shared<testing::FakeStore>(std::move(series)), limits, metrics);
  auto stream = store->series(Context(), {});
  REQUIRE(stream.ok());
  return testing::contents(**stream);
}

}  // namespace

TEST_CASE("limited store: as many series and samples as allowed pass") {
  auto whole = "{a=\"1\"} 1-2:x 3-4:y\n{a=\"2\"} 1-2:z\n";
  CHECK_EQ(read_with({}), whole);
  CHECK_EQ(read_with({2, 360}), whole);
}

TEST_CASE("limited store: one more fails the call, and is counted") {
  auto metrics = std::make_shared<Metrics>();
  CHECK_EQ(read_with({1, 0}, metrics),
           "{a=\"1\"} 1-2:x 3-4:y\n"
           "! ResourceExhausted: failed to send series: limit 1 violated (got 2)\n");
  CHECK_EQ(read_with({0, 359}, metrics),
           "{a=\"1\"} 1-2:x 3-4:y\n"
           "! ResourceExhausted: failed to send samples: limit 359 violated (got 360)\n");
  auto text = metrics->render();
  CHECK(text.find("thanos_store_selects_dropped_total{reason=\"series\"} 1") != std::string::npos);
  CHECK(text.find("thanos_store_selects_dropped_total{reason=\"chunks\"} 1") != std::string::npos);
  CHECK(text.find("thanos_store_server_pending_series_requests 0") != std::string::npos);
  CHECK(text.find("thanos_store_server_series_requested_count 2") != std::string::npos);
}
