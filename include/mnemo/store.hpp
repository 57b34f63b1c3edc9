// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/chunk.hpp>
#include <mnemo/context.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/matcher.hpp>
#include <mnemo/status.hpp>
#include <mnemo/time_range.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mnemo {

/// The aggregates of a downsampled block; the numbers are those of the StoreAPI.
enum class Aggregate { kRaw = 0, kCount = 1, kSum = 2, kMin = 3, kMax = 4, kCounter = 5 };

/// What a failure of one of several sources does: kWarn, a warning beside the rest of the answer;
/// kAbort, the failure of the whole call.
enum class PartialResponse { kWarn = 0, kAbort = 1 };

/// Which series of several shards are wanted: those with hash(labels) % total_shards ==
/// shard_index, over the listed labels (`by`) or all but them.
struct ShardInfo {
  int64_t shard_index = 0;
  int64_t total_shards = 0;
  bool by = false;
  std::vector<std::string> labels;
};

/// Best-effort hints about the query behind a call.
struct QueryHints {
  int64_t step_ms = 0;
  int64_t range_ms = 0;  // the range selector's, 0 without one
  std::string func;      // surrounding function or aggregation
  bool grouping_by = false;
  std::vector<std::string> grouping_labels;
};

/// A StoreAPI Series call.
struct SeriesRequest {
  TimeRange range;
  std::vector<Matcher> matchers;      // over the series' labels with external labels applied
  int64_t max_resolution_window = 0;  // milliseconds; 0: raw only
  std::vector<Aggregate> aggregates;  // of downsampled chunks
  PartialResponse partial_response = PartialResponse::kWarn;
  bool skip_chunks = false;  // labels only
  std::vector<std::string> without_replica_labels;
  std::optional<ShardInfo> shard_info;
  QueryHints query_hints;
  int64_t limit = 0;                // series; 0: none
  int64_t response_batch_size = 0;  // series a message on the wire; 0 or 1: one
  /// Only these blocks, by a matcher over `__block_id`; from the request's hints. Empty: all.
  std::vector<Matcher> block_matchers;
  /// Only stores whose external labels (as `{name="value", ...}`) or address (`__address__`) match
  /// one of these sets; for stores over stores. Empty: all.
  std::vector<std::vector<Matcher>> store_matchers;
};

/// A part of one series: one raw chunk, or the aggregates of a downsampled one. Small where it is
/// raw, since answers have a hundred thousand of them.
struct AggregateChunk {
  int64_t min_time = 0;
  int64_t max_time = 0;
  std::optional<Chunk> raw;
  std::vector<std::pair<Aggregate, Chunk>> aggregates;  // in order, each once, none of them kRaw

  /// The chunk of an aggregate, or the raw one (kRaw); null where it is absent.
  const Chunk* get(Aggregate aggregate) const;
  void set(Aggregate aggregate, Chunk chunk);
};

/// One series of an answer, with its external labels. Chunks are in order of min_time, encoded, and
/// may reach beyond the range that was asked for.
struct Series {
  Labels labels;
  std::vector<AggregateChunk> chunks;
};

/// A stream of series, sorted by labels, pulled by the caller; a series may come in several
/// consecutive parts with the same labels. Whoever pulls slowly slows down whoever produces.
///
/// Not thread-safe. Ownership: keeps alive what it reads from, except the `Store` it came from.
/// Destroying it cancels what is under way.
class SeriesStream {
 public:
  virtual ~SeriesStream() = default;

  /// Fills `series` (whose storage is reused) and returns true, or returns false at the end.
  /// After a failure or the end, it must not be called again.
  virtual Result<bool> next(Series& series) = 0;

  /// What went wrong without failing the call. Complete once `next` has returned false.
  virtual const std::vector<std::string>& warnings() const = 0;

  /// The blocks that were read (ULIDs), where the source knows. Complete like `warnings()`.
  virtual std::vector<std::string> queried_blocks() const { return {}; }
};

struct LabelNamesRequest {
  TimeRange range;
  std::vector<Matcher> matchers;
  PartialResponse partial_response = PartialResponse::kWarn;
  std::vector<std::string> without_replica_labels;
  int64_t limit = 0;
  std::vector<Matcher> block_matchers;
  std::vector<std::vector<Matcher>> store_matchers;
};

struct LabelValuesRequest {
  std::string label;
  TimeRange range;
  std::vector<Matcher> matchers;
  PartialResponse partial_response = PartialResponse::kWarn;
  std::vector<std::string> without_replica_labels;
  int64_t limit = 0;
  std::vector<Matcher> block_matchers;
  std::vector<std::vector<Matcher>> store_matchers;
};

/// Sorted unique names or values, and warnings.
struct LabelsResponse {
  std::vector<std::string> values;
  std::vector<std::string> warnings;
};

/// The labels and time of one source of samples behind a store (a block, a head).
struct TsdbInfo {
  Labels labels;
  TimeRange range;
};

/// What a store says of itself. A store without external labels has no label sets.
struct StoreInfo {
  std::string component_type;  // "sidecar", "store", "query", "receive", "rule"
  std::vector<Labels> label_sets;
  TimeRange range;
  bool supports_sharding = false;
  bool supports_without_replica_labels = false;
  std::vector<TsdbInfo> tsdb_infos;
};

/// Anything that can serve metrics: local blocks, a bucket, a Prometheus server, a remote store, or
/// a fan-out over other stores. Mirrors the StoreAPI (docs/formats/storeapi.md).
///
/// Thread-safe: any number of threads may call any method.
/// Semantics all implementations share: external labels win over a series' own and take part in
/// matching; results are sorted with `without_replica_labels` left out where
/// `supports_without_replica_labels`; a store whose external labels contradict the matchers, or
/// whose range does not overlap, answers with nothing; no matcher at all, or only matchers that are
/// satisfied by external labels, means all series.
class Store {
 public:
  virtual ~Store() = default;

  virtual StoreInfo info() = 0;
  virtual Result<std::unique_ptr<SeriesStream>> series(const Context& context,
                                                       const SeriesRequest& request) = 0;
  virtual Result<LabelsResponse> label_names(const Context& context,
                                             const LabelNamesRequest& request) = 0;
  virtual Result<LabelsResponse> label_values(const Context& context,
                                              const LabelValuesRequest& request) = 0;
};

}  // namespace mnemo
