// SPDX-License-Identifier: Apache-2.0
#include "objstore/azure/shared_key.hpp"

#include "base/digest.hpp"
#include "base/letter_case.hpp"

#include <algorithm>
#include <map>

namespace mnemo::azure {
std::string string_to_sign(const SigningRequest& request, std::string_view account) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : request.headers) headers[lower_case(name)] = value;
  if (request.content_length > 0) {
    headers["content-length"] = std::to_string(request.content_length);
  }
  std::string text = request.method + "\n";
  for (auto name :
       {"content-encoding", "content-language", "content-length", "content-md5", "content-type",
        "date", "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range"}) {
    auto at = headers.find(name);
    if (at != headers.end()) text += at->second;
    text += '\n';
  }
  for (const auto& [name, value] : headers) {
    if (name.starts_with("x-ms-")) text += name + ":" + value + "\n";
  }
  text += "/" + std::string(account) + request.path;
  Query query;
  for (const auto& [name, value] : request.query) query.emplace_back(lower_case(name), value);
  std::sort(query.begin(), query.end());
  for (const auto& [name, value] : query) text += "\n" + name + ":" + value;
  return text;
}

std::string authorization(const SigningRequest& request, std::string_view account,
                          std::string_view key) {
  return "SharedKey " + std::string(account) + ":" +
         base64_text(hmac_of(DigestKind::kSha256, key, string_to_sign(request, account)));
}

}  // namespace mnemo::azure
