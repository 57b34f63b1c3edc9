// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/prometheus_store.hpp"

#include "base/crc32c.hpp"
#include "base/proto_wire.hpp"
#include "store/series_stream.hpp"
#include "support/http_peer.hpp"

#include <doctest/doctest.h>
#include <snappy.h>

#include <string>
#include <utility>
#include <vector>

using namespace mnemo;
using testing::HttpPeer;
using testing::PeerConnection;
using testing::PeerRequest;

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string label_messages(const Pairs& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    std::string label;
    ProtoWriter writer(label);
    writer.string(1, name);
    writer.string(2, value);
    ProtoWriter(out).string_always(1, label);
  }
  return out;
}

/// A frame with one series of one chunk at `time`, whose data is `data`.
std::string frame(const Pairs& labels, int64_t time, const std::string& data, uint64_t type = 1) {
  std::string chunk;
  ProtoWriter chunk_writer(chunk);
  chunk_writer.int64(1, time);
  chunk_writer.int64(2, time);
  chunk_writer.varint(3, type);
  chunk_writer.string(4, data);
  std::string series = label_messages(labels);
  ProtoWriter(series).string_always(2, chunk);
  std::string message;
  ProtoWriter(message).string_always(1, series);
  std::string out;
  append_uvarint(out, message.size());
  append_be32(out, crc32c({reinterpret_cast<const uint8_t*>(message.data()), message.size()}));
  return out + message;
}

/// A server that claims the external labels {cluster="c", replica="r"} and answers remote reads
/// with `frames`.
class FakePrometheus {
 public:
  explicit FakePrometheus(std::string frames, std::string names = R"(["__name__","a"])")
      : frames_(std::move(frames)),
        names_(std::move(names)),
        peer_([this](auto& r, auto& c) { answer(r, c); }) {
    auto client = HttpClient::make({});
    auto api = std::make_shared<PrometheusApi>(*client, peer_.url("/prefix/"));
    PrometheusStoreOptions options;
    options.metrics = metrics;
    store = std::make_unique<PrometheusStore>(api, options);
    REQUIRE(store->refresh(Context()).ok());
  }

  std::shared_ptr<Metrics> metrics = std::make_shared<Metrics>();
  std::unique_ptr<PrometheusStore> store;
  std::string content_type =
      "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
  std::string read_request;

 private:
  void answer(const PeerRequest& request, PeerConnection& connection) {
    auto has = [&](const char* path) { return request.head.find(path) != std::string::npos; };
    auto success = [&](const std::string& data) {
      connection.answer("200 OK", R"({"status":"success","data":)" + data + "}");
    };
    if (has(" /prefix/api/v1/status/config ")) {
      success(R"({"yaml":"global:\n  external_labels: {cluster: c, replica: r}\n"})");
    } else if (has(" /prefix/api/v1/status/buildinfo ")) {
      success(R"({"version":"3.5.0"})");
    } else if (has(" /prefix/metrics ")) {
      connection.answer("200 OK", "\nprometheus_tsdb_lowest_timestamp_seconds 1\n");
    } else if (has(" /prefix/api/v1/labels ")) {
      success(names_);
    } else if (has(" /prefix/api/v1/read ")) {
      snappy::Uncompress(request.body.data(), request.body.size(), &read_request);
      connection.answer("200 OK", frames_, "Content-Type: " + content_type + "\r\n");
    } else {
      connection.answer("404 Not Found", "no such page");
    }
  }

  std::string frames_;
  std::string names_;
  HttpPeer peer_;
};

