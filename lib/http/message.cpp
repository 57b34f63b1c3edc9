// SPDX-License-Identifier: Apache-2.0
#include "http/message.hpp"

#include "base/letter_case.hpp"

namespace mnemo {

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
