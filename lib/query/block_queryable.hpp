// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/block.hpp>
#include <mnemo/queryable.hpp>

#include <memory>
#include <vector>

namespace mnemo {

/// PromQL's view of raw blocks on disk, without external labels: a series is all that the blocks
/// hold under its labels, chained (model/chain.hpp) where they overlap.
///
/// Thread-safe. Ownership: keeps the blocks open, and so do the samples that it hands out.
///
///     MNEMO_TRY(auto blocks, mnemo::tsdb::open_blocks("data"));
///     mnemo::BlockQueryable queryable(std::move(blocks));
///     MNEMO_TRY(auto result, engine.query(context, queryable, request));
class BlockQueryable final : public Queryable {
 public:
  explicit BlockQueryable(std::vector<std::shared_ptr<const Block>> blocks);

  Result<std::unique_ptr<SelectedStream>> select(const Context& context,
                                                 const Selection& selection) override;

 private:
  std::vector<std::shared_ptr<const Block>> blocks_;  // in order of time
};

}  // namespace mnemo
