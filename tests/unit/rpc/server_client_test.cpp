// SPDX-License-Identifier: Apache-2.0
#include "recording_store.hpp"

#include "rpc/client.hpp"
#include "rpc/server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <sstream>
#include <thread>
#include <vector>

using namespace mnemo;
using namespace mnemo::rpc_testing;
using namespace std::chrono_literals;

namespace {

/// A recording store behind a server, and a client for it.
struct Pair {
  std::shared_ptr<RecordedCalls> state = std::make_shared<RecordedCalls>();
  std::shared_ptr<Metrics> metrics = std::make_shared<Metrics>();
  std::unique_ptr<rpc::GrpcServer> server;
  std::shared_ptr<rpc::GrpcStore> client;

  explicit Pair(rpc::GrpcServerOptions server_options = {},
                rpc::GrpcStoreOptions client_options = {}) {
    server_options.address = "127.0.0.1:0";
    server_options.metrics = metrics;
    auto started = rpc::GrpcServer::start(std::make_shared<RecordingStore>(state), server_options);
    REQUIRE_MESSAGE(started.ok(), started.status().to_string());
    server = *std::move(started);
    server->set_ready(true);
    client_options.address = "127.0.0.1:" + std::to_string(server->port());
    auto made = rpc::GrpcStore::create(client_options);
    REQUIRE(made.ok());
    client = *made;
  }
};

Context within(std::chrono::milliseconds time) { return Context().with_timeout(time); }

std::vector<Series> many_series(size_t count, size_t chunk_bytes) {
  std::vector<Series> all;
  for (size_t i = 0; i < count; ++i) {
    auto number = std::to_string(100000 + i);
    all.push_back(series_of({{"__name__", "m"}, {"i", number}}, 1, 2,
                            std::string(chunk_bytes, static_cast<char>('a' + i % 26))));
  }
  return all;
}

}  // namespace

TEST_CASE("rpc: a Series answer arrives as the store gave it, batched or not") {
  Pair pair;
  pair.state->series = many_series(150, 100);
  Series aggregated;
  aggregated.labels = {{"a", "z"}};
  auto& chunk = aggregated.chunks.emplace_back();
  chunk.min_time = -5;
  chunk.max_time = 7;
  chunk.set(Aggregate::kCount, chunk_of(-5, 7, ChunkEncoding::kXor, "count"));
  chunk.set(Aggregate::kSum, chunk_of(-5, 7, ChunkEncoding::kXor, std::string(300, 's')));
  chunk.set(Aggregate::kMin, chunk_of(-5, 7, ChunkEncoding::kHistogram, "min"));
  chunk.set(Aggregate::kMax, chunk_of(-5, 7, ChunkEncoding::kFloatHistogram, "max"));
  chunk.set(Aggregate::kCounter, chunk_of(-5, 7, ChunkEncoding::kXor, std::string("\0\1", 2)));
  pair.state->series.push_back(aggregated);
  pair.state->series.push_back({Labels{{"b", "no chunks"}}, {}});
  pair.state->warnings = {"one", "two"};
  pair.state->blocks = {"01AAAAAAAAAAAAAAAAAAAAAAAA", "01BBBBBBBBBBBBBBBBBBBBBBBB"};
  std::vector<std::string> want;
  for (const auto& series : pair.state->series) want.push_back(text_of(series));

  for (int64_t batch : {0, 1, 2, 64, 1000}) {
    CAPTURE(batch);
    SeriesRequest request;
    request.response_batch_size = batch;
    auto stream = pair.client->series(within(10s), request);
    REQUIRE(stream.ok());
    auto got = drain(**stream);
    REQUIRE_MESSAGE(got.ok(), got.status().to_string());
    CHECK_EQ(*got, want);
    CHECK_EQ((*stream)->warnings(), pair.state->warnings);
    CHECK_EQ((*stream)->queried_blocks(), pair.state->blocks);
  }
}

