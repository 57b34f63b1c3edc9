// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/samples.hpp>

#include <cstddef>

namespace mnemo {

/// Appends sample `i` of `from` to `out` as one that follows on a foreign sample: a histogram's
/// counter reset hint becomes unknown, unless it says gauge.
void append_unlinked(SampleColumn& out, const SampleColumn& from, size_t i);

}  // namespace mnemo
