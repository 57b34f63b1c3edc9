// SPDX-License-Identifier: Apache-2.0
#include "rpc/endpoint_set.hpp"

#include "store/external_labels.hpp"

namespace mnemo::rpc {

struct EndpointSet::Endpoint {
  std::string address;
  bool strict = false;
  std::shared_ptr<GrpcStore> store;
  std::chrono::system_clock::time_point created;

  // What follows is guarded by the set's mutex.
  std::chrono::system_clock::time_point last_check{};
  std::optional<std::string> last_error;
  EndpointInfo info{.store = {}, .serves_store = true};  // until it says otherwise

  bool is_usable() const { return strict || !last_error; }
};

EndpointSet::EndpointSet(EndpointSetOptions options) : options_(std::move(options)) {
  if (!options_.now) options_.now = [] { return std::chrono::system_clock::now(); };
  if (!options_.logger) options_.logger = null_logger();
}

EndpointSet::~EndpointSet() = default;

void EndpointSet::start(std::chrono::nanoseconds interval) {
  thread_ = std::jthread([this, interval](std::stop_token stop) {
    Context context(std::move(stop));
    do refresh(context);
    while (context.sleep_for(interval).ok());
  });
}

bool EndpointSet::is_refreshed() const {
  std::lock_guard lock(mutex_);
  return refreshed_;
}

void EndpointSet::refresh(const Context& context) {
  std::lock_guard one_at_a_time(refresh_mutex_);
  auto endpoints = wanted(context);
  check_all(context, endpoints);
  if (context.stopped()) return;
  std::lock_guard lock(mutex_);
  Endpoints kept;
  for (auto& [address, endpoint] : endpoints) {
    bool is_new = !endpoints_.contains(address);
    if (!is_kept(*endpoint, is_new)) continue;
    if (is_new) {
      options_.logger->info("adding new " + endpoint->info.store.component_type,
                            {{"address", address},
                             {"extLset", label_sets_to_string(endpoint->info.store.label_sets)}});
    }
    kept.emplace(address, endpoint);
  }
  for (const auto& [address, endpoint] : endpoints_) {
    if (kept.contains(address)) continue;
    options_.logger->info("removing endpoint because it's unhealthy or does not exist",
                          {{"address", address}});
  }
  endpoints_ = std::move(kept);
  refreshed_ = true;
  count_connections();
}

/// An endpoint for each target: the one there is, or a new one.
EndpointSet::Endpoints EndpointSet::wanted(const Context& context) {
  Endpoints endpoints;
  for (const auto& target : options_.targets(context)) {
    {
      std::lock_guard lock(mutex_);
      auto known = endpoints_.find(target.address);
      if (known != endpoints_.end()) {
        endpoints.insert(*known);
        continue;
      }
    }
    auto client = options_.client;
    client.address = target.address;
    client.server_name = target.server_name;
    auto store = GrpcStore::create(client);
    if (!store) {
      options_.logger->warn("new endpoint creation failed",
                            {{"address", target.address}, {"err", store.status().to_string()}});
      continue;
    }
    auto endpoint = std::make_shared<Endpoint>();
    endpoint->address = target.address;
    endpoint->strict = target.strict;
    endpoint->store = *std::move(store);
    endpoint->created = options_.now();
    endpoints.emplace(target.address, std::move(endpoint));
  }
  return endpoints;
}

/// Begins all calls, then waits for each: they run at the same time without threads of ours.
void EndpointSet::check_all(const Context& context, const Endpoints& endpoints) {
  auto limited = context.with_timeout(options_.info_timeout);
  std::vector<std::pair<Endpoint*, std::unique_ptr<InfoCall>>> calls;
  for (const auto& [address, endpoint] : endpoints) {
    calls.emplace_back(endpoint.get(), endpoint->store->start_info(limited));
  }
  for (auto& [endpoint, call] : calls) take_answer(*endpoint, call->wait());
}

void EndpointSet::take_answer(Endpoint& endpoint, const Result<EndpointInfo>& answer) {
  std::lock_guard lock(mutex_);
  if (answer) {
    endpoint.info = *answer;
    endpoint.last_check = options_.now();
    endpoint.last_error.reset();
    return;
  }
  endpoint.last_error = answer.status().to_string();
  options_.logger->warn("update of endpoint failed",
                        {{"address", endpoint.address}, {"err", answer.status().to_string()}});
}

bool EndpointSet::is_kept(const Endpoint& endpoint, bool is_new) const {
  if (endpoint.strict) return true;
  if (is_new) return endpoint.is_usable();
  auto since = std::max(endpoint.created, endpoint.last_check);
  return options_.now() - since < options_.unhealthy_timeout;
}

std::vector<FanoutMember> EndpointSet::members() const {
  std::lock_guard lock(mutex_);
  std::vector<FanoutMember> members;
  for (const auto& [address, endpoint] : endpoints_) {
    if (!endpoint->is_usable() || !endpoint->info.serves_store) continue;
    members.push_back({address, endpoint->store, endpoint->info.store});
  }
  return members;
}

std::vector<EndpointStatus> EndpointSet::status() const {
  std::lock_guard lock(mutex_);
  std::vector<EndpointStatus> all;
  for (const auto& [address, endpoint] : endpoints_) {
    const auto& store = endpoint->info.store;
    auto type = store.component_type.empty() ? "unknown-store-api" : store.component_type;
    all.push_back({address, endpoint->last_check, endpoint->last_error, store.label_sets,
                   std::move(type), store.range});
  }
  return all;
}

/// thanos_store_nodes_grpc_connections: healthy endpoints by labels and type; what is gone is 0.
void EndpointSet::count_connections() {
  if (!options_.metrics) return;
  std::map<std::pair<std::string, std::string>, double> counts;
  for (const auto& [address, endpoint] : endpoints_) {
    if (!endpoint->is_usable()) continue;
    ++counts[{label_sets_to_string(endpoint->info.store.label_sets),
              endpoint->info.store.component_type}];
  }
  for (auto& [key, gauge] : connections_) gauge->set(0);
  for (const auto& [key, count] : counts) {
    auto& gauge = connections_[key];
    if (gauge == nullptr) {
      gauge = &options_.metrics->gauge(
          "thanos_store_nodes_grpc_connections",
          "Number of gRPC connection to Store APIs. Opened connection means healthy store APIs "
          "available for Querier.",
          {{"external_labels", key.first.empty() ? "no_external_labels" : key.first},
           {"store_type", key.second}});
    }
    gauge->set(count);
  }
}

}  // namespace mnemo::rpc
