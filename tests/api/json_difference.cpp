// SPDX-License-Identifier: Apache-2.0
#include "api/json_difference.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace mnemo::testing {
namespace {

using Json = nlohmann::json;

std::optional<double> number_of(const Json& json) {
  if (json.is_number()) return json.get<double>();
  if (!json.is_string()) return std::nullopt;
  const auto& text = json.get_ref<const std::string&>();
  const char* begin = text.data() + (text.substr(0, 1) == "+" ? 1 : 0);
  const char* end = text.data() + text.size();
  double value = 0;
  auto [stop, error] = std::from_chars(begin, end, value);
  if (begin == end || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

bool equal_numbers(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  return std::fabs(a - b) <= 1e-12 * std::max(std::fabs(a), std::fabs(b));
}

std::string both(const std::string& path, const Json& want, const Json& got) {
  auto shortened = [](const Json& json) { return json.dump().substr(0, 300); };
  return path + ": want " + shortened(want) + ", got " + shortened(got);
}

std::string array_difference(const Json& want, const Json& got, const std::string& path) {
  for (size_t i = 0; i < std::min(want.size(), got.size()); ++i) {
    auto difference = json_difference(want[i], got[i], path + "[" + std::to_string(i) + "]");
    if (!difference.empty()) return difference;
  }
  if (want.size() == got.size()) return {};
  return path + ": want " + std::to_string(want.size()) + " elements, got " +
         std::to_string(got.size());
}

std::string object_difference(const Json& want, const Json& got, const std::string& path) {
  for (const auto& [name, value] : want.items()) {
    if (!got.contains(name)) return path + "." + name + ": missing";
    auto difference = json_difference(value, got.at(name), path + "." + name);
    if (!difference.empty()) return difference;
  }
  for (const auto& [name, value] : got.items()) {
    if (!want.contains(name)) return path + "." + name + ": not wanted: " + value.dump();
  }
  return {};
}

/// The two series that an error names, in the order of their texts: which is met first isn't
/// promised.
std::string with_series_in_order(std::string error) {
  size_t begin = error.find("operation: [{");
  size_t middle = error.find("}, {", begin);
  size_t end = error.find("}];", middle);
  if (begin == std::string::npos || middle == std::string::npos || end == std::string::npos) {
    return error;
  }
  begin += 12;
  std::string first = error.substr(begin, middle + 1 - begin);
  std::string second = error.substr(middle + 3, end - middle - 2);
  if (second < first) error.replace(begin, end + 1 - begin, second + ", " + first);
  return error;
}

void bring_into_order(Json& answer) {
  if (!answer.is_object()) return;
  if (answer.contains("error")) answer["error"] = with_series_in_order(answer["error"]);
  if (answer.contains("warnings")) std::sort(answer["warnings"].begin(), answer["warnings"].end());
  auto data = answer.find("data");
  if (data == answer.end() || !data->is_object()) return;
  data->erase("stats");
  data->erase("analysis");
  if (data->value("resultType", "") != "vector") return;
  auto by_metric = [](const Json& a, const Json& b) { return a["metric"] < b["metric"]; };
  std::sort((*data)["result"].begin(), (*data)["result"].end(), by_metric);
}

}  // namespace

std::string json_difference(const Json& want, const Json& got, const std::string& path) {
  if (want == got) return {};
  if (want.is_array() && got.is_array()) return array_difference(want, got, path);
  if (want.is_object() && got.is_object()) return object_difference(want, got, path);
  auto a = number_of(want);
  auto b = number_of(got);
  if (a && b && equal_numbers(*a, *b)) return {};
  return both(path, want, got);
}

std::string answer_difference(Json want, Json got) {
  bring_into_order(want);
  bring_into_order(got);
  return json_difference(want, got);
}

}  // namespace mnemo::testing
