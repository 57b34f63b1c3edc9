// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/chunk.hpp>
#include <mnemo/samples.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace mnemo::tsdb {

/// Told what is wrong with a chunk, without where it is.
using Complaint = std::function<void(std::string)>;

/// How many samples a chunk holds, by their kind; those of an aggregate chunk are its windows.
struct SampleCounts {
  uint64_t all = 0;
  uint64_t floats = 0;
  uint64_t histograms = 0;
};

/// Decodes a chunk with all its parts and compares its samples' times with those that it claims.
/// What Thanos writes into aggregate chunks: the parts but the counter have the same times, and the
/// chunk claims the first and last of these; the counter begins with the first raw sample and ends
/// by giving the last one again.
/// `scratch` is only there to be reused.
SampleCounts check_chunk(const Chunk& chunk, SampleColumn& scratch, const Complaint& complain);

}  // namespace mnemo::tsdb
