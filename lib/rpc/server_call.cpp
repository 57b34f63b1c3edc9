// SPDX-License-Identifier: Apache-2.0
#include "rpc/server_call.hpp"

#include "rpc/grpc_bytes.hpp"

namespace mnemo::rpc {

ServerCall::ServerCall(grpc::GenericCallbackServerContext& context, std::unique_ptr<Answer> answer,
                       std::shared_ptr<Executor> executor, CallMetrics& metrics)
    : answer_(std::move(answer)), executor_(std::move(executor)), metrics_(metrics) {
  context_ = Context(stop_.get_token(), to_steady_time(context.deadline()));
  metrics_.started();
  StartRead(&request_);
}

void ServerCall::OnReadDone(bool ok) {
  if (ok) {
    metrics_.message_received();
    schedule();
  } else {
    finish(Status::internal("no request message"));
  }
}

void ServerCall::OnCancel() { stop_.request_stop(); }

void ServerCall::OnDone() { delete this; }

void ServerCall::schedule() {
  executor_->submit([this] { run(); });
}

void ServerCall::run() {
  if (!begun_) {
    begun_ = true;
    auto request = to_bytes(request_);
    Status status = request ? answer_->begin(context_, *request) : request.status();
    request_.Clear();
    if (!status.ok()) return end(std::move(status));
  }
  while (true) {
    auto message = answer_->next();
    if (!message) return end(message.status());
    if (!*message) return end({});
    if (!send(**std::move(message))) return;
  }
}

/// Whether the task goes on; if not, it is over, and this object may be gone.
bool ServerCall::send(grpc::ByteBuffer message) {
  {
    std::unique_lock lock(mutex_);
    if (broken_) {
      lock.unlock();
      end(Status::cancelled("the client is gone"));
      return false;
    }
    if (sending_) {
      waiting_.Swap(&message);
      parked_ = true;
      return false;
    }
    sending_ = true;
    outgoing_.Swap(&message);
  }
  StartWrite(&outgoing_);
  return true;
}

void ServerCall::OnWriteDone(bool ok) {
  std::unique_lock lock(mutex_);
  sending_ = false;
  outgoing_.Clear();
  if (ok) {
    metrics_.message_sent();
  } else {
    broken_ = true;
    stop_.request_stop();
  }
  if (final_) {
    lock.unlock();
    return finish(*final_);
  }
  if (!parked_) return;
  parked_ = false;
  if (!ok) {
    lock.unlock();
    return schedule();
  }
  sending_ = true;
  outgoing_.Swap(&waiting_);
  lock.unlock();
  // No task runs, so nothing can end the call before the one scheduled here.
  StartWrite(&outgoing_);
  schedule();
}

/// Lets go of the answer here, where blocking is allowed, then finishes after the last write.
void ServerCall::end(Status status) {
  answer_.reset();
  {
    std::lock_guard lock(mutex_);
    if (sending_) {
      final_ = std::move(status);
      return;
    }
  }
  finish(status);
}

void ServerCall::finish(const Status& status) {
  metrics_.handled(status.code(), std::chrono::steady_clock::now() - begin_);
  Finish(to_grpc(status));
}

}  // namespace mnemo::rpc
