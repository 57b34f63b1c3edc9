// SPDX-License-Identifier: Apache-2.0
#include "golden_calls.hpp"

#include "support/golden.hpp"

#include <nlohmann/json.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

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

std::vector<GoldenCall> load(const std::filesystem::path& file) {
  std::vector<GoldenCall> calls;
  for (const auto& line : testing::gzip_lines(file)) {
    auto json = nlohmann::json::parse(line);
    GoldenCall call;
    call.method = json.at("method");
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
  return calls;
}

std::vector<GoldenCall> load_all() {
  std::vector<GoldenCall> calls;
  auto dir = testing::golden_dir();
  if (!dir) return calls;
  for (const char* file : {"thanos-storeapi.ndjson.gz", "thanos-other-apis.ndjson.gz"}) {
    auto more = load(*dir / file);
    std::move(more.begin(), more.end(), std::back_inserter(calls));
  }
  return calls;
}

bool is_of_stores(const GoldenCall& call) {
  return call.method.starts_with("/thanos.Store/") || call.method == "/thanos.info.Info/Info";
}

}  // namespace

const std::vector<GoldenCall>& golden_calls() {
  static const std::vector<GoldenCall> calls = [] {
    auto all = load_all();
    std::erase_if(all, [](const GoldenCall& call) { return !is_of_stores(call); });
    return all;
  }();
  return calls;
}

std::optional<GoldenCall> golden_call(const std::string& server, const std::string& name) {
  static const auto calls = load_all();
  for (const auto& call : calls) {
    if (call.server == server && call.name == name) return call;
  }
  return std::nullopt;
}

}  // namespace mnemo::rpc_testing
