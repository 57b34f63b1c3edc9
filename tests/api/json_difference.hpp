// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace mnemo::testing {

/// Where and how `got` differs from `want`, or an empty text. Numbers, and texts that are numbers,
/// are equal when they differ by at most 1e-12 relatively, or are both NaN.
std::string json_difference(const nlohmann::json& want, const nlohmann::json& got,
                            const std::string& path = "");

/// As above for the answers of the HTTP API: the series of an instant vector may come in any order,
/// warnings likewise, and the members `stats` and `analysis` of a query's data are not compared.
std::string answer_difference(nlohmann::json want, nlohmann::json got);

}  // namespace mnemo::testing
