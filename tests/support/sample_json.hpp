// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/histogram.hpp>
#include <mnemo/labels.hpp>

#include <nlohmann/json.hpp>

/// Numbers and samples in the JSON that docs/formats/dump.md describes. Throws what nlohmann::json
/// and the standard library throw on anything else.
namespace mnemo::testing {

double from_bits(const nlohmann::json& hex);
Labels labels_of(const nlohmann::json& json);
FloatHistogram float_histogram_of(const nlohmann::json& json);
/// REQUIRES: counts are integers.
Histogram histogram_of(const nlohmann::json& json);

}  // namespace mnemo::testing
