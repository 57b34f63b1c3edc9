// SPDX-License-Identifier: Apache-2.0
#include "tsdb/index/selection.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mnemo::tsdb {
namespace {

/// The values of a matcher that are known without looking at the index: the ones that it accepts,
/// or, where it accepts the empty value, the ones that it refuses.
std::optional<std::vector<std::string>> known_values(const Matcher& matcher, bool accepts_empty) {
  switch (matcher.type()) {
    case MatchType::kEqual:
      if (!accepts_empty) return {{matcher.value()}};
      break;
    case MatchType::kNotEqual:
      if (accepts_empty) return {{matcher.value()}};
      break;
    case MatchType::kRegex:
    case MatchType::kNotRegex: {
      bool complements = (matcher.type() == MatchType::kNotRegex) == accepts_empty;
      auto literals = matcher.literals();
      if (complements && !literals.empty()) {
        return std::vector<std::string>(literals.begin(), literals.end());
      }
      break;
    }
  }
  return std::nullopt;
}

/// Whether a matcher accepts every value, the empty one included.
bool accepts_everything(const Matcher& matcher) {
  return matcher.type() == MatchType::kRegex && matcher.value() == ".*";
}

Result<PostingsTerm> make_term(const Matcher& matcher, const PostingsSource& source) {
  // A matcher that accepts the empty value also accepts series without the label, of which there
  // is no list: so the series with the values that it refuses are taken away.
  bool accepts_empty = matcher.matches_empty();
  PostingsTerm term{matcher.name(), {}, accepts_empty};
  if (auto known = known_values(matcher, accepts_empty)) {
    term.values = std::move(*known);
    return term;
  }
  // An expression that demands a prefix doesn't match the empty value: what is looked for are the
  // values that it matches, whether the matcher accepts or refuses these.
  auto visit = [&](std::string_view value) {
    if (matcher.matches(value) != accepts_empty) term.values.emplace_back(value);
  };
  MNEMO_RETURN_IF_ERROR(source.for_each_value(matcher.name(), matcher.prefix(), visit));
  return term;
}

}  // namespace

Result<PostingsPlan> plan_postings(std::span<const Matcher> matchers,
                                   const PostingsSource& source) {
  PostingsPlan plan;
  bool has_base = false;
  for (size_t i = 0; i < matchers.size(); ++i) {
    if (accepts_everything(matchers[i])) continue;
    MNEMO_TRY(auto term, make_term(matchers[i], source));
    term.matcher = i;
    if (term.values.empty() && term.subtract) continue;
    if (term.values.empty()) return PostingsPlan{true, {}};
    has_base |= !term.subtract;
    plan.terms.push_back(std::move(term));
  }
  if (!has_base) plan.terms.insert(plan.terms.begin(), PostingsTerm{});
  return plan;
}

Postings combine_postings(const PostingsPlan& plan, std::vector<Postings> lists) {
  if (plan.empty) return {};
  std::vector<size_t> bases;
  for (size_t i = 0; i < plan.terms.size(); ++i) {
    if (!plan.terms[i].subtract) bases.push_back(i);
  }
  std::sort(bases.begin(), bases.end(),
            [&](size_t a, size_t b) { return lists[a].size() < lists[b].size(); });
  Postings result = std::move(lists[bases[0]]);
  for (size_t i = 1; i < bases.size(); ++i) result = intersect(result, lists[bases[i]]);
  for (size_t i = 0; i < plan.terms.size(); ++i) {
    if (plan.terms[i].subtract) result = subtract(result, lists[i]);
  }
  return result;
}

Result<Postings> select_postings(std::span<const Matcher> matchers, const PostingsSource& source) {
  MNEMO_TRY(auto plan, plan_postings(matchers, source));
  if (plan.empty) return Postings();
  MNEMO_TRY(auto lists, source.fetch(plan.terms));
  return combine_postings(plan, std::move(lists));
}

}  // namespace mnemo::tsdb
