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

Result<std::string> expand_environment(std::string_view text, const VariableLookup& variable,
                                       size_t* unset) {
  std::string out;
  std::string first_unset;
  size_t count = 0;
  for (auto start = text.find("$("); start != text.npos; start = text.find("$(")) {
    out += text.substr(0, start);
    auto end = text.find(')', start);
    auto name = end == text.npos ? std::string_view() : text.substr(start + 2, end - start - 2);
    if (!is_name(name)) {
      out += "$(";
      text.remove_prefix(start + 2);
      continue;
    }
    std::string key(name);
    const char* value = variable ? variable(key) : std::getenv(key.c_str());
    if (value == nullptr && count++ == 0) first_unset = key;
    if (value != nullptr) out += value;
    text.remove_prefix(end + 1);
  }
  if (unset != nullptr) *unset = count;
  if (count > 0) {
    return Status::invalid_argument("found reference to unset environment variable \"" +
                                    first_unset + "\"");
  }
  out += text;
  return out;
}

}  // namespace mnemo
