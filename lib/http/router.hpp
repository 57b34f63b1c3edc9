// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// Sends each request to the handler of its method and path.
///
/// A pattern is a path whose parts may be `{name}` (any one part that isn't empty) and whose last
/// part may be `*` (all that follows): "/api/v1/label/{name}/values", "/api/v1/*". Of several that
/// match, the one added first wins. HEAD goes to the handler of GET.
///
/// Thread-safe once all routes are added.
class HttpRouter {
 public:
  void add(std::string method, std::string_view pattern, HttpHandler handler);
  void get(std::string_view pattern, HttpHandler handler);
  void get_and_post(std::string_view pattern, const HttpHandler& handler);

  /// Fills `request.path_values`. No route for the path is 404; one for other methods only, 405.
  ServerResponse route(const Context& context, ServerRequest& request) const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> parts;
    HttpHandler handler;
  };

  std::vector<Route> routes_;
};

}  // namespace mnemo
