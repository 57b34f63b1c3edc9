// SPDX-License-Identifier: Apache-2.0
#include "rpc/client_call.hpp"

#include "rpc/grpc_bytes.hpp"

namespace mnemo::rpc {

ClientCall::ClientCall(grpc::GenericStub& stub, const std::string& method, const Context& context,
                       WhenDown when_down, CallMetrics& metrics)
    : metrics_(metrics) {
  metrics_.started();
  if (context.deadline()) grpc_context_.set_deadline(to_system_time(*context.deadline()));
  grpc_context_.set_wait_for_ready(when_down == WhenDown::kWait);
  // Headers, request and end of sending leave as one operation.
  grpc_context_.set_initial_metadata_corked(true);
  call_ = stub.PrepareCall(&grpc_context_, method, &queue_);
  cancel_.emplace(context.token(), [this] { grpc_context_.TryCancel(); });
}

ClientCall::~ClientCall() {
  cancel_.reset();
  if (!finished_) {
    grpc_context_.TryCancel();
    (void)finish();
  }
  queue_.Shutdown();
  while (wait()) {
  }
}

void ClientCall::start(std::string request) {
  call_->StartCall(this);
  call_->WriteLast(to_buffer(std::move(request)), grpc::WriteOptions(), this);
  sending_ = true;
}

/// The next completed operation; operations are begun one at a time.
bool ClientCall::wait() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

Result<std::optional<Bytes>> ClientCall::read() {
  if (sending_) {
    sending_ = false;
    if (wait()) metrics_.message_sent();
  }
  grpc::ByteBuffer buffer;
  call_->Read(&buffer, this);
  if (!wait()) {
    MNEMO_RETURN_IF_ERROR(finish());
    return {std::nullopt};
  }
  metrics_.message_received();
  MNEMO_TRY(auto bytes, to_bytes(buffer));
  return {std::move(bytes)};
}

Status ClientCall::finish() {
  if (std::exchange(sending_, false)) wait();
  finished_ = true;
  grpc::Status status;
  call_->Finish(&status, this);
  wait();
  metrics_.handled(static_cast<Code>(status.error_code()),
                   std::chrono::steady_clock::now() - begin_);
  return from_grpc(status);
}

}  // namespace mnemo::rpc
