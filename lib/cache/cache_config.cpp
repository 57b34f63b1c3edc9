// SPDX-License-Identifier: Apache-2.0
#include "cache/cache_config.hpp"

#include "base/letter_case.hpp"
#include "cache/config_fields.hpp"
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

Status invalid(const std::string& what, const std::string& message) {
  return Status::invalid_argument(what + ": " + message);
}

Result<CircuitBreakerOptions> read_breaker(const std::string& what, const YAML::Node& node) {
  CircuitBreakerOptions options;
  uint64_t half_open = options.half_open_max_requests;
  uint64_t min_requests = options.min_requests;
  uint64_t consecutive = options.consecutive_failures;
  ConfigFields fields(what + ": set_async_circuit_breaker_config", node);
  fields.boolean("enabled", options.enabled);
  fields.number("half_open_max_requests", half_open);
  fields.duration("open_duration", options.open_duration);
  fields.number("min_requests", min_requests);
  fields.number("consecutive_failures", consecutive);
  fields.fraction("failure_percent", options.failure_percent);
  MNEMO_RETURN_IF_ERROR(fields.finish());
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
  if (consecutive == 0) {
    return invalid(what, "circuit breaker consecutive failures must be greater than 0");
  }
  if (!(options.failure_percent > 0 && options.failure_percent <= 1)) {
    return invalid(what, "circuit breaker failure percent must be in range (0,1]");
  }
  options.half_open_max_requests = static_cast<uint32_t>(std::clamp<uint64_t>(half_open, 1, kMost));
  options.min_requests = static_cast<uint32_t>(std::min(min_requests, kMost));
  options.consecutive_failures = static_cast<uint32_t>(std::min(consecutive, kMost));
  return options;
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

  void read(ConfigFields& fields) {
    fields.number("max_async_concurrency", options.max_async_concurrency);
    fields.number("max_async_buffer_size", options.max_async_buffer_size);
    fields.number("max_get_multi_concurrency", options.max_get_concurrency);
    breaker_.reset(fields.take("set_async_circuit_breaker_config"));
  }

  /// After the fields' own end. Errors: InvalidArgument.
  Status finish(const std::string& what) {
    MNEMO_TRY(options.breaker, read_breaker(what, breaker_));
    return {};
  }

  Status check(const std::string& what) const {
    if (options.max_async_concurrency > 0) return {};
    return invalid(what, "max async concurrency must be positive");
  }

  RemoteCacheOptions options;

 private:
  YAML::Node breaker_;
};

