// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/samples.hpp>

#include <span>
#include <string_view>

namespace mnemo {

/// What the deduplicated samples are for.
enum class DedupKind {
  kGauge,
  /// Counters that never fall (see chunkenc/counter_resets.hpp): when the choice moves to a replica
  /// that has counted less, that replica is lifted from there on, so that no false reset appears.
  kCounter,
};

/// Whether Thanos takes the samples under the function of this name for a counter's.
bool is_counter_function(std::string_view function);

/// Thanos' penalty algorithm: replaces `out` by one series made of the `replicas` of a series, in
/// their order. It stays with one replica until that has a gap of more than twice the distance of
/// its last two samples (5 s where there is none yet), so that scrapes of different replicas
/// never mix into a denser series. More than two replicas are taken pairwise.
///
/// A histogram whose predecessor in the result isn't its predecessor in its replica loses its
/// knowledge of counter resets (but a gauge histogram stays one).
/// REQUIRES: each replica is in order of time. `out` is none of them.
void deduplicate_by_penalty(std::span<const SampleColumn> replicas, DedupKind kind,
                            SampleColumn& out);

}  // namespace mnemo
