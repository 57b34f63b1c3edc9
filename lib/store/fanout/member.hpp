// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/matcher.hpp>
#include <mnemo/time_range.hpp>

#include "store/fanout/fanout_store.hpp"

#include <string>
#include <vector>

namespace mnemo {

/// The members that may hold data for a request: their range overlaps, a set of external labels
/// doesn't contradict the matchers, and one of `store_matchers` (if any) matches address and
/// external labels.
std::vector<FanoutMember> select_members(std::vector<FanoutMember> members, TimeRange range,
                                         const std::vector<Matcher>& matchers,
                                         const std::vector<std::vector<Matcher>>& store_matchers);

/// As Thanos names a store in its warnings.
std::string describe(const FanoutMember& member);

/// A duration as Go prints it: "5s", "1m30s", "250ms".
std::string go_duration(std::chrono::nanoseconds duration);

}  // namespace mnemo
