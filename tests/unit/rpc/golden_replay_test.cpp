// SPDX-License-Identifier: Apache-2.0
#include "golden_calls.hpp"
#include "recording_store.hpp"
#include "support/golden.hpp"
#include "support/temp_dir.hpp"

#include "blocks/meta_fetcher.hpp"
#include "rpc/client_call.hpp"
#include "rpc/endpoint_set.hpp"
#include "rpc/series_frame.hpp"
#include "rpc/server.hpp"
#include "store/bucket/bucket_store.hpp"
#include "store/fanout/fanout_store.hpp"

#include <mnemo/bucket.hpp>

#include <doctest/doctest.h>
#include <grpcpp/create_channel.h>

#include <algorithm>

using namespace mnemo;
using namespace mnemo::rpc_testing;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<rpc::GrpcServer> serve(std::shared_ptr<Store> store) {
  auto server = rpc::GrpcServer::start(std::move(store), {.address = "127.0.0.1:0"});
  REQUIRE_MESSAGE(server.ok(), server.status().to_string());
  (*server)->set_ready(true);
  return *std::move(server);
}

std::string address_of(const rpc::GrpcServer& server) {
  return "127.0.0.1:" + std::to_string(server.port());
}

/// A bucket store over a folder and a querier's fan-out over that store, each behind gRPC.
class Topology {
 public:
  explicit Topology(const std::filesystem::path& folder) {
    std::shared_ptr<Bucket> bucket = *open_filesystem_bucket({folder});
    auto fetcher = std::make_shared<MetaFetcher>(bucket, MetaFetcherOptions());
    BucketStoreOptions options;
    options.executor = executor_;
    auto blocks = std::make_shared<BucketStore>(bucket, fetcher, options);
    auto synced = blocks->sync({});
    REQUIRE_MESSAGE(synced.ok(), synced.to_string());
    store_ = serve(blocks);

    rpc::EndpointSetOptions endpoints;
    endpoints.targets = [address = address_of(*store_)](const Context&) {
      return std::vector<discovery::Target>{{address, "", false}};
    };
    endpoints_ = std::make_unique<rpc::EndpointSet>(endpoints);
    endpoints_->refresh({});
    FanoutOptions fanout;
    fanout.executor = executor_;
    query_ = serve(std::make_shared<FanoutStore>([this] { return endpoints_->members(); }, fanout));
  }

  std::string store_address() const { return address_of(*store_); }
  std::string query_address() const { return address_of(*query_); }

 private:
  std::shared_ptr<Executor> executor_ = make_thread_pool(4);
  std::unique_ptr<rpc::GrpcServer> store_;
  std::unique_ptr<rpc::EndpointSet> endpoints_;
  std::unique_ptr<rpc::GrpcServer> query_;
};

struct Answer {
  std::vector<std::string> messages;
  Status status;
};

Answer call(const std::string& address, const GoldenCall& golden) {
  grpc::GenericStub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  rpc::CallMetrics metrics(nullptr, rpc::CallSide::kClient, golden.method, "");
  rpc::StreamCall call(stub, golden.method, golden.request, Context().with_timeout(30s), metrics);
  Answer answer;
  while (true) {
    auto message = call.read();
    if (!message) answer.status = message.status();
    if (!message || !*message) return answer;
    answer.messages.emplace_back((*message)->as_string());
  }
}

/// The series of an answer as text, in order; parts of one series put together.
std::vector<std::string> series_of(const std::vector<std::string>& frames, size_t& warnings) {
  std::vector<Series> all;
  rpc::SeriesFrameDecoder decoder;
  for (const auto& frame : frames) {
    decoder.start(Bytes::copy_of(frame));
    Series series;
    while (true) {
      auto more = decoder.next(series);
      REQUIRE(more.ok());
      if (!*more) break;
      if (!all.empty() && all.back().labels == series.labels) {
        auto& chunks = all.back().chunks;
        chunks.insert(chunks.end(), series.chunks.begin(), series.chunks.end());
      } else {
        all.push_back(series);
      }
    }
  }
  warnings = decoder.warnings().size();
  std::vector<std::string> lines;
  for (const auto& series : all) lines.push_back(text_of(series));
  return lines;
}

