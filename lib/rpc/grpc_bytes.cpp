// SPDX-License-Identifier: Apache-2.0
#include "rpc/grpc_bytes.hpp"

#include <grpcpp/support/slice.h>

#include <array>
#include <memory>

namespace mnemo::rpc {

Result<Bytes> to_bytes(const grpc::ByteBuffer& buffer) {
  auto slice = std::make_shared<grpc::Slice>();
  if (!buffer.TrySingleSlice(slice.get()).ok() && !buffer.DumpToSingleSlice(slice.get()).ok()) {
    return Status::internal("gRPC gave a message without bytes");
  }
  std::span<const uint8_t> data(slice->begin(), slice->size());
  return Bytes(data, std::move(slice));
}

void fill_buffer(grpc::ByteBuffer& buffer, std::string body, std::string_view header) {
  auto* owner = new std::string(std::move(body));
  std::array<grpc::Slice, 2> slices = {
      grpc::Slice(header.data(), header.size()),
      grpc::Slice(
          owner->data(), owner->size(), [](void* text) { delete static_cast<std::string*>(text); },
          owner),
  };
  size_t first = header.empty() ? 1 : 0;
  grpc::ByteBuffer filled(slices.data() + first, slices.size() - first);
  buffer.Swap(&filled);
}

grpc::ByteBuffer to_buffer(std::string body) {
  grpc::ByteBuffer buffer;
  fill_buffer(buffer, std::move(body));
  return buffer;
}

std::chrono::system_clock::time_point to_system_time(Context::Clock::time_point time) {
  using std::chrono::system_clock;
  auto left = time - Context::Clock::now();
  auto now = system_clock::now();
  if (left > system_clock::time_point::max() - now) return system_clock::time_point::max();
  return now + std::chrono::duration_cast<system_clock::duration>(left);
}

std::optional<Context::Clock::time_point> to_steady_time(
    std::chrono::system_clock::time_point time) {
  constexpr auto kNoDeadline = std::chrono::hours(24 * 365);
  auto left = time - std::chrono::system_clock::now();
  if (left > kNoDeadline) return std::nullopt;
  return Context::Clock::now() + left;
}

}  // namespace mnemo::rpc
