// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "discovery/target_source.hpp"
#include "rpc/client.hpp"
#include "store/fanout/fanout_store.hpp"

#include <mnemo/log.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/store.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace mnemo::rpc {

struct EndpointSetOptions {
  /// The addresses that there should be; asked at each refresh.
  std::function<std::vector<discovery::Target>(const Context&)> targets = {};
  /// For all endpoints; `address` and `server_name` are filled in.
  GrpcStoreOptions client = {};
  /// How long one endpoint may take to answer Info.
  std::chrono::nanoseconds info_timeout = std::chrono::seconds(5);
  /// An endpoint that has not been healthy for so long is forgotten, unless it is strict.
  std::chrono::nanoseconds unhealthy_timeout = std::chrono::minutes(5);
  std::function<std::chrono::system_clock::time_point()> now = {};  // empty: the system's clock
  std::shared_ptr<Logger> logger = {};                              // may be null
  std::shared_ptr<Metrics> metrics = {};                            // may be null
};

/// How an endpoint is doing, for people (`/api/v1/stores`).
struct EndpointStatus {
  std::string name;                                    // its address
  std::chrono::system_clock::time_point last_check{};  // the last that went well; zero: none
  std::optional<std::string> last_error;
  std::vector<Labels> label_sets;
  std::string component_type;  // "sidecar", "store", "query", ..., "unknown-store-api"
  TimeRange range;
};

/// The endpoints that a querier asks: keeps one channel for each address, asks each for its Info
/// at every refresh, and knows which can be used. Rules are Thanos': an endpoint joins when its
/// first Info call succeeds, isn't asked while its last one failed, and leaves when its address is
/// no longer given or it has been unhealthy for too long; a strict one is always there.
///
/// Thread-safe; `refresh` runs once at a time. Ownership: keeps its channels; stores that it gave
/// out stay usable after it is gone.
class EndpointSet {
 public:
  explicit EndpointSet(EndpointSetOptions options);
  EndpointSet(const EndpointSet&) = delete;
  EndpointSet& operator=(const EndpointSet&) = delete;
  /// Stops what `start` began.
  ~EndpointSet();

  /// Asks all endpoints at the same time and waits for them (at most `info_timeout`).
  void refresh(const Context& context);

  /// Refreshes now and every `interval` on a thread of its own, until destroyed.
  void start(std::chrono::nanoseconds interval);

  /// Whether a refresh has been completed.
  bool is_refreshed() const;

  /// The stores that can be asked now.
  std::vector<FanoutMember> members() const;

  /// All endpoints in order of address.
  std::vector<EndpointStatus> status() const;

 private:
  struct Endpoint;
  using Endpoints = std::map<std::string, std::shared_ptr<Endpoint>>;

  Endpoints wanted(const Context& context);
  void check_all(const Context& context, const Endpoints& endpoints);
  void take_answer(Endpoint& endpoint, const Result<EndpointInfo>& answer);
  bool is_kept(const Endpoint& endpoint, bool is_new) const;
  void count_connections();

  EndpointSetOptions options_;
  std::mutex refresh_mutex_;
  mutable std::mutex mutex_;  // guards what follows and the endpoints' state
  Endpoints endpoints_;
  bool refreshed_ = false;
  std::map<std::pair<std::string, std::string>, Gauge*> connections_;
  std::jthread thread_;
};

}  // namespace mnemo::rpc