Result<std::shared_ptr<Cache>> make_memory(const std::string& what, const YAML::Node& config,
                                           const CacheSurroundings& surroundings) {
  MemoryCacheOptions options;
  ConfigFields fields(what, config);
  fields.bytes("max_size", options.max_bytes);
  fields.bytes("max_item_size", options.max_item_bytes);
  MNEMO_RETURN_IF_ERROR(fields.finish());
  if (surroundings.count_memory) {
    surroundings.count_memory(options);
  } else if (surroundings.metrics != nullptr) {
    auto metrics = std::make_shared<MemoryCacheMetrics>(make_memory_cache_metrics(
        *surroundings.metrics, surroundings.name, options.max_bytes, options.max_item_bytes));
    options.metrics = [metrics](std::string_view) { return metrics.get(); };
  }
  MNEMO_TRY(auto cache, MemoryCache::create(std::move(options)).with_context(what));
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

Result<std::shared_ptr<Cache>> make_memcached(const std::string& what, const YAML::Node& config,
                                              const CacheSurroundings& surroundings) {
  MemcachedOptions options;
  RemoteFields remote(surroundings, "memcached");
  remote.options.max_item_size = 1 << 20;
  std::vector<std::string> addresses;
  bool auto_discovery = false;
  ConfigFields fields(what, config);
  fields.texts("addresses", addresses);
  fields.duration("timeout", options.timeout);
  fields.number("max_idle_connections", options.servers.max_idle_connections);
  remote.read(fields);
  fields.bytes("max_item_size", remote.options.max_item_size);
  fields.number("max_get_multi_batch_size", options.max_get_batch);
  fields.duration("dns_provider_update_interval", options.servers.interval);
  fields.boolean("auto_discovery", auto_discovery);
  MNEMO_RETURN_IF_ERROR(fields.finish());
  MNEMO_RETURN_IF_ERROR(remote.finish(what));
  if (addresses.empty()) return invalid(what, "no memcached addresses provided");
  if (options.servers.interval.count() <= 0) {
    return invalid(what, "DNS provider update interval must be positive");
  }
  MNEMO_RETURN_IF_ERROR(remote.check(what));
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

Result<TlsClientOptions> read_tls(const std::string& what, const YAML::Node& node) {
  TlsClientOptions options;
  ConfigFields fields(what + ": tls_config", node);
  fields.text("ca_file", options.ca_file);
  fields.text("cert_file", options.cert_file);
  fields.text("key_file", options.key_file);
  fields.text("server_name", options.server_name);
  fields.boolean("insecure_skip_verify", options.insecure_skip_verify);
  fields.text("min_version", options.min_version);
  MNEMO_RETURN_IF_ERROR(fields.finish());
  return options;
}

Result<std::shared_ptr<Cache>> make_redis(const std::string& what, const YAML::Node& config,
                                          const CacheSurroundings& surroundings) {
  RedisOptions options;
  RemoteFields remote(surroundings, "redis");
  std::string address;
  uint64_t unused = 0;
  bool tls_enabled = false;
  ConfigFields fields(what, config);
  fields.text("addr", address);
  fields.text("prefix", options.prefix);
  fields.text("username", options.username);
  fields.text("password", options.password);
  fields.number("db", options.db);
  fields.duration("dial_timeout", options.dial_timeout);
  fields.duration("read_timeout", options.read_timeout);
  fields.duration("write_timeout", options.write_timeout);
  fields.number("get_multi_batch_size", options.get_multi_batch_size);
  // Sets go one by one, so these have nothing to limit; nothing is kept on the client's side.
  fields.number("max_set_multi_concurrency", unused);
  fields.number("set_multi_batch_size", unused);
  fields.bytes("cache_size", unused);
  fields.boolean("tls_enabled", tls_enabled);
  auto tls_config = fields.take("tls_config");
  fields.text("master_name", options.master_name);
  fields.text("sentinel_username", options.sentinel_username);
  fields.text("sentinel_password", options.sentinel_password);
  remote.read(fields);
  MNEMO_RETURN_IF_ERROR(fields.finish());
  MNEMO_RETURN_IF_ERROR(remote.finish(what));
  if (address.empty()) return invalid(what, "no redis addr provided");
  MNEMO_TRY(auto tls, read_tls(what, tls_config));
  if (tls_enabled) {
    MNEMO_TRY(options.tls, TlsClient::make(std::move(tls)).with_context(what + ": tls_config"));
  }
  MNEMO_RETURN_IF_ERROR(remote.check(what));
  options.addresses = split_commas(address);
  auto client = make_redis_client(std::move(options));
  return make_sealed_cache(make_remote_cache(std::move(client), std::move(remote.options)));
}

}  // namespace

Result<std::shared_ptr<Cache>> make_cache(const std::string& what, const std::string& type,
                                          const YAML::Node& config,
                                          const CacheSurroundings& surroundings) {
  auto wanted = upper_case(type);
  if (wanted == "IN-MEMORY") return make_memory(what, config, surroundings);
  if (wanted == "MEMCACHED") return make_memcached(what, config, surroundings);
  if (wanted == "REDIS") return make_redis(what, config, surroundings);
  if (wanted == "GROUPCACHE") {
    return Status::unimplemented(what + ": a cache of type GROUPCACHE is not built in");
  }
  return invalid(what, "cache with type " + type + " is not supported");
}

Result<std::shared_ptr<Cache>> make_cache_levels(
    const std::string& what, const YAML::Node& root, const CacheSurroundings& surroundings,
    const std::function<void(ConfigFields&)>& read_more) {
  auto make_level = [&](const YAML::Node& map) -> Result<std::shared_ptr<Cache>> {
    std::string type;
    ConfigFields fields(what, map);
    fields.text("type", type);
    auto config = fields.take("config");
    read_more(fields);
    MNEMO_RETURN_IF_ERROR(fields.finish());
    return make_cache(what, type, config, surroundings);
  };
  if (!root.IsSequence()) return make_level(root);
  std::vector<std::shared_ptr<Cache>> levels;
  for (const auto& map : root) {
    MNEMO_TRY(auto level, make_level(map));
    levels.push_back(std::move(level));
  }
  if (levels.empty()) return invalid(what, "no cache is configured");
  return make_leveled_cache(std::move(levels), kPromotionTtl);
}

}  // namespace mnemo::cache
