// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "component.hpp"
#include "flags.hpp"
#include "serving.hpp"

#include "api/blocks_api.hpp"
#include "base/byte_size.hpp"
#include "blocks/meta_filters.hpp"
#include "blocks/selector.hpp"
#include "discovery/target_source.hpp"
#include "objstore/caching_bucket_config.hpp"
#include "store/bucket/bucket_store.hpp"
#include "store/bucket/index_cache_config.hpp"
#include "store/limited_store.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <mutex>

namespace mnemo::tools {
namespace {

// Stores into cache servers wait for these most of the time.
constexpr size_t kCacheThreads = 8;

struct StoreFlags {
  CommonFlags common;
  GrpcServerFlags grpc;
  ContentFlags objstore;
  std::string data_dir = "./data";
  std::string min_time = "0000-01-01T00:00:00Z";
  std::string max_time = "9999-12-31T23:59:59Z";
  int64_t sync_ms = 15 * 60'000;
  int64_t consistency_delay_ms = 0;
  int64_t ignore_deletion_marks_delay_ms = 24 * 3'600'000;
  uint64_t meta_fetch_concurrency = 32;
  uint64_t sync_concurrency = 20;
  bool cache_index_header = true;
  bool lazy_headers = false;
  int64_t header_idle_ms = 5 * 60'000;
  std::string header_download = "eager";
  ContentFlags index_cache;
  std::string index_cache_size = "250MB";
  ContentFlags caching_bucket;
  ContentFlags selector;
  QueryLimits limits;
  std::string downloaded_bytes_limit = "0";
  uint64_t series_concurrency = 20;
  bool lazy_postings = false;
  std::string max_key_series_ratio = "100";
  uint64_t usual_series_size = 64 << 10;
  uint64_t usual_chunk_size = 16'000;
  std::string web_label;
  bool web_disabled = false;

