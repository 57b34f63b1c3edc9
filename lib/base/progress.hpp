// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>

namespace mnemo {

/// Told by long work how far it has come: `done` of `total` units, whatever these are for the work
/// in question. May be empty. Called on the working thread, often: it must be quick.
using Progress = std::function<void(uint64_t done, uint64_t total)>;

}  // namespace mnemo
