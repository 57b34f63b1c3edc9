// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/form.hpp"

#include <mnemo/context.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mnemo {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// A request as a handler of `HttpServer` gets it.
struct ServerRequest {
  std::string method;
  std::string path;  // as sent, without the query; escapes are not undone
  HttpHeaders headers;
  std::string body;
  /// Those of a posted form, then those of the query string.
  FormValues form;
  /// What the route's `{name}` parts matched, escapes undone.
  FormValues path_values;
  std::string remote_address;

  /// The value of the first header of that name (case doesn't matter); empty without one.
  std::string_view header(std::string_view name) const;
};

/// What a handler answers. Date, Content-Length and Connection are the server's.
struct ServerResponse {
  int status = 200;
  std::string content_type;
  HttpHeaders headers;
  std::string body;

  static ServerResponse text(int status, std::string body);
  static ServerResponse json(int status, std::string body);
  static ServerResponse not_found();
};

/// Answers one request; called on the server's executor, for several requests at the same time.
/// The context ends when the client goes away or the server stops. Must not throw.
using HttpHandler = std::function<ServerResponse(const Context&, const ServerRequest&)>;

}  // namespace mnemo
