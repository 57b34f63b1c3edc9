// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/samples.hpp>
#include <mnemo/status.hpp>
#include <mnemo/store.hpp>

#include <span>

namespace mnemo {

/// Appends the samples within `range` of one chunk to `out`: those of the raw chunk, or of the
/// aggregate asked for. Count and sum together stand for their quotient, the average.
/// Errors: DataLoss (malformed, or no such aggregate, or sum and count don't go together).
Status append_samples(const AggregateChunk& chunk, std::span<const Aggregate> aggregates,
                      TimeRange range, SampleColumn& out);

/// Replaces `out` by the samples within `range` of chunks of one series that don't overlap by what
/// they claim (where they do nevertheless, each time comes once).
Status read_lane(std::span<const AggregateChunk> lane, std::span<const Aggregate> aggregates,
                 TimeRange range, SampleColumn& out);

/// As above for a counter: resets are found over all chunks and added up (see CounterResets)
/// before the samples outside of `range` are left out.
Status read_counter_lane(std::span<const AggregateChunk> lane, TimeRange range, SampleColumn& out);

/// Leaves out what lies outside of `range`.
void cut_to(TimeRange range, SampleColumn& column);

}  // namespace mnemo
