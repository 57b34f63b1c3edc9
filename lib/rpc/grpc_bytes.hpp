// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <string>

// Between gRPC's types and ours. Only this floor's .cpp files include it.

namespace mnemo::rpc {

/// A received message. It is copied only where gRPC holds it in several pieces.
Result<Bytes> to_bytes(const grpc::ByteBuffer& buffer);

/// Makes `buffer` a message to send, without a copy; `header` (small) goes before `body`.
void fill_buffer(grpc::ByteBuffer& buffer, std::string body, std::string_view header = {});
grpc::ByteBuffer to_buffer(std::string body);

inline Status from_grpc(const grpc::Status& status) {
  return status.ok() ? Status()
                     : Status(static_cast<Code>(status.error_code()), status.error_message());
}

inline grpc::Status to_grpc(const Status& status) {
  if (status.ok()) return {};
  return {static_cast<grpc::StatusCode>(status.code()), status.message()};
}

/// gRPC's deadlines are of the system clock, ours of the steady one.
std::chrono::system_clock::time_point to_system_time(Context::Clock::time_point time);
std::optional<Context::Clock::time_point> to_steady_time(
    std::chrono::system_clock::time_point time);

}  // namespace mnemo::rpc
