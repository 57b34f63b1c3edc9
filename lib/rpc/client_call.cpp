// SPDX-License-Identifier: Apache-2.0
#include "rpc/client_call.hpp"

#include "rpc/grpc_bytes.hpp"

namespace mnemo::rpc {

CallSetup::CallSetup(const Context& context, WhenDown when_down, CallMetrics& metrics)
    : metrics_(metrics), cancel_(context.token(), [this] { context_.TryCancel(); }) {
  metrics_.started();
  if (context.deadline()) context_.set_deadline(to_system_time(*context.deadline()));
  context_.set_wait_for_ready(when_down == WhenDown::kWait);
}

CallSetup::~CallSetup() {
  queue_.Shutdown();
  wait();
}

bool CallSetup::wait() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

Status CallSetup::handled(const grpc::Status& status) {
  metrics_.handled(static_cast<Code>(status.error_code()),
                   std::chrono::steady_clock::now() - begin_);
  return from_grpc(status);
}

UnaryCall::UnaryCall(grpc::GenericStub& stub, const std::string& method, std::string request,
                     const Context& context, WhenDown when_down, CallMetrics& metrics)
    : setup_(context, when_down, metrics) {
  call_ = stub.PrepareUnaryCall(&setup_.context(), method, to_buffer(std::move(request)),
                                &setup_.queue());
  call_->StartCall();
  call_->Finish(&answer_, &status_, this);
}

UnaryCall::~UnaryCall() {
  if (finished_) return;
  setup_.context().TryCancel();
  (void)wait();
}

Result<Bytes> UnaryCall::wait() {
  setup_.wait();
  finished_ = true;
  setup_.metrics().message_sent();
  MNEMO_RETURN_IF_ERROR(setup_.handled(status_));
  if (!answer_.Valid()) return Status::data_loss("no message in the answer");
  setup_.metrics().message_received();
  return to_bytes(answer_);
}

StreamCall::StreamCall(grpc::GenericStub& stub, const std::string& method, std::string request,
                       const Context& context, CallMetrics& metrics)
    : setup_(context, WhenDown::kFail, metrics) {
  // Headers, request and end of sending leave as one operation.
  setup_.context().set_initial_metadata_corked(true);
  call_ = stub.PrepareCall(&setup_.context(), method, &setup_.queue());
  call_->StartCall(this);
  call_->WriteLast(to_buffer(std::move(request)), grpc::WriteOptions(), this);
}

StreamCall::~StreamCall() {
  if (finished_) return;
  setup_.context().TryCancel();
  (void)finish();
}

Result<std::optional<Bytes>> StreamCall::read() {
  wait_for_request();
  grpc::ByteBuffer buffer;
  call_->Read(&buffer, this);
  if (!setup_.wait()) {
    MNEMO_RETURN_IF_ERROR(finish());
    return {std::nullopt};
  }
  setup_.metrics().message_received();
  MNEMO_TRY(auto bytes, to_bytes(buffer));
  return {std::move(bytes)};
}

void StreamCall::wait_for_request() {
  if (!sending_) return;
  sending_ = false;
  if (setup_.wait()) setup_.metrics().message_sent();
}

Status StreamCall::finish() {
  wait_for_request();
  finished_ = true;
  grpc::Status status;
  call_->Finish(&status, this);
  setup_.wait();
  return setup_.handled(status);
}

}  // namespace mnemo::rpc
