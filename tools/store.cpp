// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "component.hpp"
#include "flags.hpp"
#include "serving.hpp"

#include "blocks/meta_filters.hpp"
#include "objstore/config.hpp"
#include "objstore/metrics_bucket.hpp"
#include "store/bucket/bucket_store.hpp"

#include <algorithm>
#include <chrono>

namespace mnemo::tools {
namespace {

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
  declare_known(line);
}

void StoreFlags::declare_known(CommandLine& line) {
  line.tolerate({"index-cache-size", "index-cache.config", "index-cache.config-file",
                 "chunk-pool-size", "block-discovery-strategy", "store.caching-bucket.config",
                 "store.caching-bucket.config-file", "store.grpc.series-max-concurrency",
                 "store.index-header-posting-offsets-in-mem-sampling",
                 "store.posting-group-max-key-series-ratio", "debug.estimated-max-chunk-size",
                 "debug.estimated-max-series-size", "debug.series-batch-size", "matcher-cache-size",
                 "bucket-web-label", "web.external-prefix", "web.prefix-header", "delete-delay"});
  line.tolerate_switches({"store.enable-lazy-expanded-postings", "web.disable", "web.disable-cors",
                          "disable-admin-operations"});
  line.refuse({"store.limits.request-series", "store.limits.request-samples",
               "store.grpc.touched-series-limit", "store.grpc.series-sample-limit",
               "store.grpc.downloaded-bytes-limit"},
              "the store has no limits for requests; only 0 (none) is accepted", "0");
  line.refuse({"selector.relabel-config", "selector.relabel-config-file"},
              "blocks are selected by time only");
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

/// What a block must be like to be served.
std::vector<MetaFilter> filters(const StoreFlags& flags, const std::shared_ptr<Bucket>& bucket,
                                const MetaFetcherOptions& requests) {
  auto range = [flags] { return *time_range(flags); };
  return {time_partition(range),
          consistency_delay(std::chrono::milliseconds(flags.consistency_delay_ms)),
          ignore_deletion_marks(
              bucket, std::chrono::milliseconds(flags.ignore_deletion_marks_delay_ms), requests),
          deduplicate()};
}

Result<std::shared_ptr<BucketStore>> make_store(const StoreFlags& flags,
                                                const Component& component) {
  MNEMO_RETURN_IF_ERROR(time_range(flags).status());
  MNEMO_TRY(auto config, flags.objstore.read("objstore.config"));
  MNEMO_TRY(auto bare, make_bucket_from_config(config, component.bucket_environment())
                           .with_context("--objstore.config"));
  auto bucket = make_metrics_bucket(std::move(bare), *component.metrics());

  MetaFetcherOptions fetching;
  fetching.concurrency = flags.meta_fetch_concurrency;
  fetching.executor = component.executor();
  fetching.metrics = component.metrics().get();
  fetching.logger = component.logger();
  fetching.filters = filters(flags, bucket, fetching);

  BucketStoreOptions options;
  options.executor = component.executor();
  options.metrics = component.metrics().get();
  options.logger = component.logger();
  options.time_limit = [flags] { return *time_range(flags); };
  if (flags.cache_index_header) options.headers.data_dir = flags.data_dir;
  options.headers.is_lazy = flags.lazy_headers;
  options.headers.is_downloaded_lazily = flags.header_download == "lazy";
  options.headers.idle_timeout = std::chrono::milliseconds(flags.header_idle_ms);
  return std::make_shared<BucketStore>(bucket, std::make_shared<MetaFetcher>(bucket, fetching),
                                       options);
}

Status run(const StoreFlags& flags, const CommandLine& line) {
  Component component("store", flags.common);
  component.warn(line.warnings());
  MNEMO_TRY(auto store, make_store(flags, component));
  MNEMO_TRY(auto serving, Serving::start(component, flags.common, flags.grpc, store));
  component.every(flags.sync_ms, "looking for blocks in the bucket", [&](const Context& context) {
    auto status = store->sync(context);
    if (store->ready()) serving->set_ready(true);
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
