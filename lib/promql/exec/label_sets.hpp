// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/labels.hpp>

#include <string>
#include <vector>

namespace mnemo::promql {

inline constexpr std::string_view kTypeLabel = "__type__";
inline constexpr std::string_view kUnitLabel = "__unit__";

/// `labels` without `__name__`.
Labels without_name(const Labels& labels);

/// `labels` without what describes the metric: `__name__`, `__type__`, `__unit__`.
Labels without_metadata(const Labels& labels);

/// Only the named labels. REQUIRES: `names` sorted.
Labels keep_labels(const Labels& labels, const std::vector<std::string>& names);

/// All but the named labels. REQUIRES: `names` sorted.
Labels drop_labels(const Labels& labels, const std::vector<std::string>& names);

/// `names` sorted, with `more` among them.
std::vector<std::string> sorted_with(std::vector<std::string> names, std::string_view more);

}  // namespace mnemo::promql
