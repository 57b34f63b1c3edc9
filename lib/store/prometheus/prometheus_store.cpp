// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/prometheus_store.hpp"

#include "store/chunk_order.hpp"
#include "store/external_labels.hpp"
#include "store/prometheus/prometheus_stream.hpp"
#include "store/prometheus/remote_read.hpp"
#include "store/series_stream.hpp"
#include "store/shard.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mnemo {
namespace {

constexpr std::string_view kStreamedType =
    "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
constexpr std::string_view kSampledType = "application/x-protobuf";

/// Remote read takes no empty list of matchers for all series.
std::vector<Matcher> or_everything(std::vector<Matcher> matchers) {
  if (!matchers.empty()) return matchers;
  matchers.push_back(*Matcher::regex(kMetricName, ".*"));
  return matchers;
}

/// The HTTP API refuses selectors that could match the empty label set.
std::vector<Matcher> with_non_empty(std::vector<Matcher> matchers) {
  bool selects = std::any_of(matchers.begin(), matchers.end(),
                             [](const Matcher& matcher) { return !matcher.matches_empty(); });
  if (!selects) matchers.push_back(Matcher::not_equal(kMetricName, ""));
  return matchers;
}

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

template <typename Stream, typename... Args>
std::unique_ptr<SeriesStream> stream_of(Args&&... args) {
  return std::make_unique<Stream>(std::forward<Args>(args)...);
}

/// Sorted, each labels once with the chunks of all, at most `limit`.
std::vector<Series> finish_all(std::vector<Series> series, const LabelFinisher& finisher,
                               const std::optional<ShardInfo>& shard, int64_t limit) {
  ShardMatcher matcher(shard);
  std::vector<Series> kept;
  for (auto& one : series) {
    one.labels = finisher.finish(one.labels);
    if (matcher.matches(one.labels)) kept.push_back(std::move(one));
  }
  std::sort(kept.begin(), kept.end(),
            [](const Series& a, const Series& b) { return a.labels < b.labels; });
  std::vector<Series> unique;
  for (auto& one : kept) {
    if (unique.empty() || unique.back().labels != one.labels) {
      unique.push_back(std::move(one));
      continue;
    }
    auto& chunks = unique.back().chunks;
    std::move(one.chunks.begin(), one.chunks.end(), std::back_inserter(chunks));
    sort_and_deduplicate(chunks);
  }
  if (limit > 0 && unique.size() > static_cast<size_t>(limit)) {
    unique.resize(static_cast<size_t>(limit));
  }
  return unique;
}

}  // namespace

PrometheusStore::PrometheusStore(std::shared_ptr<PrometheusApi> api, PrometheusStoreOptions options)
    : api_(std::move(api)), options_(std::move(options)) {}

Status PrometheusStore::refresh(const Context& context) {
  auto found = std::make_shared<Server>();
  MNEMO_TRY(found->version, api_->version(context));
  MNEMO_TRY(found->lowest_time, api_->lowest_time(context));
  MNEMO_TRY(found->external, api_->external_labels(context));
  std::lock_guard lock(mutex_);
  server_ = std::move(found);
  return {};
}

Result<std::shared_ptr<const PrometheusStore::Server>> PrometheusStore::server() const {
  std::lock_guard lock(mutex_);
  if (!server_) return Status::unavailable("Prometheus' external labels are not known yet");
  return server_;
}

Labels PrometheusStore::external_labels() const {
  auto current = server();
  return current ? (*current)->external : Labels();
}

std::string PrometheusStore::version() const {
  auto current = server();
  return current ? (*current)->version : std::string();
}

TimeRange PrometheusStore::range() const {
  auto current = server();
  return range_of(current ? current->get() : nullptr);
}

TimeRange PrometheusStore::range_of(const Server* server) const {
  TimeRange range;
  if (server) range.min = server->lowest_time;
  if (options_.min_time) range.min = std::max(range.min, options_.min_time());
  return range;
}

StoreInfo PrometheusStore::info() {
  auto current = server();
  StoreInfo info;
  info.component_type = options_.component_type;
  info.range = range_of(current ? current->get() : nullptr);
  info.supports_sharding = true;
  info.supports_without_replica_labels = true;
  if (current && !(*current)->external.empty()) {
    info.label_sets.push_back((*current)->external);
    info.tsdb_infos.push_back({(*current)->external, info.range});
  }
  return info;
}

bool PrometheusStore::may_rewrite(const Context& context, const LabelFinisher& finisher,
                                  const std::vector<std::string>& without, TimeRange range) const {
  if (finisher.external().empty() && without.empty()) return false;
  // The server's label names are those of its own series, without its external labels.
  auto names = api_->label_names(context, {}, range, 0);
  if (!names) return true;  // not known: the safe way, which takes more memory
  std::set<std::string, std::less<>> known(names->values.begin(), names->values.end());
  return finisher.rewrites([&](std::string_view name) { return known.contains(name); });
}