TEST_CASE("rpc: every field of a Series request reaches the store") {
  Pair pair;
  SeriesRequest request;
  request.range = {-1000, 2000};
  request.matchers = {Matcher::equal("a", "b"), *Matcher::not_regex("c", "d|e")};
  request.max_resolution_window = 300000;
  request.aggregates = {Aggregate::kCount, Aggregate::kRaw, Aggregate::kCounter};
  request.partial_response = PartialResponse::kAbort;
  request.skip_chunks = true;
  request.without_replica_labels = {"replica", "prometheus"};
  request.shard_info = ShardInfo{1, 3, true, {"pod"}};
  request.query_hints = {15000, 300000, "rate", true, {"job"}};
  request.limit = 7;
  request.response_batch_size = 64;
  request.block_matchers = {Matcher::equal("__block_id", "01X")};
  REQUIRE(drain(pair.client->series(within(10s), request)).ok());

  const auto& got = pair.state->series_request;
  CHECK_EQ(got.range, request.range);
  CHECK_EQ(got.matchers, request.matchers);
  CHECK_EQ(got.max_resolution_window, 300000);
  CHECK_EQ(got.aggregates, request.aggregates);
  CHECK_EQ(got.partial_response, PartialResponse::kAbort);
  CHECK(got.skip_chunks);
  CHECK_EQ(got.without_replica_labels, request.without_replica_labels);
  REQUIRE(got.shard_info.has_value());
  CHECK_EQ(got.shard_info->shard_index, 1);
  CHECK_EQ(got.shard_info->total_shards, 3);
  CHECK(got.shard_info->by);
  CHECK_EQ(got.shard_info->labels, std::vector<std::string>{"pod"});
  CHECK_EQ(got.query_hints.step_ms, 15000);
  CHECK_EQ(got.query_hints.range_ms, 300000);
  CHECK_EQ(got.query_hints.func, "rate");
  CHECK(got.query_hints.grouping_by);
  CHECK_EQ(got.query_hints.grouping_labels, std::vector<std::string>{"job"});
  CHECK_EQ(got.limit, 7);
  CHECK_EQ(got.response_batch_size, 64);
  CHECK_EQ(got.block_matchers, request.block_matchers);
}

TEST_CASE("rpc: label calls carry every field there and back") {
  Pair pair;
  pair.state->labels = {{"", "a", "b"}, {"careful"}};
  LabelNamesRequest names;
  names.range = {1, 2};
  names.matchers = {Matcher::not_equal("x", "")};
  names.partial_response = PartialResponse::kAbort;
  names.without_replica_labels = {"replica"};
  names.limit = 3;
  names.block_matchers = {Matcher::equal("__block_id", "01X")};
  auto got = pair.client->label_names(within(10s), names);
  REQUIRE(got.ok());
  CHECK_EQ(got->values, pair.state->labels.values);
  CHECK_EQ(got->warnings, pair.state->labels.warnings);
  CHECK_EQ(pair.state->names_request.range, names.range);
  CHECK_EQ(pair.state->names_request.matchers, names.matchers);
  CHECK_EQ(pair.state->names_request.partial_response, PartialResponse::kAbort);
  CHECK_EQ(pair.state->names_request.without_replica_labels, names.without_replica_labels);
  CHECK_EQ(pair.state->names_request.limit, 3);
  CHECK_EQ(pair.state->names_request.block_matchers, names.block_matchers);

  LabelValuesRequest values;
  values.label = "job";
  values.range = {-1, 5};
  values.matchers = {Matcher::equal("x", "y")};
  values.without_replica_labels = {"replica"};
  values.limit = 9;
  values.block_matchers = names.block_matchers;
  REQUIRE(pair.client->label_values(within(10s), values).ok());
  CHECK_EQ(pair.state->values_request.label, "job");
  CHECK_EQ(pair.state->values_request.range, values.range);
  CHECK_EQ(pair.state->values_request.matchers, values.matchers);
  CHECK_EQ(pair.state->values_request.partial_response, PartialResponse::kWarn);
  CHECK_EQ(pair.state->values_request.without_replica_labels, values.without_replica_labels);
  CHECK_EQ(pair.state->values_request.limit, 9);
  CHECK_EQ(pair.state->values_request.block_matchers, values.block_matchers);
}

