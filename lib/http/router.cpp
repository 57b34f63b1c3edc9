// SPDX-License-Identifier: Apache-2.0
#include "http/router.hpp"

#include <algorithm>
#include <optional>

namespace mnemo {
namespace {

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> parts;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  for (;;) {
    size_t end = std::min(path.find('/'), path.size());
    parts.push_back(path.substr(0, end));
    if (end == path.size()) return parts;
    path.remove_prefix(end + 1);
  }
}

bool is_placeholder(std::string_view part) {
  return part.size() > 2 && part.front() == '{' && part.back() == '}';
}

/// The values of the placeholders, or nothing when the path doesn't match.
std::optional<FormValues> match(const std::vector<std::string>& pattern,
                                const std::vector<std::string_view>& path) {
  FormValues values;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == "*" && i + 1 == pattern.size()) return values;
    if (i >= path.size()) return std::nullopt;
    auto decoded = percent_decode(path[i], false);
    if (!decoded) return std::nullopt;
    if (is_placeholder(pattern[i])) {
      if (decoded->empty()) return std::nullopt;
      values.add(pattern[i].substr(1, pattern[i].size() - 2), std::move(*decoded));
    } else if (*decoded != pattern[i]) {
      return std::nullopt;
    }
  }
  if (path.size() != pattern.size()) return std::nullopt;
  return values;
}

}  // namespace

void HttpRouter::add(std::string method, std::string_view pattern, HttpHandler handler) {
  Route route;
  route.method = std::move(method);
  for (auto part : split_path(pattern)) route.parts.emplace_back(part);
  route.handler = std::move(handler);
  routes_.push_back(std::move(route));
}

void HttpRouter::get(std::string_view pattern, HttpHandler handler) {
  add("GET", pattern, std::move(handler));
}

void HttpRouter::get_and_post(std::string_view pattern, const HttpHandler& handler) {
  add("GET", pattern, handler);
  add("POST", pattern, handler);
}

ServerResponse HttpRouter::route(const Context& context, ServerRequest& request) const {
  auto path = split_path(request.path);
  std::string_view method = request.method == "HEAD" ? "GET" : std::string_view(request.method);
  bool path_exists = false;
  for (const auto& route : routes_) {
    auto values = match(route.parts, path);
    if (!values) continue;
    path_exists |= route.method != "OPTIONS";
    if (route.method != method) continue;
    request.path_values = std::move(*values);
    return route.handler(context, request);
  }
  if (path_exists) return ServerResponse::text(405, "Method Not Allowed\n");
  return ServerResponse::not_found();
}

}  // namespace mnemo