/// One line a series: its labels, and "time=data" of each chunk.
Result<std::string> lines_of(Store& store, const SeriesRequest& request) {
  MNEMO_TRY(auto stream, store.series(Context(), request));
  MNEMO_TRY(auto all, read_all(*stream));
  std::string out;
  for (const auto& series : all) {
    out += series.labels.to_string();
    for (const auto& chunk : series.chunks) {
      out += " " + std::to_string(chunk.min_time) + "=" + std::string(chunk.raw->data.as_string());
    }
    out += "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("prometheus store: external labels change the order, which is restored") {
  FakePrometheus fake(
      frame({{"__name__", "m"}, {"cluster", "c"}, {"replica", "r"}}, 1, "x") +
      frame({{"__name__", "m"}, {"a", "1"}, {"cluster", "c"}, {"replica", "r"}}, 2, "y"));
  auto lines = lines_of(*fake.store, {});
  REQUIRE(lines);
  CHECK_EQ(*lines,
           "{__name__=\"m\", a=\"1\", cluster=\"c\", replica=\"r\"} 2=y\n"
           "{__name__=\"m\", cluster=\"c\", replica=\"r\"} 1=x\n");
}

TEST_CASE("prometheus store: a series split over frames is one series") {
  const Pairs labels = {{"__name__", "m"}, {"cluster", "c"}, {"replica", "r"}};
  FakePrometheus fake(frame(labels, 1, "x") + frame(labels, 2, "y") + frame(labels, 3, "z", 2));
  auto lines = lines_of(*fake.store, {});
  REQUIRE(lines);
  CHECK_EQ(*lines, "{__name__=\"m\", cluster=\"c\", replica=\"r\"} 1=x 2=y 3=z\n");
  CHECK_NE(fake.metrics->render().find("prometheus_store_received_frames_sum 3"),
           std::string::npos);
}

TEST_CASE("prometheus store: external labels win over a series' own, and what becomes one is one") {
  FakePrometheus fake(
      frame({{"__name__", "m"}, {"cluster", "c"}, {"replica", "r"}, {"z", "1"}}, 5, "x") +
          frame({{"__name__", "m"}, {"cluster", "c"}, {"replica", "own"}, {"z", "0"}}, 1, "y") +
          frame({{"__name__", "m"}, {"cluster", "c"}, {"replica", "own"}, {"z", "1"}}, 2, "z"),
      R"(["__name__","replica","z"])");
  auto lines = lines_of(*fake.store, {});
  REQUIRE(lines);
  CHECK_EQ(*lines,
           "{__name__=\"m\", cluster=\"c\", replica=\"r\", z=\"0\"} 1=y\n"
           "{__name__=\"m\", cluster=\"c\", replica=\"r\", z=\"1\"} 2=z 5=x\n");
  SeriesRequest without;
  without.without_replica_labels = {"replica", "z"};
  lines = lines_of(*fake.store, without);
  REQUIRE(lines);
  CHECK_EQ(*lines, "{__name__=\"m\", cluster=\"c\"} 1=y 2=z 5=x\n");
}

TEST_CASE("prometheus store: matchers on external labels are resolved here and not sent") {
  FakePrometheus fake("");
  SeriesRequest request;
  request.matchers = {Matcher::equal("cluster", "c"), Matcher::equal("a", "1"),
                      *Matcher::regex("replica", "r|s")};
  REQUIRE(lines_of(*fake.store, request).ok());
  CHECK_NE(fake.read_request.find("\x12\x01"
                                  "a\x1a\x01"
                                  "1"),
           std::string::npos);
  CHECK_EQ(fake.read_request.find("cluster"), std::string::npos);
  CHECK_EQ(fake.read_request.find("replica"), std::string::npos);
  CHECK(fake.read_request.ends_with(std::string("\x12\x02\x01\x00", 4)));

  fake.read_request.clear();
  request.matchers = {Matcher::not_equal("cluster", "c")};
  auto lines = lines_of(*fake.store, request);
  REQUIRE(lines);
  CHECK_EQ(*lines, "");
  CHECK_EQ(fake.read_request, "");
}

TEST_CASE("prometheus store: hostile answers are refused with their reason") {
  const Pairs labels = {{"__name__", "m"}, {"cluster", "c"}, {"replica", "r"}};
  auto error = [](std::string frames) {
    FakePrometheus fake(std::move(frames));
    return lines_of(*fake.store, {}).status().to_string();
  };
  CHECK_EQ(error(frame(labels, 1, "x").substr(0, 20)),
           "DataLoss: remote read: frame at offset 0: the answer ends within it");
  CHECK_EQ(error(frame(labels, 1, "x", 7)), "Unimplemented: remote read: chunk encoding 7");
  CHECK_EQ(error(frame({{"", "x"}}, 1, "x")), "DataLoss: remote read: malformed label");
  CHECK_EQ(error(frame({{"__name__", "n"}}, 1, "x") + frame({{"__name__", "m"}}, 1, "x")),
           "Aborted: remote read: series out of order: {__name__=\"m\", cluster=\"c\", "
           "replica=\"r\"} after {__name__=\"n\", cluster=\"c\", replica=\"r\"}");
}

TEST_CASE("prometheus store: an answer in samples is encoded into chunks") {
  std::string series = label_messages({{"__name__", "m"}});
  for (int i = 0; i < 130; ++i) {
    std::string sample;
    ProtoWriter writer(sample);
    writer.fixed_double(1, i);
    writer.int64(2, 1000 * i);
    ProtoWriter(series).string_always(2, sample);
  }
  std::string result;
  ProtoWriter(result).string_always(1, series);
  std::string response;
  ProtoWriter(response).string_always(1, result);
  std::string compressed;
  snappy::Compress(response.data(), response.size(), &compressed);
  FakePrometheus fake(compressed);
  fake.content_type = "application/x-protobuf";
  auto stream = fake.store->series(Context(), {});
  REQUIRE(stream);
  auto all = read_all(**stream);
  REQUIRE(all);
  REQUIRE_EQ(all->size(), 1);
  REQUIRE_EQ(all->at(0).chunks.size(), 2);
  CHECK_EQ(all->at(0).chunks[0].max_time, 119'000);
  CHECK_EQ(all->at(0).chunks[1].min_time, 120'000);
  fake.content_type = "text/html";
  CHECK_EQ(fake.store->series(Context(), {}).status().code(), Code::kUnimplemented);
}

TEST_CASE("prometheus store: before the first refresh it serves nothing; errors carry their code") {
  HttpPeer peer([](const PeerRequest&, PeerConnection& connection) {
    connection.answer("503 Service Unavailable", "Service Unavailable\n");
  });
  auto api = std::make_shared<PrometheusApi>(*HttpClient::make({}), peer.url());
  PrometheusStore store(api, {});
  CHECK_EQ(store.series(Context(), {}).status().code(), Code::kUnavailable);
  CHECK(store.info().label_sets.empty());
  auto status = store.refresh(Context());
  CHECK_EQ(status, Status::unavailable("GET " + peer.url("/api/v1/status/buildinfo") +
                                       ": HTTP status 503: Service Unavailable"));
}