  void declare_reading(CommandLine& line);
  void declare(CommandLine& line);
  void declare_known(CommandLine& line);
};

void StoreFlags::declare(CommandLine& line) {
  common.declare(line);
  grpc.declare(line);
  objstore.declare(line, "objstore.config", "object storage's configuration");
  line.text("data-dir", data_dir, "Folder for the index-headers of the blocks.");
  line.boolean("cache-index-header", cache_index_header,
               "Keep index-headers in --data-dir instead of in memory.");
  line.boolean("store.enable-index-header-lazy-reader", lazy_headers,
               "Map an index-header only when a query needs it.");
  line.duration(
      "store.index-header-lazy-reader-idle-timeout", header_idle_ms,
      "With lazy index-headers: let go of one that no query needed for so long; 0: never.");
  line.choice("store.index-header-lazy-download-strategy", header_download, {"eager", "lazy"},
              "With lazy index-headers: download them when a block is found, or at query time.");
  line.duration("sync-block-duration", sync_ms,
                "How often the bucket is looked at for new blocks.");
  line.text("min-time", min_time, "Serve nothing older: RFC 3339, or relative to now (-6w).");
  line.text("max-time", max_time, "Serve nothing newer: RFC 3339, or relative to now (-2h).");
  line.duration("consistency-delay", consistency_delay_ms,
                "Least age of a block before it is read.");
  line.duration("ignore-deletion-marks-delay", ignore_deletion_marks_delay_ms,
                "How long a block that is marked for deletion is still served.");
  line.number("block-meta-fetch-concurrency", meta_fetch_concurrency,
              "How many meta.json files are fetched at the same time.");
  line.number("block-sync-concurrency", sync_concurrency,
              "How many blocks are loaded at the same time.");
  selector.declare(line, "selector.relabel-config",
                   "rules (keep, drop, hashmod) that choose blocks by their external labels");
  line.text("bucket-web-label", web_label, "External label by which /blocks groups blocks.");
  line.boolean("web.disable", web_disabled, "Don't serve /blocks and /api/v1/blocks.");
  declare_reading(line);
  declare_known(line);
}

void StoreFlags::declare_reading(CommandLine& line) {
  index_cache.declare(line, "index-cache.config", "configuration of the index cache");
  line.text("index-cache-size", index_cache_size,
            "Size of the index cache in memory, unless it is configured.");
  caching_bucket.declare(line, "store.caching-bucket.config",
                         "configuration of the caching bucket");
  line.number("store.limits.request-series", limits.series,
              "Series that one call may touch; more fail it. 0: no limit.");
  line.number("store.grpc.touched-series-limit", limits.series,
              "Old name of --store.limits.request-series.");
  line.number("store.limits.request-samples", limits.samples,
              "Samples (120 a chunk) that one call may read; more fail it. 0: no limit.");
  line.number("store.grpc.series-sample-limit", limits.samples,
              "Old name of --store.limits.request-samples.");
  line.text("store.grpc.downloaded-bytes-limit", downloaded_bytes_limit,
            "Bytes that one call may take from the bucket or a cache; more fail it. 0: no limit.");
  line.number("store.grpc.series-max-concurrency", series_concurrency,
              "Series calls that are answered at the same time; others wait. 0: no limit.");
  line.boolean("store.enable-lazy-expanded-postings", lazy_postings,
               "Leave out postings that cost more than the series that they spare.");
  line.text("store.posting-group-max-key-series-ratio", max_key_series_ratio,
            "With lazy postings: leave out a matcher with more lists than this times the series "
            "expected; 0: no limit.");
  line.number("debug.estimated-max-series-size", usual_series_size,
              "Bytes read for a series entry, where the block knows no less.");
  line.number("debug.estimated-max-chunk-size", usual_chunk_size,
              "Bytes read for a chunk, where the block knows no less.");
}

void StoreFlags::declare_known(CommandLine& line) {
  line.tolerate({"chunk-pool-size", "block-discovery-strategy",
                 "store.index-header-posting-offsets-in-mem-sampling", "debug.series-batch-size",
                 "matcher-cache-size", "web.external-prefix", "web.prefix-header", "delete-delay"});
  line.tolerate_switches({"web.disable-cors", "disable-admin-operations"});
  line.refuse({"objstore-parquet.config", "objstore-parquet.config-file"},
              "blocks are not read in Parquet form");
}

/// The times to serve; relative ones move with the clock.
Result<TimeRange> time_range(const StoreFlags& flags) {
  MNEMO_TRY(auto min, parse_time_or_duration(flags.min_time, now_ms()).with_context("--min-time"));
  MNEMO_TRY(auto max, parse_time_or_duration(flags.max_time, now_ms()).with_context("--max-time"));
  if (min > max) return Status::invalid_argument("--min-time is later than --max-time");
  return TimeRange{min, max};
}

Result<double> read_ratio(const std::string& text) {
  double ratio = 0;
  const auto* end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, ratio);
  if (!text.empty() && read.ec == std::errc() && read.ptr == end && ratio >= 0) return ratio;
  return Status::invalid_argument("--store.posting-group-max-key-series-ratio: not a number: \"" +
                                  text + "\"");
}

/// What a block must be like to be served.
Result<std::vector<MetaFilter>> filters(const StoreFlags& flags,
                                        const std::shared_ptr<Bucket>& bucket,
                                        const MetaFetcherOptions& requests) {
  std::vector<SelectorRule> rules;
  if (flags.selector.given()) {
    MNEMO_TRY(auto yaml, flags.selector.read("selector.relabel-config"));
    MNEMO_TRY(rules, parse_selector(yaml).with_context("--selector.relabel-config"));
  }
  auto range = [flags] { return *time_range(flags); };
  return std::vector<MetaFilter>{
      time_partition(range), label_sharded(std::move(rules)),
      consistency_delay(std::chrono::milliseconds(flags.consistency_delay_ms)),
      ignore_deletion_marks(bucket, std::chrono::milliseconds(flags.ignore_deletion_marks_delay_ms),
                            requests),
      deduplicate()};
}

/// Looks up cache servers as endpoints are looked up.
Result<cache::ServerLookup> lookup_of(const std::vector<std::string>& addresses,
                                      std::chrono::milliseconds interval, const std::string& name,
                                      const std::shared_ptr<Logger>& logger, Metrics* metrics) {
  discovery::TargetSourceOptions options;
  options.addresses = addresses;
  options.dns_interval = interval;
  options.logger = logger;
  options.metrics = metrics;
  options.metric_prefix = "thanos_memcached_";
  options.metric_labels = {{"name", name}};
  MNEMO_TRY(auto made, discovery::TargetSource::create(std::move(options)));
  std::shared_ptr<discovery::TargetSource> source = std::move(made);
  return cache::ServerLookup(
      [source](const Context& context) { return source->addresses(context); });
}

cache::CacheSurroundings cache_surroundings(const std::string& name, const Component& component) {
  cache::CacheSurroundings surroundings;
  surroundings.name = name;
  surroundings.executor = make_thread_pool(kCacheThreads);
  surroundings.metrics = component.metrics().get();
  surroundings.logger = component.logger();
  surroundings.lookup = [name, logger = component.logger(), metrics = component.metrics().get()](
                            const std::vector<std::string>& addresses,
                            std::chrono::milliseconds interval) {
    auto lookup = lookup_of(addresses, interval, name, logger, metrics);
    if (lookup.ok()) return *std::move(lookup);
    return cache::ServerLookup(
        [failure = lookup.status()](const Context&) -> Result<std::vector<std::string>> {
          return failure;
        });
  };
  return surroundings;
}

Result<std::shared_ptr<IndexCache>> make_index_cache(const StoreFlags& flags,
                                                     const Component& component) {
  if (flags.index_cache.given()) {
    MNEMO_TRY(auto yaml, flags.index_cache.read("index-cache.config"));
    return make_index_cache_from_config(yaml, cache_surroundings("index-cache", component))
        .with_context("--index-cache.config");
  }
  MNEMO_TRY(auto bytes, parse_byte_size(flags.index_cache_size).with_context("--index-cache-size"));
  return make_memory_index_cache(bytes, component.metrics().get());
}

Result<std::shared_ptr<Bucket>> make_bucket(const StoreFlags& flags, const Component& component) {
  MNEMO_TRY(auto bucket_yaml, flags.objstore.read("objstore.config"));
  MNEMO_TRY(auto bucket, component.open_bucket(bucket_yaml));
  if (!flags.caching_bucket.given()) return bucket;
  MNEMO_TRY(auto yaml, flags.caching_bucket.read("store.caching-bucket.config"));
  return make_caching_bucket_from_config(std::move(bucket), bucket_yaml, yaml, component.executor(),
                                         cache_surroundings("caching-bucket", component))
      .with_context("--store.caching-bucket.config");
}

Result<std::shared_ptr<BucketStore>> make_store(const StoreFlags& flags,
                                                const Component& component) {
  MNEMO_RETURN_IF_ERROR(time_range(flags).status());
  MNEMO_TRY(auto bucket, make_bucket(flags, component));
  component.metrics()
      ->gauge("thanos_consistency_delay_seconds", "Configured consistency delay in seconds.")
      .set(static_cast<double>(flags.consistency_delay_ms) / 1000);
  MetaFetcherOptions fetching;
  fetching.concurrency = flags.meta_fetch_concurrency;
  fetching.executor = component.executor();
  fetching.metrics = component.metrics().get();
  fetching.logger = component.logger();
  MNEMO_TRY(fetching.filters, filters(flags, bucket, fetching));

  BucketStoreOptions options;
  options.executor = component.executor();
  options.metrics = component.metrics().get();
  options.logger = component.logger();
  options.time_limit = [flags] { return *time_range(flags); };
  if (flags.cache_index_header) options.headers.data_dir = flags.data_dir;
  options.headers.is_lazy = flags.lazy_headers;
  options.headers.is_downloaded_lazily = flags.header_download == "lazy";
  options.headers.idle_timeout = std::chrono::milliseconds(flags.header_idle_ms);
  MNEMO_TRY(options.index_cache, make_index_cache(flags, component));
  options.limits = flags.limits;
  MNEMO_TRY(options.limits.downloaded_bytes,
            parse_byte_size(flags.downloaded_bytes_limit)
                .with_context("--store.grpc.downloaded-bytes-limit"));
  options.max_concurrent_series = flags.series_concurrency;
  options.load_concurrency = std::max<uint64_t>(flags.sync_concurrency, 1);
  options.lazy_postings.enabled = flags.lazy_postings;
  MNEMO_TRY(options.lazy_postings.max_keys_per_series, read_ratio(flags.max_key_series_ratio));
  options.usual_entry_size = flags.usual_series_size;
  options.usual_chunk_size = flags.usual_chunk_size;
  return std::make_shared<BucketStore>(bucket, std::make_shared<MetaFetcher>(bucket, fetching),
                                       options);
}

/// How the last look at the bucket went.
struct LastSync {
  std::mutex mutex;
  Status status;
  int64_t succeeded_at_ms = 0;
};

Status run(const StoreFlags& flags, const CommandLine& line) {
  Component component("store", flags.common);
  component.warn(line.warnings());
  MNEMO_TRY(auto store, make_store(flags, component));
  LastSync last;
  HttpRouter routes;
  if (!flags.web_disabled) {
    api::add_block_routes(routes, flags.web_label, [&]() -> api::BlocksInfo {
      std::lock_guard lock(last.mutex);
      return {store->loaded_metas(), last.succeeded_at_ms, last.status};
    });
  }
  MNEMO_TRY(auto serving,
            Serving::start(component, flags.common, flags.grpc,
                           make_limited_store(store, {}, component.metrics()), std::move(routes)));
  component.every(flags.sync_ms, "looking for blocks in the bucket", [&](const Context& context) {
    auto status = store->sync(context);
    if (store->ready()) serving->set_ready(true);
    std::lock_guard lock(last.mutex);
    if (status.ok()) last.succeeded_at_ms = now_ms();
    last.status = status;
    return status;
  });
  if (flags.lazy_headers && flags.header_idle_ms > 0) {
    int64_t interval_ms = std::max<int64_t>(flags.header_idle_ms / 10, 1);
    component.every(interval_ms, "releasing idle index-headers", [&](const Context&) -> Status {
      store->release_idle_headers();
      return {};
    });
  }
  component.wait();
  serving->stop();
  return {};
}

}  // namespace

int run_store(const std::vector<std::string>& arguments) {
  StoreFlags flags;
  CommandLine line("store", "Serves the blocks of a bucket over gRPC (StoreAPI).");
  flags.declare(line);
  if (auto status = line.parse(arguments)) return *status;
  if (auto status = run(flags, line); !status.ok()) return report("store", status);
  return kDone;
}

}  // namespace mnemo::tools
