// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mnemo::rpc_testing {

/// One recorded gRPC call to a real Thanos.
struct GoldenCall {
  std::string server;  // "thanos store, bucket raw", ...
  std::string name;
  std::string method;
  std::string request;
  std::vector<std::string> responses;
  std::string error;  // "rpc error: code = ... desc = ...", or empty
};

/// The recorded calls of thanos.Store and thanos.info.Info; none where golden data is absent.
const std::vector<GoldenCall>& golden_calls();

/// One recorded call of any service; nothing where golden data is absent.
std::optional<GoldenCall> golden_call(const std::string& server, const std::string& name);

}  // namespace mnemo::rpc_testing
