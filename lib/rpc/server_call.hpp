// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rpc/call_metrics.hpp"

#include <mnemo/bytes.hpp>
#include <mnemo/context.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/status.hpp>

#include <grpcpp/generic/async_generic_service.h>

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

namespace mnemo::rpc {

/// What a call answers: a request goes in, messages come out until there are no more.
/// Not thread-safe.
class Answer {
 public:
  virtual ~Answer() = default;
  virtual Status begin(const Context& context, const Bytes& request) = 0;
  /// Fills `message`, or returns false at the end.
  virtual Result<bool> next(grpc::ByteBuffer& message) = 0;
};

/// One call on the server. gRPC's callback threads only pass it on: the answer is made on the
/// executor, some messages ahead of the one that is being sent, so that neither waits for the other
/// at every message, and nobody waits while the client doesn't read.
///
/// Deletes itself when gRPC is done with it.
class ServerCall final : public grpc::ServerGenericBidiReactor {
 public:
  ServerCall(grpc::GenericCallbackServerContext& context, std::unique_ptr<Answer> answer,
             std::shared_ptr<Executor> executor, CallMetrics& metrics);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  void schedule();
  void run();
  void take_waiting();
  bool send(grpc::ByteBuffer& message);
  void end(Status status);
  void finish(const Status& status);

  Context context_;
  std::stop_source stop_;
  std::unique_ptr<Answer> answer_;
  std::shared_ptr<Executor> executor_;
  CallMetrics& metrics_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  grpc::ByteBuffer request_;
  bool begun_ = false;

  std::mutex mutex_;                      // guards what follows
  grpc::ByteBuffer outgoing_;             // being sent while `sending_`
  std::deque<grpc::ByteBuffer> waiting_;  // the next ones, made while another is being sent
  size_t waiting_bytes_ = 0;
  bool sending_ = false;
  bool parked_ = false;          // no task runs; OnWriteDone starts the next
  bool broken_ = false;          // a write failed
  std::optional<Status> final_;  // to be sent when the last write is done
};

}  // namespace mnemo::rpc