TEST_CASE("rpc: Info tells what the store says, and only when it is ready") {
  Pair pair;
  pair.state->info.component_type = "sidecar";
  pair.state->info.label_sets = {Labels{{"cluster", "c"}, {"replica", "a"}}};
  pair.state->info.range = {-5, 99};
  pair.state->info.supports_sharding = true;
  pair.state->info.supports_without_replica_labels = true;
  pair.state->info.tsdb_infos = {{Labels{{"cluster", "c"}}, {-5, 98}}};
  auto got = pair.client->start_info(within(10s))->wait();
  REQUIRE(got.ok());
  CHECK(got->serves_store);
  for (const auto& info : {got->store, pair.client->info()}) {
    CHECK_EQ(info.component_type, "sidecar");
    CHECK_EQ(info.label_sets, pair.state->info.label_sets);
    CHECK_EQ(info.range, pair.state->info.range);
    CHECK(info.supports_sharding);
    CHECK(info.supports_without_replica_labels);
    REQUIRE_EQ(info.tsdb_infos.size(), 1U);
    CHECK_EQ(info.tsdb_infos[0].labels, Labels{{"cluster", "c"}});
    CHECK_EQ(info.tsdb_infos[0].range, TimeRange{-5, 98});
  }
  pair.server->set_ready(false);
  auto refused = pair.client->start_info(within(10s))->wait();
  CHECK_EQ(refused.status().code(), Code::kUnavailable);
}

TEST_CASE("rpc: a failure keeps its code and message") {
  Pair pair;
  pair.state->series = many_series(3, 10);
  for (auto code : {Code::kInvalidArgument, Code::kNotFound, Code::kResourceExhausted,
                    Code::kAborted, Code::kInternal, Code::kDataLoss, Code::kUnknown}) {
    pair.state->failure = Status(code, "because");
    auto first = drain(pair.client->series(within(10s), {}));
    CHECK_EQ(first.status().code(), code);
    CHECK(first.status().message().ends_with(": because"));
    CHECK_EQ(pair.client->label_names(within(10s), {}).status().code(), code);
    pair.state->failure = {};
    pair.state->late_failure = Status(code, "later");
    auto late = drain(pair.client->series(within(10s), {}));
    CHECK_EQ(late.status().code(), code);
    CHECK(late.status().message().ends_with(": later"));
    pair.state->late_failure = {};
  }
}

TEST_CASE("rpc: nobody listening is Unavailable at once, and a deadline ends waiting") {
  rpc::GrpcStoreOptions options;
  options.address = "127.0.0.1:1";
  auto client = rpc::GrpcStore::create(options);
  REQUIRE(client.ok());
  CHECK_EQ(drain((*client)->series(within(10s), {})).status().code(), Code::kUnavailable);
  auto info = (*client)->start_info(within(100ms))->wait();
  CHECK_EQ(info.status().code(), Code::kDeadlineExceeded);
}

TEST_CASE("rpc: a frame of 16 MiB passes, one above the client's limit is refused") {
  rpc::GrpcStoreOptions options;
  options.max_message_bytes = 20 << 20;
  Pair pair({}, options);
  pair.state->series = many_series(2, 16 << 20);
  auto got = drain(pair.client->series(within(30s), {}));
  REQUIRE_MESSAGE(got.ok(), got.status().to_string());
  CHECK_EQ(got->size(), 2U);
  CHECK_EQ(got->front(), text_of(pair.state->series[0]));
  pair.state->series = many_series(2, 21 << 20);
  CHECK_EQ(drain(pair.client->series(within(30s), {})).status().code(), Code::kResourceExhausted);
}

