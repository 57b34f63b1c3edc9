// SPDX-License-Identifier: Apache-2.0
#include "golden_calls.hpp"

#include "support/golden.hpp"

#include <nlohmann/json.hpp>

#include <openssl/evp.h>

namespace mnemo::rpc_testing {
namespace {

std::string from_base64(const std::string& text) {
  std::string out(text.size(), '\0');
  int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                             reinterpret_cast<const unsigned char*>(text.data()),
                             static_cast<int>(text.size()));
  size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  out.resize(size < 0 ? 0 : static_cast<size_t>(size) - padding);
  return out;
}

std::vector<GoldenCall> load() {
  std::vector<GoldenCall> calls;
  auto dir = testing::golden_dir();
  if (!dir) return calls;
  for (const char* file : {"thanos-storeapi.ndjson.gz", "thanos-other-apis.ndjson.gz"}) {
    for (const auto& line : testing::gzip_lines(*dir / file)) {
      auto json = nlohmann::json::parse(line);
      GoldenCall call;
      call.method = json.at("method");
      if (!call.method.starts_with("/thanos.Store/") && call.method != "/thanos.info.Info/Info") {
        continue;
      }
      call.server = json.at("server");
      call.name = json.at("name");
      call.request = from_base64(json.at("request"));
      if (json.contains("error") && json["error"].is_string()) call.error = json["error"];
      if (json.contains("responses") && json["responses"].is_array()) {
        for (const auto& response : json["responses"]) {
          call.responses.push_back(from_base64(response));
        }
      }
      calls.push_back(std::move(call));
    }
  }
  return calls;
}

}  // namespace

const std::vector<GoldenCall>& golden_calls() {
  static const std::vector<GoldenCall> calls = load();
  return calls;
}

}  // namespace mnemo::rpc_testing
