// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rpc/call_metrics.hpp"

#include <mnemo/bytes.hpp>
#include <mnemo/context.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/status.hpp>

#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/async_generic_service.h>

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

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

struct ServerMethod {
  std::function<std::unique_ptr<Answer>()> answer;
  std::unique_ptr<CallMetrics> metrics;
};

/// The calls of a server. The threads that serve its completion queues only pass them on: answers
/// are made on the executor, some messages ahead of the one that is being sent, so that neither
/// waits for the other at every message, and nobody waits while the client doesn't read.
///
/// Thread-safe. Must outlive the calls.
class ServerCalls {
 public:
  /// `methods` by path, "/thanos.Store/Series"; others are answered by UNIMPLEMENTED.
  ServerCalls(std::map<std::string, ServerMethod> methods, std::shared_ptr<Executor> executor)
      : methods_(std::move(methods)), executor_(std::move(executor)) {}

  grpc::AsyncGenericService& service() { return service_; }
  Executor& executor() { return *executor_; }
  ServerMethod* find(const std::string& path);

  /// Waits for a call, and for the next one once that is there, until the server shuts down. The
  /// tags that the queue gives are of type `Completion`.
  void accept(grpc::ServerCompletionQueue& queue);

  /// Until the calls that came are over. REQUIRES: the server is shut down.
  void wait_until_done();

  void begun();
  void ended();

 private:
  std::map<std::string, ServerMethod> methods_;
  std::shared_ptr<Executor> executor_;
  grpc::AsyncGenericService service_;
  std::mutex mutex_;
  std::condition_variable all_ended_;
  size_t under_way_ = 0;
};

}  // namespace mnemo::rpc
