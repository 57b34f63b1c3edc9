// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace mnemo::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif
#else
inline constexpr bool kIsSanitized = false;
#endif

/// How often a test on random data repeats: less where a sanitizer makes each round some twenty
/// times slower.
constexpr size_t rounds(size_t count) { return kIsSanitized ? (count + 7) / 8 : count; }

}  // namespace mnemo::testing