void check_series(const Answer& ours, const GoldenCall& golden) {
  size_t our_warnings = 0;
  size_t golden_warnings = 0;
  auto got = series_of(ours.messages, our_warnings);
  auto want = series_of(golden.responses, golden_warnings);
  CHECK_EQ(our_warnings, golden_warnings);
  CHECK_EQ(got.size(), want.size());
  for (size_t i = 0; i < std::min(got.size(), want.size()); ++i) {
    if (got[i] == want[i]) continue;
    CHECK_EQ(got[i].substr(0, 400), want[i].substr(0, 400));
    CHECK((got[i] == want[i]));
    return;
  }
}

void check_labels(const Answer& ours, const GoldenCall& golden) {
  REQUIRE_EQ(ours.messages.size(), golden.responses.size());
  if (golden.responses.empty()) return;
  auto got = rpc::decode_labels_response(Bytes::copy_of(ours.messages[0]));
  auto want = rpc::decode_labels_response(Bytes::copy_of(golden.responses[0]));
  REQUIRE(got.ok());
  CHECK_EQ(got->values, want->values);
  CHECK_EQ(got->warnings, want->warnings);
}

std::vector<std::string> sorted_texts(const std::vector<Labels>& sets) {
  std::vector<std::string> texts;
  for (const auto& labels : sets) texts.push_back(labels.to_string());
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::vector<std::string> sorted_texts(const std::vector<TsdbInfo>& infos) {
  std::vector<std::string> texts;
  for (const auto& info : infos) {
    texts.push_back(info.labels.to_string() + " " + std::to_string(info.range.min) + " " +
                    std::to_string(info.range.max));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

void check_info(const Answer& ours, const GoldenCall& golden) {
  REQUIRE_EQ(ours.messages.size(), 1U);
  auto got = rpc::decode_endpoint_info(Bytes::copy_of(ours.messages[0]));
  auto want = rpc::decode_endpoint_info(Bytes::copy_of(golden.responses[0]));
  REQUIRE(got.ok());
  CHECK_EQ(got->store.component_type, want->store.component_type);
  CHECK_EQ(sorted_texts(got->store.label_sets), sorted_texts(want->store.label_sets));
  CHECK_EQ(sorted_texts(got->store.tsdb_infos), sorted_texts(want->store.tsdb_infos));
  CHECK_EQ(got->store.range.min, want->store.range.min);
  CHECK_EQ(got->store.range.max, want->store.range.max);
  CHECK_EQ(got->store.supports_sharding, want->store.supports_sharding);
  CHECK_EQ(got->store.supports_without_replica_labels, want->store.supports_without_replica_labels);
}

/// "rpc error: code = InvalidArgument desc = ..." less what differs in words.
std::string kind_of(const std::string& error) {
  if (error.empty()) return "OK";
  auto begin = error.find("code = ") + 7;
  return error.substr(begin, error.find(' ', begin) - begin);
}

void replay(const std::filesystem::path& folder, const std::string& bucket) {
  Topology topology(folder);
  size_t replayed = 0;
  for (const auto& golden : golden_calls()) {
    if (!golden.server.ends_with("bucket " + bucket)) continue;
    CAPTURE(golden.server);
    CAPTURE(golden.name);
    bool is_query = golden.server.starts_with("thanos query");
    auto ours = call(is_query ? topology.query_address() : topology.store_address(), golden);
    CHECK_EQ(code_name(ours.status.code()), kind_of(golden.error));
    if (golden.method == "/thanos.Store/Series") {
      check_series(ours, golden);
    } else if (golden.method == "/thanos.info.Info/Info") {
      check_info(ours, golden);
    } else {
      check_labels(ours, golden);
    }
    ++replayed;
  }
  CHECK_EQ(replayed, 50U);
}

}  // namespace

TEST_CASE("golden: calls to Thanos' store and querier give the same from ours, raw blocks") {
  auto golden = testing::golden_dir();
  if (golden) replay(*golden / "raw", "raw");
}

TEST_CASE("golden: calls to Thanos' store and querier give the same from ours, downsampled") {
  auto golden = testing::golden_dir();
  if (!golden) return;
  testing::TempDir bucket;
  for (const auto& [folder, role] :
       {std::pair{"compacted", "compacted_a"}, std::pair{"downsampled-5m", "downsampled_5m_a"},
        std::pair{"downsampled-1h", "downsampled_1h_a"}}) {
    for (const auto& block : testing::golden_blocks(*golden, role)) {
      std::filesystem::copy(*golden / folder / block, bucket.path() / block,
                            std::filesystem::copy_options::recursive);
    }
  }
  replay(bucket.path(), "downsampled-a");
}
