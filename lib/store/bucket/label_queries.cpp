// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/block_stream.hpp"
#include "store/bucket/bucket_store.hpp"
#include "store/external_labels.hpp"
#include "store/labels_gatherer.hpp"
#include "store/series_stream.hpp"

#include <algorithm>
#include <functional>
#include <set>

namespace mnemo {
namespace {

using Texts = std::set<std::string, std::less<>>;

LabelsResponse response_of(const Texts& texts) {
  return {std::vector<std::string>(texts.begin(), texts.end()), {}};
}

void insert(Texts& texts, std::string_view text) {
  if (texts.find(text) == texts.end()) texts.emplace(text);
}

/// Calls `visit` with the finished labels of every series that matches, until it returns false.
Status visit_labels(const Context& context, const std::shared_ptr<const BucketBlock>& block,
                    std::vector<Matcher> matchers, SeriesRequest request,
                    const std::shared_ptr<QueryStats>& stats,
                    const std::function<bool(const Labels&)>& visit) {
  request.skip_chunks = true;
  BlockStream stream(context, block, std::move(matchers), request, BatchBytes(), stats);
  Series series;
  while (true) {
    MNEMO_TRY(bool more, stream.next(series));
    if (!more || !visit(series.labels)) return {};
  }
}

}  // namespace

template <typename Request>
Result<LabelsResponse> BucketStore::gather_labels(const Context& context, const Request& request,
                                                  const LabelAsk& ask) const {
  auto now = table();
  LabelsGatherer gatherer(request.partial_response);
  if (!now->complete.ok()) MNEMO_RETURN_IF_ERROR(gatherer.add(now->complete));
  std::vector<LabelRead> reads;
  for (const auto& [ulid, slot] : now->slots) {
    if (!slot.meta->range().overlaps(limited(request.range))) continue;
    if (!matches_block(*slot.meta, request.block_matchers)) continue;
    auto matchers = matchers_beyond(external_labels(*slot.meta), request.matchers);
    if (matchers) reads.push_back({&slot, *std::move(matchers)});
  }
  auto stats = std::make_shared<QueryStats>(metrics_, options_.limits);
  stats->blocks = reads.size();
  MNEMO_RETURN_IF_ERROR(parallel_for(context, *options_.executor, reads.size(), [&](size_t i) {
    const auto& slot = *reads[i].slot;
    if (!slot.block) return gatherer.add(slot.missing());
    return gatherer.add(ask(context, reads[i], stats));
  }));
  MNEMO_RETURN_IF_ERROR(stats->violation());
  return gatherer.take(request.limit);
}

Result<LabelsResponse> BucketStore::label_names(const Context& context,
                                                const LabelNamesRequest& request) {
  SeriesRequest series_request;
  series_request.range = limited(request.range);
  series_request.without_replica_labels = request.without_replica_labels;
  return gather_labels(
      context, request,
      [&](const Context& ask_context, const LabelRead& read,
          const std::shared_ptr<QueryStats>& stats) -> Result<LabelsResponse> {
        const auto& block = read.slot->block;
        Texts names;
        if (!read.matchers.empty()) {
          MNEMO_RETURN_IF_ERROR(visit_labels(ask_context, block, read.matchers, series_request,
                                             stats, [&](const Labels& labels) {
                                               for (const auto& label : labels) {
                                                 insert(names, label.name);
                                               }
                                               return true;
                                             }));
          return response_of(names);
        }
        MNEMO_TRY(auto header, block->header(ask_context));
        for (auto name : header->postings_table.names()) insert(names, name);
        for (const auto& label : external_labels(block->meta())) insert(names, label.name);
        for (const auto& name : request.without_replica_labels) names.erase(name);
        return response_of(names);
      });
}

Result<LabelsResponse> BucketStore::label_values(const Context& context,
                                                 const LabelValuesRequest& request) {
  const auto& without = request.without_replica_labels;
  if (std::find(without.begin(), without.end(), request.label) != without.end()) {
    return LabelsResponse();
  }
  SeriesRequest series_request;
  series_request.range = limited(request.range);
  series_request.without_replica_labels = without;
  return gather_labels(
      context, request,
      [&](const Context& ask_context, const LabelRead& read,
          const std::shared_ptr<QueryStats>& stats) -> Result<LabelsResponse> {
        const auto& block = read.slot->block;
        auto external = external_labels(block->meta());
        bool is_external = external.has(request.label);
        Texts values;
        if (read.matchers.empty()) {
          if (is_external) return LabelsResponse{{std::string(external.get(request.label))}, {}};
          MNEMO_TRY(auto header, block->header(ask_context));
          header->postings_table.for_each(request.label, {}, [&](const tsdb::PostingsEntry& entry) {
            insert(values, entry.value);
          });
          return response_of(values);
        }
        auto matchers = read.matchers;
        if (!is_external) matchers.push_back(Matcher::not_equal(request.label, ""));
        MNEMO_RETURN_IF_ERROR(visit_labels(ask_context, block, std::move(matchers), series_request,
                                           stats, [&](const Labels& labels) {
                                             auto value = labels.get(request.label);
                                             if (!value.empty()) insert(values, value);
                                             return !is_external;
                                           }));
        return response_of(values);
      });
}

}  // namespace mnemo
