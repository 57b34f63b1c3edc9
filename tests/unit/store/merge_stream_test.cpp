// SPDX-License-Identifier: Apache-2.0
#include "store/merge_stream.hpp"

#include "store/series_stream.hpp"
#include "support/fake_store.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

std::unique_ptr<SeriesStream> stream_of(std::vector<Series> series,
                                        std::vector<std::string> warnings = {}) {
  return std::make_unique<VectorSeriesStream>(std::move(series), std::move(warnings));
}

template <typename... Streams>
std::unique_ptr<SeriesStream> merged(int64_t limit, Streams... streams) {
  std::vector<std::unique_ptr<SeriesStream>> sources;
  (sources.push_back(std::move(streams)), ...);
  return merge_streams(std::move(sources), limit);
}

Series one(const char* value, std::vector<AggregateChunk> chunks = {}) {
  return {Labels{{"a", value}}, std::move(chunks)};
}

}  // namespace

TEST_CASE("merge: series of several streams come sorted, each once") {
  auto stream =
      merged(0, stream_of({one("1"), one("4"), one("7")}), stream_of({one("2"), one("4")}),
             stream_of({}), stream_of({one("0")}), stream_of({one("3"), one("9")}));
  CHECK_EQ(contents(*stream),
           "{a=\"0\"}\n{a=\"1\"}\n{a=\"2\"}\n{a=\"3\"}\n{a=\"4\"}\n{a=\"7\"}\n{a=\"9\"}\n");
}

TEST_CASE("merge: chunks of the same series are put in order, copies left out") {
  auto stream = merged(0, stream_of({one("1", {chunk_of(0, 9, "x"), chunk_of(20, 29, "z")})}),
                       stream_of({one("1", {chunk_of(0, 9, "x"), chunk_of(10, 19, "y")})}),
                       stream_of({one("1", {chunk_of(0, 9, "other")})}));
  CHECK_EQ(contents(*stream), "{a=\"1\"} 0-9:x 0-9:other 10-19:y 20-29:z\n");
}

TEST_CASE("merge: parts of one series in one stream become one") {
  auto stream = merged(
      0, stream_of({one("1", {chunk_of(0, 9, "x")}), one("1", {chunk_of(10, 19, "y")}), one("2")}));
  CHECK_EQ(contents(*stream), "{a=\"1\"} 0-9:x 10-19:y\n{a=\"2\"}\n");
}

TEST_CASE("merge: the limit ends the stream, warnings are gathered once") {
  auto stream = merged(2, stream_of({one("1"), one("2"), one("3")}, {"careful", "twice"}),
                       stream_of({one("1")}, {"twice"}));
  CHECK_EQ(contents(*stream), "{a=\"1\"}\n{a=\"2\"}\n");
  CHECK_EQ(stream->warnings(), std::vector<std::string>{"careful", "twice"});
}

TEST_CASE("merge: nothing to merge is an empty stream") {
  auto stream = merge_streams({});
  CHECK_EQ(contents(*stream), "");
}

TEST_CASE("merge: a failing source fails the merged stream") {
  FakeBehaviour behaviour;
  behaviour.read_failure = Status::data_loss("torn");
  behaviour.read_failure_after = 1;
  FakeStore failing({one("1"), one("3")}, behaviour);
  auto source = failing.series(Context(), {});
  REQUIRE(source.ok());
  auto stream = merged(0, *std::move(source), stream_of({one("2")}));
  CHECK_EQ(contents(*stream), "! DataLoss: torn\n");
}

TEST_CASE("resorting stream: replica labels are left out and the rest is sorted again") {
  std::vector<Series> series{{Labels{{"a", "1"}, {"r", "x"}}, {}},
                             {Labels{{"a", "1"}, {"r", "y"}, {"z", "1"}}, {}},
                             {Labels{{"a", "1"}, {"r", "z"}}, {}}};
  auto stream = make_resorting_stream(stream_of(std::move(series)), {"r"}, 1 << 20);
  CHECK_EQ(contents(*stream), "{a=\"1\"}\n{a=\"1\"}\n{a=\"1\", z=\"1\"}\n");
}

TEST_CASE("resorting stream: its memory is bounded") {
  auto stream = make_resorting_stream(stream_of({one("1"), one("2")}), {"r"}, 10);
  Series series;
  CHECK_EQ(stream->next(series).status().code(), Code::kResourceExhausted);
}
