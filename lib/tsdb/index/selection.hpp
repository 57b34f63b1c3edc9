// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/index/postings.hpp"

#include <mnemo/matcher.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// From matchers to postings, written once for indexes on disk and in object storage. Semantics are
/// Prometheus': an absent label has the empty value.
namespace mnemo::tsdb {

/// The union of the postings of `name` with each of `values`. No name and no values: all series.
struct PostingsTerm {
  std::string name;
  std::vector<std::string> values;  // sorted, each once; not empty except for "all series"
  bool subtract = false;            // take these series away instead of intersecting with them
  std::optional<size_t> matcher = std::nullopt;  // the number of the one that it stands for
};

/// What a selection needs: the intersection of all terms, less those that subtract. At least one
/// term doesn't subtract, unless nothing can match.
struct PostingsPlan {
  bool empty = false;  // nothing can match; no terms
  std::vector<PostingsTerm> terms;
};

/// Where label values and postings come from.
///
/// Implementations say what may be called concurrently. The values that `for_each_value` visits
/// are borrowed until the visit returns.
class PostingsSource {
 public:
  virtual ~PostingsSource() = default;

  /// Calls `visit` for each value of the label that begins with `prefix`, in order.
  virtual Status for_each_value(std::string_view name, std::string_view prefix,
                                const std::function<void(std::string_view)>& visit) const = 0;

  /// The union of each term's lists, one result a term, all terms at once so that reads can be
  /// batched. Values without postings are ignored.
  virtual Result<std::vector<Postings>> fetch(std::span<const PostingsTerm> terms) const = 0;
};

/// Turns matchers into terms; reads label values only where a matcher needs them.
Result<PostingsPlan> plan_postings(std::span<const Matcher> matchers, const PostingsSource& source);

/// Applies a plan to its terms' lists, one a term. REQUIRES: lists.size() == plan.terms.size().
Postings combine_postings(const PostingsPlan& plan, std::vector<Postings> lists);

/// Both, with a fetch between: the series that satisfy all matchers (all series without any).
Result<Postings> select_postings(std::span<const Matcher> matchers, const PostingsSource& source);

}  // namespace mnemo::tsdb
