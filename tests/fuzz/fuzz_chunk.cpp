// SPDX-License-Identifier: Apache-2.0
//
// One target an encoding: MNEMO_FUZZ_ENCODING is the number that segments have for it.
#include "fuzz/chunk_decode.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr auto kEncoding = static_cast<mnemo::ChunkEncoding>(MNEMO_FUZZ_ENCODING);
  if constexpr (kEncoding == mnemo::ChunkEncoding::kAggregate) {
    mnemo::fuzz::split_any(data, size);
  } else {
    mnemo::fuzz::decode_any(kEncoding, data, size);
  }
  return 0;
}
