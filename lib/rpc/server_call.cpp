// SPDX-License-Identifier: Apache-2.0
#include "rpc/server_call.hpp"

#include "rpc/completion_thread.hpp"
#include "rpc/grpc_bytes.hpp"

#include <chrono>
#include <deque>
#include <optional>
#include <stop_token>

namespace mnemo::rpc {
namespace {

// Messages that wait to be sent: making them pauses at the first, goes on below the second.
constexpr size_t kMostWaitingBytes = 1U << 20;
constexpr size_t kFewWaitingBytes = kMostWaitingBytes / 2;

/// One call, from before it comes. Completions reach it on the thread of its queue; the answer is
/// made by one task at a time.
///
/// Deletes itself when the status is sent and gRPC is done with it.
class ServerCall {
 public:
  ServerCall(ServerCalls& calls, grpc::ServerCompletionQueue& queue)
      : calls_(calls), queue_(queue) {
    grpc_context_.AsyncNotifyWhenDone(&gone_);
    calls_.service().RequestCall(&grpc_context_, &stream_, &queue_, &queue_, &accepted_);
  }

 private:
  using Handler = void (ServerCall::*)(bool ok);

  class Step final : public Completion {
   public:
    Step(ServerCall* call, Handler handler) : call_(call), handler_(handler) {}
    void completed(bool ok) override { (call_->*handler_)(ok); }

   private:
    ServerCall* call_;
    Handler handler_;
  };

  void accepted(bool ok);
  void received(bool ok);
  void written(bool ok);
  void gone(bool ok);
  void finished(bool ok);

  void schedule();
  void run();
  void take_waiting(grpc::ByteBuffer& message);
  bool send(grpc::ByteBuffer& message);
  void end(Status status);
  void finish(const Status& status);
  void delete_when_over();

  ServerCalls& calls_;
  grpc::ServerCompletionQueue& queue_;
  grpc::GenericServerContext grpc_context_;
  grpc::GenericServerAsyncReaderWriter stream_{&grpc_context_};
  Step accepted_{this, &ServerCall::accepted};
  Step received_{this, &ServerCall::received};
  Step written_{this, &ServerCall::written};
  Step gone_{this, &ServerCall::gone};
  Step finished_{this, &ServerCall::finished};
  bool is_gone_ = false;
  bool is_finished_ = false;

  std::chrono::steady_clock::time_point begin_;
  Context context_;
  std::stop_source stop_;
  CallMetrics* metrics_ = nullptr;  // null: of no known method
  std::unique_ptr<Answer> answer_;
  grpc::ByteBuffer request_;
  bool begun_ = false;

  std::mutex mutex_;                      // guards what follows
  std::deque<grpc::ByteBuffer> waiting_;  // the next ones, made while another is being sent
  size_t waiting_bytes_ = 0;
  bool sending_ = false;
  bool parked_ = false;          // no task runs; `written` starts the next
  bool broken_ = false;          // a write failed
  std::optional<Status> final_;  // to be sent when the last write is done
};

void ServerCall::accepted(bool ok) {
  if (!ok) {
    delete this;
    return;
  }
  calls_.begun();
  calls_.accept(queue_);
  begin_ = std::chrono::steady_clock::now();
  context_ = Context(stop_.get_token(), to_steady_time(grpc_context_.deadline()));
  auto* method = calls_.find(grpc_context_.method());
  if (method == nullptr) {
    return finish(Status::unimplemented("unknown method " + grpc_context_.method()));
  }
  answer_ = method->answer();
  metrics_ = method->metrics.get();
  metrics_->started();
  stream_.Read(&request_, &received_);
}

void ServerCall::received(bool ok) {
  if (!ok) return finish(Status::internal("no request message"));
  metrics_->message_received();
  schedule();
}

void ServerCall::gone(bool) {
  is_gone_ = true;
  if (grpc_context_.IsCancelled()) stop_.request_stop();
  delete_when_over();
}

void ServerCall::finished(bool) {
  is_finished_ = true;
  delete_when_over();
}

void ServerCall::delete_when_over() {
  if (!is_gone_ || !is_finished_) return;
  auto& calls = calls_;
  delete this;
  calls.ended();
}

void ServerCall::schedule() {
  calls_.executor().submit([this] { run(); });
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
  }
  stream_.Write(message, &written_);
  return true;
}

void ServerCall::written(bool ok) {
  std::unique_lock lock(mutex_);
  if (ok) {
    metrics_->message_sent();
  } else {
    broken_ = true;
    waiting_.clear();
    waiting_bytes_ = 0;
    stop_.request_stop();
  }
  sending_ = !waiting_.empty();
  bool sends = sending_;
  grpc::ByteBuffer message;
  grpc::WriteOptions options;
  if (sends) {
    take_waiting(message);
    // gRPC may put together what it sends: another message follows without delay. (The first
    // message of a call never comes here; put off, it would wait for ever.)
    if (!waiting_.empty()) options.set_buffer_hint();
  }
  bool resumes = parked_ && waiting_bytes_ <= kFewWaitingBytes;
  if (resumes) parked_ = false;
  bool finishes = final_ && !sends;
  lock.unlock();
  // This object lasts until `finished` has run on this thread, whatever is started here.
  if (sends) stream_.Write(message, options, &written_);
  if (resumes) schedule();
  if (finishes) finish(*final_);
}

/// The message to send next. REQUIRES: the mutex held, and one that waits.
void ServerCall::take_waiting(grpc::ByteBuffer& message) {
  message.Swap(&waiting_.front());
  waiting_.pop_front();
  waiting_bytes_ -= message.Length();
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
  if (metrics_) metrics_->handled(status.code(), std::chrono::steady_clock::now() - begin_);
  stream_.Finish(to_grpc(status), &finished_);
}

}  // namespace

ServerMethod* ServerCalls::find(const std::string& path) {
  auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : &found->second;
}

void ServerCalls::accept(grpc::ServerCompletionQueue& queue) { new ServerCall(*this, queue); }

void ServerCalls::begun() {
  std::lock_guard lock(mutex_);
  ++under_way_;
}

void ServerCalls::ended() {
  std::lock_guard lock(mutex_);
  if (--under_way_ == 0) all_ended_.notify_all();
}

void ServerCalls::wait_until_done() {
  std::unique_lock lock(mutex_);
  all_ended_.wait(lock, [this] { return under_way_ == 0; });
}

}  // namespace mnemo::rpc
