// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/labels.hpp>
#include <mnemo/matcher.hpp>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// The matchers that remain to be asked of series whose external labels are `external`: those on
/// other names. Nothing when a matcher contradicts an external label.
std::optional<std::vector<Matcher>> matchers_beyond(const Labels& external,
                                                    std::span<const Matcher> matchers);

/// Whether data under one of `label_sets` can satisfy `matchers`: no label that is present may
/// contradict its matcher. No label sets at all can satisfy anything.
bool label_sets_match(std::span<const Matcher> matchers, const std::vector<Labels>& label_sets);

/// As Thanos prints them: `{a="b"},{a="c"}`.
std::string label_sets_to_string(const std::vector<Labels>& label_sets);

/// Gives series the labels under which a store shows them: external labels win over the series'
/// own, then the labels named in a request's `without_replica_labels` are left out.
///
/// A value type; thread-safe for const use.
class LabelFinisher {
 public:
  LabelFinisher(const Labels& external, std::vector<std::string> without);

  Labels finish(const Labels& own) const;

  /// The external labels that remain visible.
  const Labels& external() const { return external_; }

  /// Whether finishing can change a series' own labels rather than only add to them, given which
  /// label names the series of the source have. If so, their order may change at will and different
  /// series may become the same; if not, `SeriesOrder` restores the order in little memory.
  bool rewrites(const std::function<bool(std::string_view name)>& has_name) const;

 private:
  Labels external_;
  std::vector<std::string> without_;
};

}  // namespace mnemo
