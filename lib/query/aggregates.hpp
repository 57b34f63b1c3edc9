// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/queryable.hpp>
#include <mnemo/store.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace mnemo {

/// The aggregates of downsampled data that the function around a selector needs; count and sum
/// (their quotient stands for the samples) where none is better.
std::vector<Aggregate> aggregates_for(std::string_view function);

/// The coarsest resolution (milliseconds) that a selector may be answered in: at most half of its
/// range for functions that need two samples.
int64_t coarsest_resolution_for(const Selection& selection, int64_t max_source_resolution_ms);

}  // namespace mnemo
