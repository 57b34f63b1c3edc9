// SPDX-License-Identifier: Apache-2.0
#include "store/merge_stream.hpp"

#include "store/chunk_order.hpp"
#include "store/series_stream.hpp"

#include <algorithm>
#include <iterator>

namespace mnemo {
namespace {

/// A tree of losers over the sources: the source with the smallest labels is at the root, and
/// replacing its series costs one comparison a level.
class MergeStream final : public SeriesStream {
 public:
  MergeStream(std::vector<std::unique_ptr<SeriesStream>> sources, int64_t limit)
      : limit_(limit), losers_(sources.size()) {
    sources_.reserve(sources.size());
    for (auto& source : sources) sources_.push_back({std::move(source), {}, false});
  }

  Result<bool> next(Series& series) override {
    if (!started_) MNEMO_RETURN_IF_ERROR(start());
    if (limit_ > 0 && given_ == limit_) return finish();
    if (sources_.empty() || current().ended) return finish();
    ++given_;
    std::swap(series, current().head);
    MNEMO_RETURN_IF_ERROR(advance());
    while (!current().ended && current().head.labels == series.labels) {
      auto& chunks = current().head.chunks;
      std::move(chunks.begin(), chunks.end(), std::back_inserter(series.chunks));
      MNEMO_RETURN_IF_ERROR(advance());
    }
    sort_and_deduplicate(series.chunks);
    return true;
  }

  const std::vector<std::string>& warnings() const override { return warnings_; }

  std::vector<std::string> queried_blocks() const override {
    std::vector<std::string> blocks;
    for (const auto& source : sources_) {
      for (auto& block : source.stream->queried_blocks()) append_unique(blocks, std::move(block));
    }
    return blocks;
  }

 private:
  struct Source {
    std::unique_ptr<SeriesStream> stream;
    Series head;
    bool ended = false;
  };

  Source& current() { return sources_[winner_]; }

  Status pull(Source& source) {
    source.head.chunks.clear();
    MNEMO_TRY(bool more, source.stream->next(source.head));
    source.ended = !more;
    return {};
  }

  Status start() {
    started_ = true;
    for (auto& source : sources_) MNEMO_RETURN_IF_ERROR(pull(source));
    if (!sources_.empty()) winner_ = play(1);
    return {};
  }

  /// Whether source `a` gives before `b`; of equal ones the first.
  bool before(size_t a, size_t b) const {
    const auto& x = sources_[a];
    const auto& y = sources_[b];
    if (x.ended || y.ended) return x.ended == y.ended ? a < b : y.ended;
    auto order = x.head.labels <=> y.head.labels;
    return order == 0 ? a < b : order < 0;
  }

  /// Fills the subtree at `node` (leaves are the nodes from sources_.size() on); its winner.
  size_t play(size_t node) {
    if (node >= sources_.size()) return node - sources_.size();
    size_t a = play(2 * node);
    size_t b = play(2 * node + 1);
    if (!before(a, b)) std::swap(a, b);
    losers_[node] = b;
    return a;
  }

  Status advance() {
    MNEMO_RETURN_IF_ERROR(pull(current()));
    for (size_t node = (winner_ + sources_.size()) / 2; node >= 1; node /= 2) {
      if (before(losers_[node], winner_)) std::swap(losers_[node], winner_);
    }
    return {};
  }

  Result<bool> finish() {
    if (finished_) return false;
    finished_ = true;
    for (const auto& source : sources_) {
      for (const auto& warning : source.stream->warnings()) append_unique(warnings_, warning);
    }
    return false;
  }

  std::vector<Source> sources_;
  int64_t limit_;
  int64_t given_ = 0;
  bool started_ = false;
  bool finished_ = false;
  std::vector<size_t> losers_;  // by node; node 0 is not used
  size_t winner_ = 0;
  std::vector<std::string> warnings_;
};

}  // namespace

std::unique_ptr<SeriesStream> merge_streams(std::vector<std::unique_ptr<SeriesStream>> sources,
                                            int64_t limit) {
  return std::make_unique<MergeStream>(std::move(sources), limit);
}

}  // namespace mnemo
