// SPDX-License-Identifier: Apache-2.0
#include "query/store_queryable.hpp"

#include "query/aggregates.hpp"
#include "query/chunk_source.hpp"
#include "store/chunk_order.hpp"
#include "store/series_stream.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mnemo {
namespace {

/// Joins the parts of a series that come one after the other.
class JoinedStream {
 public:
  explicit JoinedStream(std::unique_ptr<SeriesStream> source) : source_(std::move(source)) {}

  Result<bool> next(Series& series) {
    if (!has_ahead_) {
      MNEMO_TRY(bool more, pull());
      if (!more) return false;
    }
    std::swap(series, ahead_);
    has_ahead_ = false;
    for (;;) {
      MNEMO_TRY(bool more, pull());
      if (!more || ahead_.labels != series.labels) break;
      std::move(ahead_.chunks.begin(), ahead_.chunks.end(), std::back_inserter(series.chunks));
      has_ahead_ = false;
    }
    return true;
  }

  const std::vector<std::string>& warnings() const { return source_->warnings(); }

 private:
  Result<bool> pull() {
    if (is_done_) return false;
    ahead_.chunks.clear();
    MNEMO_TRY(has_ahead_, source_->next(ahead_));
    is_done_ = !has_ahead_;
    return has_ahead_;
  }

  std::unique_ptr<SeriesStream> source_;
  Series ahead_;
  bool has_ahead_ = false;
  bool is_done_ = false;
};

class StoreSelection final : public SelectedStream {
 public:
  StoreSelection(std::unique_ptr<SeriesStream> source, std::shared_ptr<const ChunkReading> reading)
      : source_(std::move(source)), reading_(std::move(reading)) {}

  Result<bool> next(SelectedSeries& selected) override {
    MNEMO_TRY(bool more, source_.next(series_));
    if (!more) return false;
    sort_and_deduplicate(series_.chunks);
    selected.labels = std::move(series_.labels);
    selected.samples = make_chunk_source(reading_, std::move(series_.chunks));
    series_ = {};
    return true;
  }

  const std::vector<std::string>& warnings() const override { return source_.warnings(); }

 private:
  JoinedStream source_;
  std::shared_ptr<const ChunkReading> reading_;
  Series series_;
};

template <typename T>
void sort_unique(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

/// Adds an answer to what earlier ones gave.
void merge_into(LabelsResponse& all, LabelsResponse more) {
  std::move(more.values.begin(), more.values.end(), std::back_inserter(all.values));
  for (auto& warning : more.warnings) append_unique(all.warnings, std::move(warning));
}

/// One call without matchers, or one for each set of them.
template <typename Request, typename Call>
Result<LabelsResponse> for_each_set(Request request,
                                    std::span<const std::vector<Matcher>> matcher_sets,
                                    const Call& call) {
  if (matcher_sets.empty()) return call(request);
  LabelsResponse all;
  for (const auto& matchers : matcher_sets) {
    request.matchers = matchers;
    MNEMO_TRY(auto response, call(request));
    merge_into(all, std::move(response));
  }
  sort_unique(all.values);
  return all;
}

}  // namespace

StoreQueryable::StoreQueryable(std::shared_ptr<Store> store, StoreQueryOptions options)
    : store_(std::move(store)), options_(std::move(options)) {}

bool StoreQueryable::removes_replica_labels() const {
  return options_.deduplicate && !options_.replica_labels.empty();
}

template <typename Request>
void StoreQueryable::fill(Request& request, TimeRange range, int64_t limit) const {
  request.range = range;
  request.limit = limit;
  request.partial_response = options_.partial_response;
  request.store_matchers = options_.store_matchers;
  if (removes_replica_labels()) request.without_replica_labels = options_.replica_labels;
}

Result<std::unique_ptr<SeriesStream>> StoreQueryable::open(const Context& context,
                                                           const SeriesRequest& request) const {
  MNEMO_TRY(auto stream, store_->series(context, request));
  if (request.without_replica_labels.empty() || store_->info().supports_without_replica_labels) {
    return stream;
  }
  return make_resorting_stream(std::move(stream), request.without_replica_labels,
                               options_.max_sort_bytes);
}

Result<std::unique_ptr<SelectedStream>> StoreQueryable::select(const Context& context,
                                                               const Selection& selection) {
  SeriesRequest request;
  fill(request, selection.range, 0);
  request.matchers = selection.matchers;
  request.aggregates = aggregates_for(selection.func);
  request.max_resolution_window =
      coarsest_resolution_for(selection, options_.max_source_resolution_ms);
  request.shard_info = options_.shard_info;
  request.response_batch_size = options_.response_batch_size;
  request.query_hints = {selection.step_ms, selection.range_ms, selection.func,
                         selection.grouping_by, selection.grouping_labels};

  auto reading = std::make_shared<ChunkReading>();
  reading->range = selection.range;
  reading->aggregates = request.aggregates;
  reading->deduplicate = removes_replica_labels();
  bool is_counter = is_counter_function(selection.func);
  reading->kind = is_counter ? DedupKind::kCounter : DedupKind::kGauge;
  reading->hides_raw_resets = is_counter && selection.func != "resets";
  MNEMO_TRY(auto stream, open(context, request));
  return std::unique_ptr<SelectedStream>(
      std::make_unique<StoreSelection>(std::move(stream), std::move(reading)));
}

Result<SeriesLabelsResponse> StoreQueryable::series(
    const Context& context, TimeRange range, std::span<const std::vector<Matcher>> matcher_sets,
    int64_t limit) const {
  SeriesRequest request;
  fill(request, range, limit);
  request.skip_chunks = true;
  request.max_resolution_window = kMaxTime;
  request.aggregates = aggregates_for("");
  request.response_batch_size = options_.response_batch_size;
  SeriesLabelsResponse response;
  for (const auto& matchers : matcher_sets) {
    request.matchers = matchers;
    MNEMO_TRY(auto stream, open(context, request));
    Series series;
    for (;;) {
      MNEMO_TRY(bool more, stream->next(series));
      if (!more) break;
      response.series.push_back(std::move(series.labels));
    }
    for (const auto& warning : stream->warnings()) append_unique(response.warnings, warning);
  }
  sort_unique(response.series);
  return response;
}

Result<LabelsResponse> StoreQueryable::label_names(
    const Context& context, TimeRange range, std::span<const std::vector<Matcher>> matcher_sets,
    int64_t limit) const {
  LabelNamesRequest request;
  fill(request, range, limit);
  return for_each_set(request, matcher_sets, [&](const LabelNamesRequest& each) {
    return store_->label_names(context, each);
  });
}

Result<LabelsResponse> StoreQueryable::label_values(
    const Context& context, const std::string& label, TimeRange range,
    std::span<const std::vector<Matcher>> matcher_sets, int64_t limit) const {
  LabelValuesRequest request;
  fill(request, range, limit);
  request.label = label;
  return for_each_set(request, matcher_sets, [&](const LabelValuesRequest& each) {
    return store_->label_values(context, each);
  });
}

}  // namespace mnemo