Result<std::unique_ptr<SeriesStream>> PrometheusStore::series(const Context& context,
                                                              const SeriesRequest& request) {
  MNEMO_TRY(auto current, server());
  auto matchers = matchers_beyond(current->external, request.matchers);
  SeriesRequest asked = request;
  asked.range = request.range.intersect(range_of(current.get()));
  if (!matchers || asked.range.empty()) return make_empty_stream();
  LabelFinisher finisher(current->external, request.without_replica_labels);
  if (request.skip_chunks) return labels_only(context, finisher, asked, *matchers);

  bool rewrites = may_rewrite(context, finisher, request.without_replica_labels, asked.range);
  auto query = encode_read_request(asked.range, or_everything(std::move(*matchers)));
  MNEMO_TRY(auto transfer, api_->remote_read(context, std::move(query)));
  std::string type(transfer->head().header("Content-Type"));
  if (type.starts_with(kStreamedType)) {
    PrometheusStreamOptions options{
        std::move(finisher),     current->external, rewrites,
        request.shard_info,      request.limit,     options_.max_frame_bytes,
        options_.max_held_bytes, options_.metrics};
    return stream_of<PrometheusStream>(std::move(transfer), std::move(options));
  }
  if (!type.starts_with(kSampledType)) {
    return Status::unimplemented("remote read: unsupported content type \"" + type + "\"");
  }
  MNEMO_TRY(auto body, transfer->read_all(options_.max_sampled_bytes));
  std::vector<Series> series;
  MNEMO_RETURN_IF_ERROR(decode_read_response(body, options_.max_sampled_bytes, series));
  return stream_of<VectorSeriesStream>(
      finish_all(std::move(series), finisher, request.shard_info, request.limit));
}

Result<std::unique_ptr<SeriesStream>> PrometheusStore::labels_only(
    const Context& context, const LabelFinisher& finisher, const SeriesRequest& request,
    const std::vector<Matcher>& matchers) const {
  // A limit of the server's would be applied before shards and in another order.
  MNEMO_TRY(auto list, api_->series(context, with_non_empty(matchers), request.range, 0));
  std::vector<Series> series;
  series.reserve(list.series.size());
  for (auto& labels : list.series) series.push_back({std::move(labels), {}});
  return stream_of<VectorSeriesStream>(
      finish_all(std::move(series), finisher, request.shard_info, request.limit),
      std::move(list.warnings));
}

Result<LabelsResponse> PrometheusStore::label_names(const Context& context,
                                                    const LabelNamesRequest& request) {
  MNEMO_TRY(auto current, server());
  auto matchers = matchers_beyond(current->external, request.matchers);
  auto range = request.range.intersect(range_of(current.get()));
  if (!matchers || range.empty()) return LabelsResponse();
  if (!matchers->empty()) matchers = with_non_empty(std::move(*matchers));
  MNEMO_TRY(auto list, api_->label_names(context, *matchers, range, request.limit));
  if (list.values.empty()) return LabelsResponse{{}, std::move(list.warnings)};
  std::erase_if(list.values, [&](const std::string& name) {
    return contains(request.without_replica_labels, name);
  });
  std::vector<std::string> external;
  for (const auto& label : without_labels(current->external, request.without_replica_labels)) {
    external.emplace_back(label.name);
  }
  return LabelsResponse{merge_texts({std::move(list.values), std::move(external)}, request.limit),
                        std::move(list.warnings)};
}

Result<LabelsResponse> PrometheusStore::label_values(const Context& context,
                                                     const LabelValuesRequest& request) {
  if (request.label.empty()) {
    return Status::invalid_argument("label name parameter cannot be empty");
  }
  MNEMO_TRY(auto current, server());
  auto matchers = matchers_beyond(current->external, request.matchers);
  auto range = request.range.intersect(range_of(current.get()));
  if (!matchers || range.empty() || contains(request.without_replica_labels, request.label)) {
    return LabelsResponse();
  }
  if (!matchers->empty()) matchers = with_non_empty(std::move(*matchers));
  std::string external(current->external.get(request.label));
  if (!external.empty()) {
    if (matchers->empty()) return LabelsResponse{{external}, {}};
    MNEMO_TRY(auto found, api_->series(context, *matchers, range, 1));
    if (found.series.empty()) return LabelsResponse{{}, std::move(found.warnings)};
    return LabelsResponse{{external}, std::move(found.warnings)};
  }
  MNEMO_TRY(auto list, api_->label_values(context, request.label, *matchers, range, request.limit));
  return LabelsResponse{merge_texts({std::move(list.values)}, request.limit),
                        std::move(list.warnings)};
}

}  // namespace mnemo
