// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mnemo {

/// What of a URL the client and its errors need.
struct HttpUrl {
  std::string full;      // normalised, user and password included
  std::string scheme;    // "http" or "https"
  std::string host;      // as in the URL: IPv6 in brackets
  std::string port;      // the scheme's default where the URL has none
  std::string redacted;  // without user, password, query and fragment
  bool has_port = false;
};

/// Errors: InvalidArgument, without repeating the URL, when it is malformed or neither http nor
/// https.
Result<HttpUrl> parse_http_url(std::string_view url);

/// `url` with another host, everything else kept.
Result<std::string> replace_url_host(const std::string& url, const std::string& host);

/// Everything but letters, digits, '-', '.', '_' and '~' as %XX.
std::string percent_encode(std::string_view text);

/// The same, but for '/'.
std::string percent_encode_path(std::string_view path);

/// Undoes %XX; what is no such thing stays.
std::string percent_decode(std::string_view text);

/// "a=b&c=d", encoded, for a query or a form's body.
std::string encode_form(const std::vector<std::pair<std::string, std::string>>& parameters);

/// `base` with `path` after its own path: one '/' between the two, a query of `base` dropped.
std::string join_url(std::string_view base, std::string_view path);

}  // namespace mnemo
