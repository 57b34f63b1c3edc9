// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/chunk.hpp>
#include <mnemo/samples.hpp>
#include <mnemo/status.hpp>

#include <cstddef>

namespace mnemo::downsample {

/// Removes, from `first` on, stale markers and samples that aren't later than the one before them.
/// Returns whether the values that stay are all numbers.
bool keep_rising(SampleColumn& samples, size_t first);

/// Appends all samples of a chunk of floats. Errors: DataLoss (malformed, or not floats).
Status decode_floats(const Chunk& chunk, SampleColumn& out);

/// Appends those that keep the column rising, stale markers left out.
Status append_rising_floats(const Chunk& chunk, SampleColumn& out);

/// The same for a chunk of histograms of any kind.
Status append_rising_histograms(const Chunk& chunk, SampleColumn& out);

}  // namespace mnemo::downsample
