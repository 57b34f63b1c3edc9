// SPDX-License-Identifier: Apache-2.0
#include "http/message.hpp"

#include <algorithm>

namespace mnemo {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view ServerRequest::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (equal_ignoring_case(key, name)) return value;
  }
  return {};
}

ServerResponse ServerResponse::text(int status, std::string body) {
  return {status, "text/plain; charset=utf-8", {}, std::move(body)};
}

ServerResponse ServerResponse::json(int status, std::string body) {
  return {status, "application/json", {}, std::move(body)};
}

ServerResponse ServerResponse::not_found() { return text(404, "404 page not found\n"); }

}  // namespace mnemo
