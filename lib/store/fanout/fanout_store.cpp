// SPDX-License-Identifier: Apache-2.0
#include "store/fanout/fanout_store.hpp"

#include "store/call_scope.hpp"
#include "store/fanout/member.hpp"
#include "store/fanout/member_stream.hpp"
#include "store/labels_gatherer.hpp"
#include "store/merge_stream.hpp"
#include "store/series_stream.hpp"

#include <algorithm>

namespace mnemo {
namespace {

/// Asks every member at once; the first failure that counts cancels the others.
Status ask_members(const Context& context, Executor& executor,
                   const std::vector<FanoutMember>& members, LabelsGatherer& gatherer,
                   const std::string& what,
                   const std::function<Result<LabelsResponse>(const Context&, Store&)>& ask) {
  CallScope scope(context);
  return parallel_for(context, executor, members.size(), [&](size_t i) {
    auto status = gatherer.add(ask(scope.context(), *members[i].store),
                               what + " from store " + describe(members[i]));
    if (!status.ok()) scope.stop();
    return status;
  });
}

}  // namespace

FanoutStore::FanoutStore(FanoutMembers members, FanoutOptions options)
    : members_(std::move(members)), options_(std::move(options)) {
  if (!options_.metrics) return;
  empty_responses_ = &options_.metrics->counter("thanos_proxy_store_empty_stream_responses_total",
                                                "Total number of empty responses received.");
}

StoreInfo FanoutStore::info() {
  StoreInfo all;
  all.component_type = options_.component_type;
  all.supports_sharding = true;
  all.supports_without_replica_labels = true;
  auto members = members_();
  if (members.empty()) return all;
  all.range = {kMaxTime, kMinTime};
  for (auto& member : members) {
    all.range.min = std::min(all.range.min, member.info.range.min);
    all.range.max = std::max(all.range.max, member.info.range.max);
    std::move(member.info.label_sets.begin(), member.info.label_sets.end(),
              std::back_inserter(all.label_sets));
    std::move(member.info.tsdb_infos.begin(), member.info.tsdb_infos.end(),
              std::back_inserter(all.tsdb_infos));
  }
  std::sort(all.label_sets.begin(), all.label_sets.end());
  all.label_sets.erase(std::unique(all.label_sets.begin(), all.label_sets.end()),
                       all.label_sets.end());
  return all;
}

Result<std::unique_ptr<SeriesStream>> FanoutStore::series(const Context& context,
                                                          const SeriesRequest& request) {
  if (request.matchers.empty()) {
    return Status::invalid_argument("no matchers specified (excluding selector labels)");
  }
  auto all = members_();
  if (all.empty() && request.partial_response == PartialResponse::kAbort) {
    return Status::unknown("No StoreAPIs available");
  }
  auto members =
      select_members(std::move(all), request.range, request.matchers, request.store_matchers);
  SeriesRequest member_request = request;
  member_request.store_matchers.clear();
  auto scope = std::make_unique<CallScope>(context);
  std::vector<std::unique_ptr<SeriesStream>> streams;
  streams.reserve(members.size());
  for (auto& member : members) {
    streams.push_back(open_member_stream(scope->context(), std::move(member), member_request,
                                         options_, empty_responses_));
  }
  return make_scoped_stream(std::move(scope), merge_streams(std::move(streams), request.limit));
}

Result<LabelsResponse> FanoutStore::label_names(const Context& context,
                                                const LabelNamesRequest& request) {
  auto members =
      select_members(members_(), request.range, request.matchers, request.store_matchers);
  LabelNamesRequest member_request = request;
  member_request.store_matchers.clear();
  member_request.limit = 0;
  LabelsGatherer gatherer(request.partial_response);
  MNEMO_RETURN_IF_ERROR(ask_members(context, *options_.executor, members, gatherer,
                                    "fetch label names",
                                    [&](const Context& member_context, Store& store) {
                                      return store.label_names(member_context, member_request);
                                    }));
  return gatherer.take(request.limit, request.without_replica_labels);
}

Result<LabelsResponse> FanoutStore::label_values(const Context& context,
                                                 const LabelValuesRequest& request) {
  if (request.label.empty()) {
    return Status::invalid_argument("label name parameter cannot be empty");
  }
  const auto& without = request.without_replica_labels;
  if (std::find(without.begin(), without.end(), request.label) != without.end()) {
    return LabelsResponse();
  }
  auto members =
      select_members(members_(), request.range, request.matchers, request.store_matchers);
  LabelValuesRequest member_request = request;
  member_request.store_matchers.clear();
  LabelsGatherer gatherer(request.partial_response);
  MNEMO_RETURN_IF_ERROR(ask_members(context, *options_.executor, members, gatherer,
                                    "fetch label values",
                                    [&](const Context& member_context, Store& store) {
                                      return store.label_values(member_context, member_request);
                                    }));
  return gatherer.take(request.limit);
}

}  // namespace mnemo
