// SPDX-License-Identifier: Apache-2.0
#include "store/fanout/member.hpp"

#include "store/external_labels.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mnemo {
namespace {

constexpr std::string_view kAddressLabel = "__address__";

bool matches_one_set(const FanoutMember& member,
                     const std::vector<std::vector<Matcher>>& store_matchers) {
  if (store_matchers.empty()) return true;
  return std::any_of(store_matchers.begin(), store_matchers.end(), [&](const auto& set) {
    auto refused = [&](const Matcher& matcher) {
      return matcher.name() == kAddressLabel && !matcher.matches(member.address);
    };
    return std::none_of(set.begin(), set.end(), refused) &&
           label_sets_match(set, member.info.label_sets);
  });
}

}  // namespace

std::vector<FanoutMember> select_members(std::vector<FanoutMember> members, TimeRange range,
                                         const std::vector<Matcher>& matchers,
                                         const std::vector<std::vector<Matcher>>& store_matchers) {
  std::erase_if(members, [&](const FanoutMember& member) {
    return !member.info.range.overlaps(range) ||
           !label_sets_match(matchers, member.info.label_sets) ||
           !matches_one_set(member, store_matchers);
  });
  return members;
}

std::string describe(const FanoutMember& member) {
  return fmt::format("Addr: {} MinTime: {} MaxTime: {}", member.address, member.info.range.min,
                     member.info.range.max);
}

std::string go_duration(std::chrono::nanoseconds duration) {
  int64_t ns = duration.count();
  if (ns < 1'000'000'000) {
    if (ns == 0) return "0s";
    if (ns < 1'000) return fmt::format("{}ns", ns);
    if (ns < 1'000'000) return fmt::format("{}µs", static_cast<double>(ns) / 1e3);
    return fmt::format("{}ms", static_cast<double>(ns) / 1e6);
  }
  int64_t seconds = ns / 1'000'000'000;
  std::string text;
  if (seconds >= 3600) text += fmt::format("{}h", seconds / 3600);
  if (seconds >= 60) text += fmt::format("{}m", seconds / 60 % 60);
  double rest = static_cast<double>(ns % 60'000'000'000) / 1e9;
  return text + fmt::format("{}s", rest);
}

}  // namespace mnemo
