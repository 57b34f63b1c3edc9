// SPDX-License-Identifier: Apache-2.0
#include "store/local/block_store.hpp"

#include "store/external_labels.hpp"
#include "store/labels_gatherer.hpp"
#include "store/local/local_block_stream.hpp"
#include "store/merge_stream.hpp"
#include "store/partial_stream.hpp"
#include "store/tsdb_infos.hpp"

#include <algorithm>

namespace mnemo {
namespace {

/// Whether any series satisfies the matchers within the range.
Result<bool> has_series(const Block& block, const std::vector<Matcher>& matchers, TimeRange range) {
  if (matchers.empty()) return true;
  MNEMO_TRY(auto selection, block.select(matchers, range));
  BlockSeries series;
  return selection->next(series);
}

bool matches_block(const Block& block, const Labels& external,
                   const std::vector<Matcher>& block_matchers) {
  if (block_matchers.empty()) return true;
  LabelsBuilder builder(external);
  builder.set("__block_id", block.meta().ulid.to_string());
  return matches_all(block_matchers, builder.build());
}

}  // namespace

BlockStore::BlockStore(std::vector<std::shared_ptr<const Block>> blocks, BlockStoreOptions options)
    : options_(std::move(options)), blocks_(std::move(blocks)) {}

void BlockStore::set_blocks(std::vector<std::shared_ptr<const Block>> blocks) {
  std::lock_guard lock(mutex_);
  std::swap(blocks_, blocks);
}

std::vector<std::shared_ptr<const Block>> BlockStore::blocks() const {
  std::lock_guard lock(mutex_);
  return blocks_;
}

Labels BlockStore::external_labels(const Block& block) const {
  if (options_.external_labels) return *options_.external_labels;
  return block.meta().thanos ? block.meta().thanos->labels : Labels();
}

std::vector<BlockStore::Selected> BlockStore::select(
    TimeRange range, const std::vector<Matcher>& matchers,
    const std::vector<Matcher>& block_matchers) const {
  std::vector<Selected> selected;
  for (auto& block : blocks()) {
    if (!block->meta().range().overlaps(range)) continue;
    auto external = external_labels(*block);
    if (!matches_block(*block, external, block_matchers)) continue;
    auto remaining = matchers_beyond(external, matchers);
    if (!remaining) continue;
    selected.push_back({std::move(block), std::move(external), *std::move(remaining)});
  }
  return selected;
}

StoreInfo BlockStore::info() {
  StoreInfo info;
  info.component_type = options_.component_type;
  info.supports_sharding = true;
  info.supports_without_replica_labels = true;
  std::vector<TsdbInfo> infos;
  for (const auto& block : blocks()) {
    infos.push_back({external_labels(*block), {block->meta().min_time, block->meta().max_time}});
  }
  describe_blocks(std::move(infos), info);
  return info;
}

Result<std::unique_ptr<SeriesStream>> BlockStore::series(const Context& context,
                                                         const SeriesRequest& request) {
  std::vector<std::unique_ptr<SeriesStream>> streams;
  for (auto& [block, external, matchers] :
       select(request.range, request.matchers, request.block_matchers)) {
    auto stream = std::make_unique<LocalBlockStream>(context, std::move(block), external,
                                                     std::move(matchers), request);
    streams.push_back(make_partial_stream(context, std::move(stream), request.partial_response));
  }
  return merge_streams(std::move(streams), request.limit);
}

Result<LabelsResponse> BlockStore::label_names(const Context& context,
                                               const LabelNamesRequest& request) {
  LabelsGatherer gatherer(request.partial_response);
  auto ask = [](const Selected& from) -> Result<LabelsResponse> {
    MNEMO_TRY(auto names, from.block->label_names(from.matchers));
    if (names.empty()) return LabelsResponse();
    for (const auto& label : from.external) names.emplace_back(label.name);
    return LabelsResponse{std::move(names), {}};
  };
  for (const auto& from : select(request.range, request.matchers, request.block_matchers)) {
    MNEMO_RETURN_IF_ERROR(context.check());
    MNEMO_RETURN_IF_ERROR(gatherer.add(ask(from)));
  }
  return gatherer.take(request.limit, request.without_replica_labels);
}

Result<LabelsResponse> BlockStore::label_values(const Context& context,
                                                const LabelValuesRequest& request) {
  if (request.label.empty()) {
    return Status::invalid_argument("label name parameter cannot be empty");
  }
  const auto& without = request.without_replica_labels;
  if (std::find(without.begin(), without.end(), request.label) != without.end()) {
    return LabelsResponse();
  }
  LabelsGatherer gatherer(request.partial_response);
  auto ask = [&](const Selected& from) -> Result<LabelsResponse> {
    auto external = from.external.get(request.label);
    if (external.empty()) {
      MNEMO_TRY(auto values, from.block->label_values(request.label, from.matchers));
      return LabelsResponse{std::move(values), {}};
    }
    MNEMO_TRY(bool any, has_series(*from.block, from.matchers, request.range));
    if (!any) return LabelsResponse();
    return LabelsResponse{{std::string(external)}, {}};
  };
  for (const auto& from : select(request.range, request.matchers, request.block_matchers)) {
    MNEMO_RETURN_IF_ERROR(context.check());
    MNEMO_RETURN_IF_ERROR(gatherer.add(ask(from)));
  }
  return gatherer.take(request.limit);
}

}  // namespace mnemo
