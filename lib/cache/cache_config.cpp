// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_config.hpp"

#include "base/letter_case.hpp"
#include "cache/memcached.hpp"
#include "cache/redis.hpp"
#include "cache/sealed_cache.hpp"
#include "cache/tls_client.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <string_view>
#include <utility>

namespace mnemo::cache {
namespace {

/// How long what a later level had stays in an earlier one.
constexpr Ttl kPromotionTtl = std::chrono::hours(1);

std::vector<std::string> split_commas(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    auto end = std::min(text.find(','), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// What all caches in servers have in common.
class RemoteFields {
 public:
  RemoteFields(const CacheSurroundings& surroundings, const char* kind) {
    options.name = surroundings.name;
    options.kind = kind;
    options.executor = surroundings.executor;
    options.metrics = surroundings.metrics;
    options.logger = surroundings.logger;
  }

  void add_to(yaml::Fields& fields) {
    auto& breaker = options.breaker;
    fields.push_back({"max_async_concurrency", yaml::count(options.max_async_concurrency)});
    fields.push_back({"max_async_buffer_size", yaml::count(options.max_async_buffer_size)});
    fields.push_back({"max_get_multi_concurrency", yaml::count(options.max_get_concurrency)});
    fields.push_back(
        {"set_async_circuit_breaker_config",
         yaml::section({{"enabled", yaml::flag(breaker.enabled)},
                        {"half_open_max_requests", yaml::count(half_open_)},
                        {"open_duration", yaml::duration(breaker.open_duration)},
                        {"min_requests", yaml::count(min_requests_)},
                        {"consecutive_failures", yaml::count(consecutive_)},
                        {"failure_percent", yaml::fraction(breaker.failure_percent)}})});
  }

  /// After the fields were read. Errors: InvalidArgument.
  Status finish() {
    constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
    auto& breaker = options.breaker;
    if (options.max_async_concurrency == 0) {
      return Status::invalid_argument("max async concurrency must be positive");
    }
    if (consecutive_ == 0) {
      return Status::invalid_argument(
          "circuit breaker consecutive failures must be greater than 0");
    }
    if (!(breaker.failure_percent > 0 && breaker.failure_percent <= 1)) {
      return Status::invalid_argument("circuit breaker failure percent must be in range (0,1]");
    }
    breaker.half_open_max_requests =
        static_cast<uint32_t>(std::clamp<uint64_t>(half_open_, 1, kMost));
    breaker.min_requests = static_cast<uint32_t>(std::min(min_requests_, kMost));
    breaker.consecutive_failures = static_cast<uint32_t>(std::min(consecutive_, kMost));
    return {};
  }

  RemoteCacheOptions options;

 private:
  uint64_t half_open_ = options.breaker.half_open_max_requests;
  uint64_t min_requests_ = options.breaker.min_requests;
  uint64_t consecutive_ = options.breaker.consecutive_failures;
};

Result<std::shared_ptr<Cache>> make_memory(const YAML::Node& config,
                                           const CacheSurroundings& surroundings) {
  MemoryCacheOptions options;
  MNEMO_RETURN_IF_ERROR(
      yaml::read(config, {{"max_size", yaml::bytes(options.max_bytes)},
                          {"max_item_size", yaml::bytes(options.max_item_bytes)}}));
  if (surroundings.count_memory) {
    surroundings.count_memory(options);
  } else if (surroundings.metrics != nullptr) {
    auto metrics = std::make_shared<MemoryCacheMetrics>(make_memory_cache_metrics(
        *surroundings.metrics, surroundings.name, options.max_bytes, options.max_item_bytes));
    options.metrics = [metrics](std::string_view) { return metrics.get(); };
  }
  MNEMO_TRY(auto cache, MemoryCache::create(std::move(options)));
  return std::shared_ptr<Cache>(std::move(cache));
}

/// The servers that each of the addresses names as those of its cluster, or named last.
ServerLookup discover(const std::vector<std::string>& endpoints, std::chrono::milliseconds timeout,
                      const CacheSurroundings& surroundings) {
  Counter* lookups = nullptr;
  Counter* failures = nullptr;
  if (surroundings.metrics != nullptr) {
    Metrics::LabelMap labels = {{"name", surroundings.name}};
    lookups =
        &surroundings.metrics->counter("thanos_memcached_auto_discovery_total",
                                       "The number of memcache auto discovery attempts", labels);
    failures =
        &surroundings.metrics->counter("thanos_memcached_auto_discovery_failures_total",
                                       "The number of memcache auto discovery failures", labels);
  }
  auto known = std::make_shared<std::map<std::string, std::vector<std::string>>>();
  for (const auto& endpoint : endpoints) (*known)[endpoint];
  return [=](const Context& context) -> Result<std::vector<std::string>> {
    std::vector<std::string> servers;
    Status failure;
    for (auto& [endpoint, last] : *known) {
      auto found = discover_memcached(context.with_timeout(timeout), endpoint);
      if (lookups != nullptr) lookups->increment();
      if (!found.ok() && failures != nullptr) failures->increment();
      if (found.ok()) {
        last = *std::move(found);
      } else {
        failure = found.status();
      }
      servers.insert(servers.end(), last.begin(), last.end());
    }
    if (servers.empty()) return failure;
    return servers;
  };
}

Result<std::shared_ptr<Cache>> make_memcached(const YAML::Node& config,
                                              const CacheSurroundings& surroundings) {
  MemcachedOptions options;
  RemoteFields remote(surroundings, "memcached");
  remote.options.max_item_size = 1 << 20;
  std::vector<std::string> addresses;
  bool auto_discovery = false;
  yaml::Fields fields = {
      {"addresses", yaml::texts(addresses)},
      {"timeout", yaml::duration(options.timeout)},
      {"max_idle_connections", yaml::count(options.servers.max_idle_connections)},
      {"max_item_size", yaml::bytes(remote.options.max_item_size)},
      {"max_get_multi_batch_size", yaml::count(options.max_get_batch)},
      {"dns_provider_update_interval", yaml::duration(options.servers.interval)},
      {"auto_discovery", yaml::flag(auto_discovery)}};
  remote.add_to(fields);
  MNEMO_RETURN_IF_ERROR(yaml::read(config, fields));
  if (addresses.empty()) return Status::invalid_argument("no memcached addresses provided");
  if (options.servers.interval.count() <= 0) {
    return Status::invalid_argument("DNS provider update interval must be positive");
  }
  MNEMO_RETURN_IF_ERROR(remote.finish());
  options.servers.executor = surroundings.executor;
  options.servers.logger = surroundings.logger;
  if (auto_discovery) {
    options.servers.lookup = discover(addresses, options.timeout, surroundings);
  } else if (surroundings.lookup) {
    options.servers.lookup = surroundings.lookup(addresses, options.servers.interval);
  } else {
    options.servers.lookup = [addresses](const Context&) -> Result<std::vector<std::string>> {
      return addresses;
    };
  }
  options.max_value_bytes = std::max(options.max_value_bytes, 2 * remote.options.max_item_size);
  auto client = make_memcached_client(std::move(options));
  return make_sealed_cache(make_remote_cache(std::move(client), std::move(remote.options)));
}

Result<std::shared_ptr<Cache>> make_redis(const YAML::Node& config,
                                          const CacheSurroundings& surroundings) {
  RedisOptions options;
  RemoteFields remote(surroundings, "redis");
  std::string address;
  uint64_t unused = 0;
  bool tls_enabled = false;
  TlsClientOptions tls;
  yaml::Fields fields = {
      {"addr", yaml::text(address)},
      {"prefix", yaml::text(options.prefix)},
      {"username", yaml::text(options.username)},
      {"password", yaml::text(options.password)},
      {"db", yaml::count(options.db)},
      {"dial_timeout", yaml::duration(options.dial_timeout)},
      {"read_timeout", yaml::duration(options.read_timeout)},
      {"write_timeout", yaml::duration(options.write_timeout)},
      {"get_multi_batch_size", yaml::count(options.get_multi_batch_size)},
      // Sets go one by one, so these have nothing to limit; nothing is kept on the client's side.
      {"max_set_multi_concurrency", yaml::count(unused)},
      {"set_multi_batch_size", yaml::count(unused)},
      {"cache_size", yaml::bytes(unused)},
      {"tls_enabled", yaml::flag(tls_enabled)},
      {"tls_config", yaml::section({{"ca_file", yaml::text(tls.ca_file)},
                                    {"cert_file", yaml::text(tls.cert_file)},
                                    {"key_file", yaml::text(tls.key_file)},
                                    {"server_name", yaml::text(tls.server_name)},
                                    {"insecure_skip_verify", yaml::flag(tls.insecure_skip_verify)},
                                    {"min_version", yaml::text(tls.min_version)}})},
      {"master_name", yaml::text(options.master_name)},
      {"sentinel_username", yaml::text(options.sentinel_username)},
      {"sentinel_password", yaml::text(options.sentinel_password)}};
  remote.add_to(fields);
  MNEMO_RETURN_IF_ERROR(yaml::read(config, fields));
  if (address.empty()) return Status::invalid_argument("no redis addr provided");
  if (tls_enabled) {
    MNEMO_TRY(options.tls, TlsClient::make(std::move(tls)).with_context("tls_config"));
  }
  MNEMO_RETURN_IF_ERROR(remote.finish());
  options.addresses = split_commas(address);
  auto client = make_redis_client(std::move(options));
  return make_sealed_cache(make_remote_cache(std::move(client), std::move(remote.options)));
}

}  // namespace

Result<std::shared_ptr<Cache>> make_cache(const std::string& type, const YAML::Node& config,
                                          const CacheSurroundings& surroundings) {
  auto wanted = upper_case(type);
  if (wanted == "IN-MEMORY") return make_memory(config, surroundings);
  if (wanted == "MEMCACHED") return make_memcached(config, surroundings);
  if (wanted == "REDIS") return make_redis(config, surroundings);
  if (wanted == "GROUPCACHE") {
    return Status::unimplemented("a cache of type GROUPCACHE is not built in");
  }
  return Status::invalid_argument("cache with type " + type + " is not supported");
}

Result<std::shared_ptr<Cache>> make_cache_levels(const YAML::Node& root,
                                                 const CacheSurroundings& surroundings,
                                                 const yaml::Fields& more) {
  auto make_level = [&](const YAML::Node& map) -> Result<std::shared_ptr<Cache>> {
    std::string type;
    YAML::Node config;
    yaml::Fields fields = {{"type", yaml::text(type)}, {"config", yaml::keep(config)}};
    fields.insert(fields.end(), more.begin(), more.end());
    MNEMO_RETURN_IF_ERROR(yaml::read(map, fields));
    return make_cache(type, config, surroundings);
  };
  if (!root.IsSequence()) return make_level(root);
  std::vector<std::shared_ptr<Cache>> levels;
  for (const auto& map : root) {
    MNEMO_TRY(auto level, make_level(map));
    levels.push_back(std::move(level));
  }
  if (levels.empty()) return Status::invalid_argument("no cache is configured");
  return make_leveled_cache(std::move(levels), kPromotionTtl);
}

}  // namespace mnemo::cache
