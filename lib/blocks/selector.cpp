// SPDX-License-Identifier: Apache-2.0
#include "blocks/selector.hpp"

#include "base/digest.hpp"
#include "base/letter_case.hpp"
#include "base/varint.hpp"
#include "base/yaml_fields.hpp"

#include <utility>

namespace mnemo {
namespace {

constexpr char kWhat[] = "selector relabel configuration";
constexpr char kBlockId[] = "__block_id";

Result<SelectorRule> read_rule(const YAML::Node& node) {
  SelectorRule rule;
  std::string action = "replace";
  std::string regex = "(.*)";
  std::string replacement;
  MNEMO_RETURN_IF_ERROR(yaml::read(node, {{"action", yaml::text(action)},
                                          {"source_labels", yaml::texts(rule.source_labels)},
                                          {"separator", yaml::text(rule.separator)},
                                          {"regex", yaml::text(regex)},
                                          {"target_label", yaml::text(rule.target_label)},
                                          {"replacement", yaml::text(replacement)},
                                          {"modulus", yaml::count(rule.modulus)}}));
  action = lower_case(action);
  if (action == "hashmod") {
    rule.action = SelectorRule::Action::kHashMod;
    if (rule.modulus == 0) {
      return yaml::error_at(node, "relabel configuration for hashmod requires non-zero modulus");
    }
    if (rule.target_label.empty()) {
      return yaml::error_at(
          node, "relabel configuration for hashmod action requires 'target_label' value");
    }
    return rule;
  }
  if (action != "keep" && action != "drop") {
    return yaml::error_at(node, "unsupported relabel action: " + action);
  }
  if (action == "drop") rule.action = SelectorRule::Action::kDrop;
  auto matcher = Matcher::regex("joined", regex);
  if (!matcher.ok()) return yaml::error_at(node, matcher.status().message());
  rule.regex = *std::move(matcher);
  return rule;
}

/// As Prometheus' hashmod: the last 8 bytes of the MD5.
uint64_t hash_of(const std::string& text) {
  auto digest = digest_of(DigestKind::kMd5, text);
  digest.resize(16);  // empty where the system refuses MD5
  return load_be64(reinterpret_cast<const uint8_t*>(digest.data()) + 8);
}

}  // namespace

Result<std::vector<SelectorRule>> parse_selector(std::string_view yaml) {
  std::vector<SelectorRule> rules;
  MNEMO_RETURN_IF_ERROR(yaml::read_document(kWhat, yaml, [&](const YAML::Node& root) -> Status {
    if (root.IsNull()) return {};
    if (!root.IsSequence()) return yaml::error_at(root, "not a list of rules");
    for (const auto& node : root) {
      MNEMO_TRY(auto rule, read_rule(node));
      rules.push_back(std::move(rule));
    }
    return {};
  }));
  return rules;
}

bool is_selected(const std::vector<SelectorRule>& rules, const Labels& labels) {
  LabelsBuilder builder(labels);
  for (const auto& rule : rules) {
    auto now = builder.build();
    std::string joined;
    for (size_t i = 0; i < rule.source_labels.size(); ++i) {
      if (i > 0) joined += rule.separator;
      joined += now.get(rule.source_labels[i]);
    }
    switch (rule.action) {
      case SelectorRule::Action::kKeep:
        if (!rule.regex.matches(joined)) return false;
        break;
      case SelectorRule::Action::kDrop:
        if (rule.regex.matches(joined)) return false;
        break;
      case SelectorRule::Action::kHashMod:
        builder.set(rule.target_label, std::to_string(hash_of(joined) % rule.modulus));
    }
  }
  return true;
}

MetaFilter label_sharded(std::vector<SelectorRule> rules) {
  return [rules = std::move(rules)](const Context&, BlockView& view) -> Status {
    auto metas = view.metas;
    for (const auto& [block, meta] : metas) {
      LabelsBuilder builder(meta->thanos ? meta->thanos->labels : Labels());
      builder.set(kBlockId, block.to_string());
      if (!is_selected(rules, builder.build())) view.exclude(block, "label-excluded");
    }
    return {};
  };
}

}  // namespace mnemo
