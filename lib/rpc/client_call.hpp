// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rpc/call_metrics.hpp"

#include <mnemo/bytes.hpp>
#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace mnemo::rpc {

enum class WhenDown { kFail, kWait };

/// One call on the client: one request goes out, messages are read one by one, each when it is
/// asked for. The thread that reads drives the call; there is no other.
///
/// Not thread-safe. Ends with its `Context`; destroying it cancels the call.
class ClientCall {
 public:
  ClientCall(grpc::GenericStub& stub, const std::string& method, const Context& context,
             WhenDown when_down, CallMetrics& metrics);
  ClientCall(const ClientCall&) = delete;
  ClientCall& operator=(const ClientCall&) = delete;
  ~ClientCall();

  /// Begins to send the request; doesn't wait.
  void start(std::string request);

  /// The next message, or nothing at the end of a call that went well.
  /// After the end or a failure it must not be called again.
  Result<std::optional<Bytes>> read();

 private:
  bool wait();
  Status finish();

  CallMetrics& metrics_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  grpc::ClientContext grpc_context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  bool sending_ = false;   // the operation that sends the request is under way
  bool finished_ = false;  // the call's status has been taken
  std::optional<std::stop_callback<std::function<void()>>> cancel_;
};

}  // namespace mnemo::rpc
