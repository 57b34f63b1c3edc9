// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block.hpp>
#include <mnemo/store.hpp>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mnemo {

struct BlockStoreOptions {
  std::string component_type = "store";
  /// The external labels of every block; unset: those in each block's meta.json.
  std::optional<Labels> external_labels;
};

/// A store over blocks on the local disk: raw chunks as they are in the blocks, deleted samples
/// left out. Resolutions don't stand for each other: every given block is served.
///
/// A block that can't be read is a warning beside the others' answers, or
/// (PartialResponse::kAbort) the failure of the call.
///
/// Thread-safe. Ownership: shares its blocks with the streams it gave out. Works on the caller's
/// thread.
class BlockStore final : public Store {
 public:
  explicit BlockStore(std::vector<std::shared_ptr<const Block>> blocks,
                      BlockStoreOptions options = {});

  /// Serves these blocks from now on; streams that were given out go on with the old ones.
  void set_blocks(std::vector<std::shared_ptr<const Block>> blocks);

  StoreInfo info() override;

  /// No matchers: all series.
  Result<std::unique_ptr<SeriesStream>> series(const Context& context,
                                               const SeriesRequest& request) override;
  Result<LabelsResponse> label_names(const Context& context,
                                     const LabelNamesRequest& request) override;
  Result<LabelsResponse> label_values(const Context& context,
                                      const LabelValuesRequest& request) override;

 private:
  /// A block that a request concerns, and what is asked of its series' own labels.
  struct Selected {
    std::shared_ptr<const Block> block;
    Labels external;
    std::vector<Matcher> matchers;
  };

  std::vector<std::shared_ptr<const Block>> blocks() const;
  Labels external_labels(const Block& block) const;
  std::vector<Selected> select(TimeRange range, const std::vector<Matcher>& matchers,
                               const std::vector<Matcher>& block_matchers) const;

  BlockStoreOptions options_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const Block>> blocks_;  // guarded by mutex_
};

}  // namespace mnemo
