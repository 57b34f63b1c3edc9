// SPDX-License-Identifier: Apache-2.0
#include "promql/exec/label_sets.hpp"

#include <algorithm>

namespace mnemo::promql {
namespace {

template <typename Keep>
Labels filtered(const Labels& labels, Keep&& keep) {
  LabelsAppender appender;
  for (const auto& label : labels) {
    if (keep(label.name)) appender.append(label.name, label.value);
  }
  return appender.take();
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::binary_search(names.begin(), names.end(), name,
                            [](std::string_view a, std::string_view b) { return a < b; });
}

}  // namespace

Labels without_name(const Labels& labels) {
  if (!labels.has(kMetricName)) return labels;
  return filtered(labels, [](std::string_view name) { return name != kMetricName; });
}

Labels without_metadata(const Labels& labels) {
  return filtered(labels, [](std::string_view name) {
    return name != kMetricName && name != kTypeLabel && name != kUnitLabel;
  });
}

Labels keep_labels(const Labels& labels, const std::vector<std::string>& names) {
  return filtered(labels, [&](std::string_view name) { return contains(names, name); });
}

Labels drop_labels(const Labels& labels, const std::vector<std::string>& names) {
  return filtered(labels, [&](std::string_view name) { return !contains(names, name); });
}

std::vector<std::string> sorted_with(std::vector<std::string> names, std::string_view more) {
  names.emplace_back(more);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace mnemo::promql
