// SPDX-License-Identifier: Apache-2.0
#include "store/external_labels.hpp"

#include <algorithm>

namespace mnemo {
namespace {

bool contradicts(const Matcher& matcher, const Labels& labels) {
  auto value = labels.get(matcher.name());
  return !value.empty() && !matcher.matches(value);
}

}  // namespace

std::optional<std::vector<Matcher>> matchers_beyond(const Labels& external,
                                                    std::span<const Matcher> matchers) {
  std::vector<Matcher> remaining;
  for (const auto& matcher : matchers) {
    if (!external.has(matcher.name())) {
      remaining.push_back(matcher);
    } else if (contradicts(matcher, external)) {
      return std::nullopt;
    }
  }
  return remaining;
}

bool label_sets_match(std::span<const Matcher> matchers, const std::vector<Labels>& label_sets) {
  if (label_sets.empty()) return true;
  return std::any_of(label_sets.begin(), label_sets.end(), [&](const Labels& labels) {
    return std::none_of(matchers.begin(), matchers.end(),
                        [&](const Matcher& matcher) { return contradicts(matcher, labels); });
  });
}

std::string label_sets_to_string(const std::vector<Labels>& label_sets) {
  std::vector<std::string> texts;
  for (const auto& labels : label_sets) {
    if (!labels.empty()) texts.push_back(labels.to_string());
  }
  std::sort(texts.begin(), texts.end());
  std::string all;
  for (const auto& text : texts) {
    if (!all.empty()) all += ',';
    all += text;
  }
  return all;
}

LabelFinisher::LabelFinisher(const Labels& external, std::vector<std::string> without)
    : external_(without_labels(external, without)), without_(std::move(without)) {}

Labels LabelFinisher::finish(const Labels& own) const {
  if (without_.empty()) return with_external_labels(own, external_);
  return with_external_labels(without_labels(own, without_), external_);
}

bool LabelFinisher::rewrites(const std::function<bool(std::string_view)>& has_name) const {
  return std::any_of(without_.begin(), without_.end(), has_name) ||
         std::any_of(external_.begin(), external_.end(),
                     [&](const LabelView& label) { return has_name(label.name); });
}

}  // namespace mnemo
