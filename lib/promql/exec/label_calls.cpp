// SPDX-License-Identifier: Apache-2.0
// label_replace and label_join: they change labels and leave samples as they are.
#include "base/utf8.hpp"
#include "model/regex.hpp"
#include "promql/exec/call.hpp"

#include <cctype>

namespace mnemo::promql {
namespace {

const std::string& text_of(const Plan& argument) { return plan_as<StringPlan>(argument).value; }

bool is_label_name(std::string_view name) { return !name.empty() && is_valid_utf8(name); }

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

/// The groups of one match of a regular expression.
struct Groups {
  const re2::RE2& regex;
  const std::vector<re2::StringPiece>& texts;

  void append(std::string& out, std::string_view name) const {
    size_t number = 0;
    bool is_number = !name.empty();
    for (char c : name) {
      is_number = is_number && c >= '0' && c <= '9' && number < 1000000;
      if (is_number) number = number * 10 + static_cast<size_t>(c - '0');
    }
    if (!is_number) {
      auto found = regex.NamedCapturingGroups().find(std::string(name));
      if (found == regex.NamedCapturingGroups().end()) return;
      number = static_cast<size_t>(found->second);
    }
    if (number < texts.size()) out.append(texts[number].data(), texts[number].size());
  }
};

/// Go's Regexp.Expand: $1, $name and ${name} stand for groups, $$ for a dollar.
std::string expand(std::string_view replacement, const Groups& groups) {
  std::string out;
  for (size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '$' || i + 1 == replacement.size()) {
      out += replacement[i];
      continue;
    }
    if (replacement[i + 1] == '$') {
      out += '$';
      ++i;
      continue;
    }
    bool braces = replacement[i + 1] == '{';
    size_t begin = i + (braces ? 2 : 1);
    size_t end = begin;
    while (end < replacement.size() && is_word(replacement[end])) ++end;
    bool closed = !braces || (end < replacement.size() && replacement[end] == '}');
    if (end == begin || !closed) {
      out += '$';
      continue;
    }
    groups.append(out, replacement.substr(begin, end - begin));
    i = braces ? end : end - 1;
  }
  return out;
}

struct Replace {
  std::string target;
  std::string replacement;
  std::string source;
  std::shared_ptr<const re2::RE2> regex;

  void operator()(StepColumn& series, Annotations&) const {
    std::string_view value = series.labels.get(source);
    std::vector<re2::StringPiece> texts(static_cast<size_t>(regex->NumberOfCapturingGroups()) + 1);
    if (!regex->Match({value.data(), value.size()}, 0, value.size(), re2::RE2::ANCHOR_BOTH,
                      texts.data(), static_cast<int>(texts.size()))) {
      return;
    }
    std::string expanded = expand(replacement, {*regex, texts});
    series.labels = LabelsBuilder(series.labels).set(target, expanded).build();
    if (target == kMetricName) series.drop_name = false;
  }
};

struct Join {
  std::string target;
  std::string separator;
  std::vector<std::string> sources;

  void operator()(StepColumn& series, Annotations&) const {
    std::string joined;
    for (size_t i = 0; i < sources.size(); ++i) {
      if (i > 0) joined += separator;
      joined += series.labels.get(sources[i]);
    }
    series.labels = LabelsBuilder(series.labels).set(target, joined).build();
    if (target == kMetricName) series.drop_name = false;
  }
};

Result<SeriesTransform> make_replace(const CallPlan& plan) {
  Replace replace;
  replace.target = text_of(*plan.arguments[1]);
  replace.replacement = text_of(*plan.arguments[2]);
  replace.source = text_of(*plan.arguments[3]);
  const std::string& expression = text_of(*plan.arguments[4]);
  auto regex = compile_anchored_regex(expression);
  if (!regex) {
    return Status::failed_precondition("invalid regular expression in label_replace(): " +
                                       expression);
  }
  replace.regex = *std::move(regex);
  if (!is_label_name(replace.target)) {
    return Status::failed_precondition("invalid destination label name in label_replace(): " +
                                       replace.target);
  }
  return SeriesTransform(std::move(replace));
}

Result<SeriesTransform> make_join(const CallPlan& plan) {
  Join join;
  join.target = text_of(*plan.arguments[1]);
  join.separator = text_of(*plan.arguments[2]);
  for (size_t i = 3; i < plan.arguments.size(); ++i) {
    join.sources.push_back(text_of(*plan.arguments[i]));
    if (!is_label_name(join.sources.back())) {
      return Status::failed_precondition("invalid source label name in label_join(): " +
                                         join.sources.back());
    }
  }
  if (!is_label_name(join.target)) {
    return Status::failed_precondition("invalid destination label name in label_join(): " +
                                       join.target);
  }
  return SeriesTransform(std::move(join));
}

}  // namespace

Result<OperatorPtr> make_label_operator(const CallPlan& plan, const Grid& grid, QueryState& state) {
  MNEMO_TRY(SeriesTransform transform,
            plan.function->name == "label_join" ? make_join(plan) : make_replace(plan));
  MNEMO_TRY(OperatorPtr input, make_operator(*plan.arguments[0], grid, state));
  return make_map_operator(std::move(input), ResultLabels::kMayCollide, std::move(transform),
                           state);
}

}  // namespace mnemo::promql
