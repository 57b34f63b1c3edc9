// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "blocks/meta_fetcher.hpp"

#include <mnemo/labels.hpp>
#include <mnemo/matcher.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// One rule of a selector: a relabel configuration of Prometheus of which Thanos allows the actions
/// keep, drop and hashmod.
struct SelectorRule {
  enum class Action { kKeep, kDrop, kHashMod };

  Action action = Action::kKeep;
  std::vector<std::string> source_labels;
  std::string separator = ";";
  Matcher regex = Matcher::equal("", "");  // over the joined values; of keep and drop
  std::string target_label;                // of hashmod, like the next
  uint64_t modulus = 0;
};

/// Reads a list of rules (YAML). Errors: InvalidArgument (with field and line; another action).
Result<std::vector<SelectorRule>> parse_selector(std::string_view yaml);

/// Whether the rules keep what has these labels.
bool is_selected(const std::vector<SelectorRule>& rules, const Labels& labels);

/// Keeps the blocks that the rules keep by their external labels and `__block_id`, so that several
/// stores share the blocks of a bucket.
MetaFilter label_sharded(std::vector<SelectorRule> rules);

}  // namespace mnemo
