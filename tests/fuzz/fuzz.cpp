// SPDX-License-Identifier: Apache-2.0
//
// libFuzzer's entry to one target, whose name is MNEMO_FUZZ_TARGET.
#include "fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const auto* target = mnemo::fuzz::find_target(MNEMO_FUZZ_TARGET);
  mnemo::fuzz::require(target != nullptr);
  target->run({data, size});
  return 0;
}