TEST_CASE("rpc: cancelling the client's context ends the call on the server") {
  Pair pair;
  pair.state->series = many_series(3, 10);
  pair.state->before_each = [&](const Context& context) {
    if (pair.state->pulled == 2) (void)context.sleep_for(20s);
  };
  std::stop_source stop;
  auto stream = pair.client->series(Context(stop.get_token()), {});
  REQUIRE(stream.ok());
  Series series;
  CHECK((*stream)->next(series).ok());
  std::jthread canceller([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  Result<bool> next = true;
  while (next.ok()) next = (*stream)->next(series);
  CHECK_EQ(next.status().code(), Code::kCancelled);
  for (int i = 0; i < 500 && !pair.state->stream_destroyed; ++i) std::this_thread::sleep_for(10ms);
  CHECK(pair.state->stream_destroyed);
}

TEST_CASE("rpc: destroying a stream early ends the call on the server") {
  Pair pair;
  pair.state->series = many_series(1000, 100000);
  {
    auto stream = pair.client->series(within(30s), {});
    REQUIRE(stream.ok());
    Series series;
    CHECK((*stream)->next(series).ok());
  }
  for (int i = 0; i < 500 && !pair.state->stream_destroyed; ++i) std::this_thread::sleep_for(10ms);
  CHECK(pair.state->stream_destroyed);
  CHECK_LT(pair.state->pulled.load(), 1000U);
}

TEST_CASE("rpc: a slow reader stops the pulling from the store") {
  rpc::GrpcStoreOptions options;
  options.stream_window_bytes = 1 << 20;
  Pair pair({}, options);
  pair.state->series = many_series(400, 100000);
  auto stream = pair.client->series(within(30s), {});
  REQUIRE(stream.ok());
  Series series;
  CHECK((*stream)->next(series).ok());
  std::this_thread::sleep_for(300ms);
  // 40 MB in all; buffers of client, kernel and server hold a part of it.
  CHECK_LT(pair.state->pulled.load(), 200U);
  auto rest = drain(**stream);
  REQUIRE(rest.ok());
  CHECK_EQ(rest->size(), 399U);
}

TEST_CASE("rpc: a silent stream survives the client's pings") {
  rpc::GrpcServerOptions server;
  server.min_ping_interval = 20ms;
  rpc::GrpcStoreOptions client;
  client.keepalive_time = 50ms;
  Pair pair(server, client);
  pair.state->series = many_series(2, 10);
  pair.state->before_each = [&](const Context& context) {
    if (pair.state->pulled == 1) (void)context.sleep_for(1500ms);
  };
  auto got = drain(pair.client->series(within(20s), {}));
  REQUIRE_MESSAGE(got.ok(), got.status().to_string());
  CHECK_EQ(got->size(), 2U);
}

TEST_CASE("rpc: calls are counted under the names of go-grpc-middleware") {
  Pair pair;
  pair.state->series = many_series(3, 10);
  REQUIRE(drain(pair.client->series(within(10s), {})).ok());
  pair.state->failure = Status::invalid_argument("no");
  CHECK_FALSE(pair.client->label_names(within(10s), {}).ok());
  pair.server->shutdown(5s);
  auto text = pair.metrics->render();
  for (const char* line :
       {"grpc_server_started_total{grpc_method=\"Series\",grpc_service=\"thanos.Store\",grpc_"
        "type=\"server_stream\"} 1",
        "grpc_server_msg_sent_total{grpc_method=\"Series\",grpc_service=\"thanos.Store\",grpc_"
        "type=\"server_stream\"} 3",
        "grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"Series\",grpc_service="
        "\"thanos.Store\",grpc_type=\"server_stream\"} 1",
        "grpc_server_handled_total{grpc_code=\"InvalidArgument\",grpc_method=\"LabelNames\",grpc"
        "_service=\"thanos.Store\",grpc_type=\"unary\"} 1",
        "grpc_server_handling_seconds_count{grpc_method=\"Series\",grpc_service=\"thanos."
        "Store\",grpc_type=\"server_stream\"} 1"}) {
    CHECK_MESSAGE(text.find(line) != std::string::npos, line);
  }
}

TEST_CASE("rpc: a server listens on every form of address, and says why when it can't") {
  auto listen = [](const std::string& address) {
    rpc::GrpcServerOptions options;
    options.address = address;
    return rpc::GrpcServer::start(
        std::make_shared<RecordingStore>(std::make_shared<RecordedCalls>()), options);
  };
  for (const char* good : {":0", "0.0.0.0:0", "127.0.0.1:0", "[::1]:0", "localhost:0"}) {
    CAPTURE(good);
    auto server = listen(good);
    REQUIRE_MESSAGE(server.ok(), server.status().to_string());
    CHECK_GT((*server)->port(), 0);
    auto used = listen("127.0.0.1:" + std::to_string((*server)->port()));
    bool only_v6 = std::string_view(good) == "[::1]:0";
    if (only_v6) continue;
    CHECK_EQ(used.status().code(), Code::kUnavailable);
    CHECK(used.status().message().find("Address already in use") != std::string::npos);
  }
  for (const char* bad : {"", "10901", "host", ":", ":x", ":65536", ":-1", "::1:0", "[::1:0"}) {
    CAPTURE(bad);
    CHECK_EQ(listen(bad).status().code(), Code::kInvalidArgument);
  }
  CHECK_EQ(listen("192.0.2.1:0").status().code(), Code::kUnavailable);
}

TEST_CASE("rpc: shutdown lets calls finish for a while, then cancels them") {
  Pair pair;
  pair.state->series = many_series(2, 10);
  std::atomic<bool> begun = false;
  pair.state->before_each = [&](const Context& context) {
    begun = true;
    (void)context.sleep_for(20s);
  };
  Result<std::vector<std::string>> got = Status::internal("not done");
  std::jthread reader([&] { got = drain(pair.client->series(within(30s), {})); });
  while (!begun) std::this_thread::sleep_for(1ms);
  auto before = std::chrono::steady_clock::now();
  pair.server->shutdown(200ms);
  auto took = std::chrono::steady_clock::now() - before;
  CHECK_GE(took, 150ms);
  CHECK_LT(took, 10s);
  reader.join();
  CHECK_FALSE(got.ok());
}

TEST_CASE("rpc: calls that come, break off and are cut short by a shutdown all end") {
  Pair pair;
  pair.state->series = many_series(50, 50'000);
  std::atomic<bool> stop = false;
  std::atomic<size_t> whole = 0;
  std::vector<std::jthread> clients;
  for (int i = 0; i < 6; ++i) {
    clients.emplace_back([&, i] {
      rpc::GrpcStoreOptions options;
      options.address = "127.0.0.1:" + std::to_string(pair.server->port());
      auto client = *rpc::GrpcStore::create(options);
      while (!stop) {
        if (i % 3 == 0) {
          whole += client->label_names(within(10s), {}).ok();
        } else if (i % 3 == 1) {
          auto stream = client->series(within(10s), {});
          if (stream.ok()) whole += drain(**stream).ok();
        } else {
          auto stream = client->series(within(1ms), {});
          Series series;
          if (stream.ok()) (void)(*stream)->next(series);
        }
      }
    });
  }
  for (int i = 0; i < 2000 && whole < 300; ++i) std::this_thread::sleep_for(10ms);
  CHECK_GE(whole.load(), 300U);
  pair.server->shutdown(0ms);
  stop = true;
  clients.clear();
  auto text = pair.metrics->render();
  uint64_t started = 0;
  uint64_t handled = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    auto value = [&] { return std::stoull(line.substr(line.rfind(' ') + 1)); };
    if (line.starts_with("grpc_server_started_total{")) started += value();
    if (line.starts_with("grpc_server_handled_total{")) handled += value();
  }
  CHECK_GE(started, 300U);
  CHECK_EQ(handled, started);
}
