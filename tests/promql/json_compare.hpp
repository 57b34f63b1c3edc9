// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace mnemo::testing {

/// The first difference between two answers of the query API (the member "data"), or nothing.
/// Numbers, quoted or not, are equal within a relative 1e-12; NaN equals NaN; the series of vectors
/// come in any order.
std::string first_difference(const nlohmann::json& got, const nlohmann::json& wanted);

}  // namespace mnemo::testing
