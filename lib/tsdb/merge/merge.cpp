// SPDX-License-Identifier: Apache-2.0
#include "tsdb/merge/merge.hpp"

#include "base/binary_heap.hpp"
#include "tsdb/merge/input.hpp"
#include "tsdb/merge/merged_meta.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

namespace mnemo::tsdb {
namespace {

using Inputs = std::vector<MergeInput>;

bool equal(std::span<const SymbolPair> a, std::span<const SymbolPair> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const SymbolPair& x, const SymbolPair& y) {
                      return x.name == y.name && x.value == y.value;
                    });
}

/// The order of inputs: by the series at which they are, then by their number.
struct SmallerSeries {
  const Inputs* inputs;
  bool operator()(size_t a, size_t b) const {
    auto x = (*inputs)[a].labels();
    auto y = (*inputs)[b].labels();
    size_t common = std::min(x.size(), y.size());
    for (size_t i = 0; i < common; ++i) {
      auto left = std::tie(x[i].name, x[i].value);
      auto right = std::tie(y[i].name, y[i].value);
      if (left != right) return left < right;
    }
    return x.size() != y.size() ? x.size() < y.size() : a < b;
  }
};

/// Merges the series of blocks whose symbols are known.
class SeriesMerge {
 public:
  SeriesMerge(Inputs& inputs, const MergeOptions& options, BlockDirectoryWriter& writer)
      : inputs_(inputs), options_(options), writer_(writer), heap_(SmallerSeries{&inputs}) {}

  Status run() {
    for (size_t i = 0; i < inputs_.size(); ++i) {
      if (inputs_[i].valid()) heap_.push(i);
      total_ += inputs_[i].series_count();
    }
    while (!heap_.empty()) {
      MNEMO_RETURN_IF_ERROR(merge_next());
      done_ += having_.size();
      if (options_.progress) options_.progress(done_, total_);
    }
    return {};
  }

 private:
  /// Takes the smallest series off all inputs that have it.
  Status merge_next() {
    having_.assign(1, heap_.pop());
    auto labels = inputs_[having_[0]].labels();
    while (!heap_.empty() && equal(inputs_[heap_.top()].labels(), labels)) {
      having_.push_back(heap_.pop());
    }
    MNEMO_RETURN_IF_ERROR(are_in_order() ? copy_chunks(labels) : recode_chunks(labels));
    for (size_t input : having_) {
      MNEMO_RETURN_IF_ERROR(inputs_[input].next());
      if (inputs_[input].valid()) heap_.push(input);
    }
    return {};
  }

  /// Whether the chunks of all inputs, one after the other, are those of the merged series.
  bool are_in_order() const {
    int64_t last = kMinTime;
    bool is_first = true;
    for (size_t input : having_) {
      if (!inputs_[input].is_whole()) return false;
      for (const auto& meta : inputs_[input].chunk_metas()) {
        if (!is_first && meta.min_time <= last) return false;
        is_first = false;
        last = meta.max_time;
      }
    }
    return true;
  }

  Status copy_chunks(std::span<const SymbolPair> labels) {
    stored_.clear();
    for (size_t input : having_) MNEMO_RETURN_IF_ERROR(inputs_[input].view_chunks(stored_));
    if (stored_.empty()) return {};
    return in_series(writer_.copy_series(labels, stored_));
  }

  Status recode_chunks(std::span<const SymbolPair> labels) {
    sources_.resize(having_.size());
    for (size_t i = 0; i < having_.size(); ++i) {
      MNEMO_RETURN_IF_ERROR(inputs_[having_[i]].read_chunks(sources_[i]));
    }
    auto status = merge_chunks(sources_, options_.merge_overlaps, merged_);
    if (status.ok() && !merged_.empty()) status = writer_.add_series(labels, merged_);
    return in_series(std::move(status));
  }

  Status in_series(Status status) const {
    if (status.ok()) return status;
    auto series = inputs_[having_[0]].resolved_labels().to_string();
    return std::move(status).with_context("series " + series);
  }

  Inputs& inputs_;
  const MergeOptions& options_;
  BlockDirectoryWriter& writer_;
  BinaryHeap<size_t, SmallerSeries> heap_;
  uint64_t done_ = 0;
  uint64_t total_ = 0;
  std::vector<size_t> having_;
  std::vector<StoredChunk> stored_;
  std::vector<std::vector<Chunk>> sources_;
  std::vector<Chunk> merged_;
};

Status start_inputs(Inputs& inputs, TimeRange range, BlockDirectoryWriter& writer) {
  std::vector<const Symbols*> tables;
  for (const auto& input : inputs) tables.push_back(&input.files().index.symbols());
  MNEMO_TRY(auto maps, merge_symbols(tables, [&](std::string_view symbol) {
              return writer.add_symbol(symbol);
            }));
  for (size_t i = 0; i < inputs.size(); ++i) {
    MNEMO_RETURN_IF_ERROR(inputs[i].start(std::move(maps[i]), range));
  }
  return {};
}

}  // namespace

Result<BlockMeta> merge_blocks(std::span<const std::filesystem::path> blocks, const Ulid& ulid,
                               const std::filesystem::path& folder, const MergeOptions& options) {
  Inputs inputs;
  std::vector<BlockMeta> metas;
  for (const auto& block : blocks) {
    MNEMO_TRY(auto files, BlockFiles::open(block));
    metas.push_back(files.meta);
    inputs.emplace_back(std::move(files));
  }
  MNEMO_TRY(auto meta, merged_meta(metas, ulid, options.replica_labels));
  auto range = meta.range();
  MNEMO_TRY(auto writer, BlockDirectoryWriter::create(folder, std::move(meta), options.output));
  MNEMO_RETURN_IF_ERROR(start_inputs(inputs, range, writer));
  MNEMO_RETURN_IF_ERROR(SeriesMerge(inputs, options, writer).run());
  return writer.finish();
}

}  // namespace mnemo::tsdb
