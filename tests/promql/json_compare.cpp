// SPDX-License-Identifier: Apache-2.0
#include "json_compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <optional>

namespace mnemo::testing {
namespace {

using nlohmann::json;

std::optional<double> number(const json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return {};
  const auto& text = value.get_ref<const std::string&>();
  char* end = nullptr;
  double parsed = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return {};
  return parsed;
}

bool equal_numbers(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b));
}

std::string shortened(const json& value) {
  std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  constexpr size_t kLongest = 300;
  if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
  return text;
}

std::string differ(const json& got, const json& wanted, const std::string& where) {
  return fmt::format("{}: got {}, wanted {}", where, shortened(got), shortened(wanted));
}

std::string compare(const json& got, const json& wanted, const std::string& where);

std::string compare_arrays(const json& got, const json& wanted, const std::string& where) {
  for (size_t i = 0; i < std::min(got.size(), wanted.size()); ++i) {
    auto difference = compare(got[i], wanted[i], fmt::format("{}[{}]", where, i));
    if (!difference.empty()) return difference;
  }
  return got.size() == wanted.size() ? "" : differ(got, wanted, where);
}

std::string compare_objects(const json& got, const json& wanted, const std::string& where) {
  if (got.size() != wanted.size()) return differ(got, wanted, where);
  for (const auto& [name, value] : wanted.items()) {
    if (!got.contains(name)) return differ(got, wanted, where);
    auto difference = compare(got[name], value, where + "." + name);
    if (!difference.empty()) return difference;
  }
  return {};
}

std::string compare(const json& got, const json& wanted, const std::string& where) {
  auto a = number(got);
  auto b = number(wanted);
  if (a && b) return equal_numbers(*a, *b) ? "" : differ(got, wanted, where);
  if (got.type() != wanted.type()) return differ(got, wanted, where);
  if (wanted.is_array()) return compare_arrays(got, wanted, where);
  if (wanted.is_object()) return compare_objects(got, wanted, where);
  return got == wanted ? "" : differ(got, wanted, where);
}

/// The series by their labels.
std::map<std::string, const json*> by_labels(const json& series) {
  std::map<std::string, const json*> sorted;
  for (const auto& one : series) sorted[one["metric"].dump()] = &one;
  return sorted;
}

std::string compare_series(const json& got, const json& wanted) {
  auto ours = by_labels(got);
  auto theirs = by_labels(wanted);
  for (const auto& [labels, series] : theirs) {
    auto found = ours.find(labels);
    if (found == ours.end()) return "missing: " + shortened(*series);
    auto difference = compare(*found->second, *series, labels);
    if (!difference.empty()) return difference;
  }
  for (const auto& [labels, series] : ours) {
    if (theirs.count(labels) == 0) return "too many: " + shortened(*series);
  }
  return got.size() == wanted.size() ? "" : "a series comes twice";
}

}  // namespace

std::string first_difference(const json& got, const json& wanted) {
  std::string type = wanted.value("resultType", "");
  if (got.value("resultType", "") != type) return differ(got, wanted, "resultType");
  if (type == "vector" || type == "matrix") {
    return compare_series(got["result"], wanted["result"]);
  }
  return compare(got["result"], wanted["result"], "result");
}

}  // namespace mnemo::testing
