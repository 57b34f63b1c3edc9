// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rpc/call_metrics.hpp"

#include <mnemo/bytes.hpp>
#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace mnemo::rpc {

enum class WhenDown { kFail, kWait };

/// What a call on the client has, of whatever kind: gRPC's context, tied to ours, and a queue on
/// which operations complete. The thread that waits drives the call; there is no other.
class CallSetup {
 public:
  CallSetup(const Context& context, WhenDown when_down, CallMetrics& metrics);
  CallSetup(const CallSetup&) = delete;
  CallSetup& operator=(const CallSetup&) = delete;
  /// REQUIRES: no operation is under way.
  ~CallSetup();

  grpc::ClientContext& context() { return context_; }
  grpc::CompletionQueue& queue() { return queue_; }
  CallMetrics& metrics() { return metrics_; }

  /// Waits for the operation under way; whether it succeeded.
  bool wait();
  /// Counts the call as done.
  Status handled(const grpc::Status& status);

 private:
  CallMetrics& metrics_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::stop_callback<std::function<void()>> cancel_;
};

/// A call with one message as answer, under way from its construction.
///
/// Not thread-safe. Ends with its `Context`; destroying it cancels the call.
class UnaryCall {
 public:
  UnaryCall(grpc::GenericStub& stub, const std::string& method, std::string request,
            const Context& context, WhenDown when_down, CallMetrics& metrics);
  ~UnaryCall();

  /// The answer. Must be called only once. Errors: the call's; DataLoss when it ends well without.
  Result<Bytes> wait();

 private:
  CallSetup setup_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> call_;
  grpc::ByteBuffer answer_;
  grpc::Status status_;
  bool finished_ = false;
};

/// A call with many messages as answer, each received when it is asked for.
///
/// Not thread-safe. Ends with its `Context`; destroying it cancels the call.
class StreamCall {
 public:
  StreamCall(grpc::GenericStub& stub, const std::string& method, std::string request,
             const Context& context, CallMetrics& metrics);
  ~StreamCall();

  /// The next message, or nothing at the end of a call that went well.
  /// After the end or a failure it must not be called again.
  Result<std::optional<Bytes>> read();

 private:
  void wait_for_request();
  Status finish();

  CallSetup setup_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  bool sending_ = true;    // the operation that sends the request is under way
  bool finished_ = false;  // the call's status has been taken
};

}  // namespace mnemo::rpc
