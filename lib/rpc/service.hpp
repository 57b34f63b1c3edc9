// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <functional>
#include <string>
#include <vector>

namespace mnemo::rpc {

/// A call whose answer is a stream of messages that are all made at once.
using ListMethod =
    std::function<Result<std::vector<std::string>>(const Context&, const Bytes& request)>;

/// A method of a gRPC server beyond those of its store.
struct ServiceMethod {
  std::string path;  // "/thanos.Rules/Rules"
  ListMethod method;
};

/// APIs beside the StoreAPI that an endpoint says it serves.
struct EndpointApis {
  bool rules = false;
  bool metric_metadata = false;
  bool targets = false;
  bool exemplars = false;
  bool status = false;

  friend bool operator==(const EndpointApis&, const EndpointApis&) = default;
};

}  // namespace mnemo::rpc
