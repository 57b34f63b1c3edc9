// SPDX-License-Identifier: Apache-2.0
#include "fuzz/openmetrics_parse.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  mnemo::fuzz::parse_any(data, size);
  return 0;
}
