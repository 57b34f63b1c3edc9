// SPDX-License-Identifier: Apache-2.0
#include "base/expand_environment.hpp"

#include <algorithm>
#include <cstdlib>

namespace mnemo {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

Result<std::string> expand_environment(std::string_view text) {
  std::string out;
  for (;;) {
    auto start = text.find("$(");
    out += text.substr(0, start);
    if (start == text.npos) return out;
    auto end = text.find(')', start);
    auto name = end == text.npos ? std::string_view() : text.substr(start + 2, end - start - 2);
    if (!is_name(name)) {
      out += "$(";
      text.remove_prefix(start + 2);
      continue;
    }
    const char* value = std::getenv(std::string(name).c_str());
    if (!value) {
      return Status::invalid_argument("found reference to unset environment variable \"" +
                                      std::string(name) + "\"");
    }
    out += value;
    text.remove_prefix(end + 1);
  }
}

}  // namespace mnemo
