// SPDX-License-Identifier: Apache-2.0
#include "http/client_url.hpp"

#include <curl/curl.h>

#include <memory>

namespace mnemo {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlDeleter>;

Result<UrlHandle> parse(const std::string& text) {
  UrlHandle handle(curl_url());
  if (!handle) return Status::resource_exhausted("URL: out of memory");
  CURLUcode code =
      curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK) {
    return Status::invalid_argument(std::string("malformed URL: ") + curl_url_strerror(code));
  }
  return handle;
}

std::string part(const UrlHandle& url, CURLUPart which, unsigned int flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return {};
  std::string copy = text;
  curl_free(text);
  return copy;
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view url) {
  if (url.find('\0') != url.npos) return Status::invalid_argument("malformed URL: zero byte");
  MNEMO_TRY(auto handle, parse(std::string(url)));
  HttpUrl parsed;
  parsed.scheme = part(handle, CURLUPART_SCHEME);
  if (parsed.scheme != "http" && parsed.scheme != "https") {
    return Status::invalid_argument("URL with the scheme \"" + parsed.scheme +
                                    "\": only http and https are supported");
  }
  parsed.full = part(handle, CURLUPART_URL);
  parsed.host = part(handle, CURLUPART_HOST);
  parsed.port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  parsed.has_port = !part(handle, CURLUPART_PORT).empty();
  for (auto secret : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    curl_url_set(handle.get(), secret, nullptr, 0);
  }
  parsed.redacted = part(handle, CURLUPART_URL);
  return parsed;
}

Result<std::string> replace_url_host(const std::string& url, const std::string& host) {
  MNEMO_TRY(auto handle, parse(url));
  if (CURLUcode code = curl_url_set(handle.get(), CURLUPART_HOST, host.c_str(), 0)) {
    return Status::invalid_argument("host \"" + host + "\": " + curl_url_strerror(code));
  }
  return part(handle, CURLUPART_URL);
}

std::string percent_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string percent_encode_path(std::string_view path) {
  std::string out;
  for (;;) {
    auto slash = path.find('/');
    out += percent_encode(path.substr(0, slash));
    if (slash == path.npos) return out;
    out += '/';
    path.remove_prefix(slash + 1);
  }
}

std::string percent_decode(std::string_view text) {
  auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    bool is_code =
        text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0;
    if (!is_code) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

std::string encode_form(const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) {
    if (!out.empty()) out += '&';
    out += percent_encode(name) + "=" + percent_encode(value);
  }
  return out;
}

std::string join_url(std::string_view base, std::string_view path) {
  std::string out(base.substr(0, base.find_first_of("?#")));
  while (!out.empty() && out.back() == '/') out.pop_back();
  if (path.empty() || path.front() != '/') out += '/';
  out += path;
  return out;
}

}  // namespace mnemo
