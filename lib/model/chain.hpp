// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/samples.hpp>

#include <span>

namespace mnemo {

/// Replaces `out` by all samples of `parts` in order of time, each time once: what Prometheus makes
/// of overlapping chunks of one series (sample_chain.hpp tells which of equal times it takes).
///
/// A histogram whose predecessor in the result isn't its predecessor in its part loses its
/// knowledge of counter resets (but a gauge histogram stays one).
/// REQUIRES: each part is in order of time. `out` is none of them.
void merge_chained(std::span<const SampleColumn> parts, SampleColumn& out);

}  // namespace mnemo
