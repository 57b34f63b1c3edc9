// SPDX-License-Identifier: Apache-2.0
#include "recording_store.hpp"

#include "rpc/endpoint_set.hpp"
#include "rpc/server.hpp"

#include <doctest/doctest.h>

using namespace mnemo;
using namespace mnemo::rpc_testing;
using namespace std::chrono_literals;

namespace {

struct Peer {
  std::shared_ptr<RecordedCalls> calls = std::make_shared<RecordedCalls>();
  std::unique_ptr<rpc::GrpcServer> server;

  explicit Peer(const std::string& replica, const std::string& address = "127.0.0.1:0") {
    calls->info.component_type = "sidecar";
    calls->info.label_sets = {Labels{{"replica", replica}}};
    calls->info.range = {1, 2};
    auto started =
        rpc::GrpcServer::start(std::make_shared<RecordingStore>(calls), {.address = address});
    REQUIRE_MESSAGE(started.ok(), started.status().to_string());
    server = *std::move(started);
    server->set_ready(true);
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(server->port()); }
};

struct Set {
  std::vector<discovery::Target> targets;
  std::chrono::system_clock::time_point now{1000s};
  std::shared_ptr<Metrics> metrics = std::make_shared<Metrics>();
  rpc::EndpointSet set{options()};

  rpc::EndpointSetOptions options() {
    rpc::EndpointSetOptions options;
    options.targets = [this](const Context&) { return targets; };
    options.info_timeout = 200ms;
    options.unhealthy_timeout = 60s;
    options.now = [this] { return now; };
    options.metrics = metrics;
    return options;
  }
  std::vector<std::string> members() {
    std::vector<std::string> all;
    for (const auto& member : set.members()) all.push_back(member.address);
    return all;
  }
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("endpoints: a healthy one joins with what it says of itself") {
  Peer peer("a");
  Set endpoints;
  endpoints.targets = {{peer.address(), "", false}, {"127.0.0.1:1", "", false}};
  CHECK_FALSE(endpoints.set.is_refreshed());
  endpoints.set.refresh({});
  CHECK(endpoints.set.is_refreshed());
  auto members = endpoints.set.members();
  REQUIRE_EQ(members.size(), 1U);
  CHECK_EQ(members[0].address, peer.address());
  CHECK_EQ(members[0].info.label_sets, peer.calls->info.label_sets);
  CHECK_EQ(members[0].info.range, TimeRange{1, 2});
  auto status = endpoints.set.status();
  REQUIRE_EQ(status.size(), 1U);
  CHECK_EQ(status[0].component_type, "sidecar");
  CHECK_EQ(status[0].last_check, endpoints.now);
  CHECK_FALSE(status[0].last_error.has_value());
  CHECK(endpoints.metrics->render().find(
            "thanos_store_nodes_grpc_connections{external_labels=\"{replica=\\\"a\\\"}\","
            "store_type=\"sidecar\"} 1") != std::string::npos);
}

TEST_CASE("endpoints: one that fails isn't asked, is forgotten after a while, and may come back") {
  Peer peer("a");
  Set endpoints;
  endpoints.targets = {{peer.address(), "", false}};
  endpoints.set.refresh({});
  peer.server->set_ready(false);
  endpoints.now += 30s;
  endpoints.set.refresh({});
  CHECK_EQ(endpoints.members(), Lines{});
  REQUIRE_EQ(endpoints.set.status().size(), 1U);
  CHECK(endpoints.set.status()[0].last_error.has_value());
  CHECK_EQ(endpoints.set.status()[0].label_sets, peer.calls->info.label_sets);
  endpoints.now += 30s;
  endpoints.set.refresh({});
  CHECK_EQ(endpoints.set.status().size(), 0U);
  peer.server->set_ready(true);
  endpoints.set.refresh({});
  CHECK_EQ(endpoints.members(), Lines{peer.address()});
}

TEST_CASE("endpoints: an address that is no longer given leaves") {
  Peer first("a");
  Peer second("b");
  Set endpoints;
  endpoints.targets = {{first.address(), "", false}, {second.address(), "", false}};
  endpoints.set.refresh({});
  CHECK_EQ(endpoints.members().size(), 2U);
  endpoints.targets.pop_back();
  endpoints.set.refresh({});
  CHECK_EQ(endpoints.members(), Lines{first.address()});
}

TEST_CASE("endpoints: a strict one is always a member, over all time until it says otherwise") {
  Set endpoints;
  endpoints.targets = {{"127.0.0.1:1", "", true}};
  endpoints.set.refresh({});
  endpoints.now += 1h;
  endpoints.set.refresh({});
  auto members = endpoints.set.members();
  REQUIRE_EQ(members.size(), 1U);
  CHECK_EQ(members[0].info.range, TimeRange{});
  CHECK(endpoints.set.status()[0].last_error.has_value());
  CHECK_EQ(endpoints.set.status()[0].component_type, "unknown-store-api");
}

TEST_CASE("endpoints: the loop refreshes by itself and ends with the set") {
  Peer peer("a");
  Set endpoints;
  endpoints.targets = {{peer.address(), "", false}};
  endpoints.set.start(10ms);
  for (int i = 0; i < 500 && endpoints.members().empty(); ++i) std::this_thread::sleep_for(10ms);
  CHECK_EQ(endpoints.members(), Lines{peer.address()});
}
