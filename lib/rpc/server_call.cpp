// SPDX-License-Identifier: Apache-2.0
#include "rpc/server_call.hpp"

#include "rpc/grpc_bytes.hpp"

namespace mnemo::rpc {
namespace {

// Messages that wait to be sent: making them pauses at the first, goes on below the second.
constexpr size_t kMostWaitingBytes = 1024U << 10;
constexpr size_t kFewWaitingBytes = kMostWaitingBytes / 2;

}  // namespace

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
    grpc::ByteBuffer message;
    auto more = answer_->next(message);
    if (!more) return end(more.status());
    if (!*more) return end({});
    if (!send(message)) return;
  }
}

/// Whether the task goes on; if not, it is over, and this object may be gone.
bool ServerCall::send(grpc::ByteBuffer& message) {
  {
    std::unique_lock lock(mutex_);
    if (broken_) {
      lock.unlock();
      end(Status::cancelled("the client is gone"));
      return false;
    }
    if (sending_) {
      waiting_bytes_ += message.Length();
      waiting_.emplace_back();
      waiting_.back().Swap(&message);
      parked_ = waiting_bytes_ >= kMostWaitingBytes;
      return !parked_;
    }
    sending_ = true;
    outgoing_.Swap(&message);
  }
  StartWrite(&outgoing_);
  return true;
}

void ServerCall::OnWriteDone(bool ok) {
  std::unique_lock lock(mutex_);
  outgoing_.Clear();
  if (ok) {
    metrics_.message_sent();
  } else {
    broken_ = true;
    waiting_.clear();
    waiting_bytes_ = 0;
    stop_.request_stop();
  }
  sending_ = !waiting_.empty();
  bool sends = sending_;
  grpc::WriteOptions options;
  if (sends) {
    take_waiting();
    // gRPC may put together what it sends: another message follows without delay.
    if (!waiting_.empty()) options.set_buffer_hint();
  }
  bool resumes = parked_ && waiting_bytes_ <= kFewWaitingBytes;
  if (resumes) parked_ = false;
  bool finishes = final_ && !sends;
  lock.unlock();
  // gRPC keeps this object until this function has returned, whatever is started here.
  if (sends) StartWrite(&outgoing_, options);
  if (resumes) schedule();
  if (finishes) finish(*final_);
}

/// The message to send next. REQUIRES: the mutex held, and one that waits.
void ServerCall::take_waiting() {
  outgoing_.Swap(&waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= outgoing_.Length();
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
