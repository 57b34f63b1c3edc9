// SPDX-License-Identifier: Apache-2.0
#include "cache/server_choice.hpp"

#include <xxhash.h>

#include <algorithm>

namespace mnemo::cache {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes the run of digits, or of other characters, at the start of `text`.
std::string_view take_run(std::string_view& text) {
  auto end = std::find_if(text.begin(), text.end(),
                          [&](char c) { return is_digit(c) != is_digit(text.front()); });
  auto run = text.substr(0, static_cast<size_t>(end - text.begin()));
  text.remove_prefix(run.size());
  return run;
}

std::string_view without_zeros(std::string_view number) {
  return number.substr(std::min(number.find_first_not_of('0'), number.size() - 1));
}

bool naturally_less(std::string_view a, std::string_view b) {
  const auto whole_a = a;
  const auto whole_b = b;
  while (!a.empty() && !b.empty()) {
    bool numbers = is_digit(a.front()) && is_digit(b.front());
    auto x = take_run(a);
    auto y = take_run(b);
    if (numbers) {
      x = without_zeros(x);
      y = without_zeros(y);
      if (x.size() != y.size()) return x.size() < y.size();
    }
    if (x != y) return x < y;
  }
  if (a.empty() && b.empty()) return whole_a < whole_b;
  return a.empty();
}

}  // namespace

void sort_servers(std::vector<std::string>& servers) {
  std::sort(servers.begin(), servers.end(), naturally_less);
}

size_t choose_server(std::string_view key, size_t servers) {
  // Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm".
  uint64_t state = XXH64(key.data(), key.size(), 0);
  int64_t chosen = 0;
  int64_t next = 0;
  while (next < static_cast<int64_t>(servers)) {
    chosen = next;
    state = state * 2862933555777941757ULL + 1;
    next = static_cast<int64_t>(
        static_cast<double>(chosen + 1) *
        (static_cast<double>(int64_t{1} << 31) / static_cast<double>((state >> 33) + 1)));
  }
  return static_cast<size_t>(chosen);
}

}  // namespace mnemo::cache
