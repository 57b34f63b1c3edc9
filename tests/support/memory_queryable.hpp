// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/memory_queryable.hpp"

namespace mnemo::testing {

using mnemo::MemoryQueryable;

}  // namespace mnemo::testing
