// SPDX-License-Identifier: Apache-2.0
//
// What bench/compare/store needs beside the store itself: a client that takes Series answers
// without looking into them, a server that streams frames of given sizes out of memory, and
// uploads.
#include "modes.hpp"
#include "objstore/config.hpp"
#include "rpc/messages.hpp"

#include <mnemo/bucket.hpp>
#include <mnemo/executor.hpp>
#include <mnemo/matcher.hpp>

#include <fmt/format.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace mnemo;
using namespace mnemo::bench;

constexpr char kSeriesMethod[] = "/thanos.Store/Series";
/// What the client of the library lets a stream be ahead.
constexpr int kWindowBytes = 2 << 20;
/// The frames of the bare server come from as much memory, one after the other.
constexpr size_t kFrameBytes = 64 << 20;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

grpc::ByteBuffer to_buffer(const std::string& bytes) {
  grpc::Slice slice(bytes);
  return {&slice, 1};
}

/// One Series call on a connection of its own.
struct Pull {
  std::vector<uint32_t> sizes;  // of the frames
  double seconds = 0;
  double first = 0;  // until the first frame
  Status status;

  void run(const std::string& address, const std::string& request) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, kWindowBytes);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    auto channel =
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
    channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(10));
    grpc::GenericStub stub(channel);
    auto start = std::chrono::steady_clock::now();
    grpc::CompletionQueue queue;
    grpc::ClientContext context;
    auto next = [&] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    context.set_initial_metadata_corked(true);
    auto call = stub.PrepareCall(&context, kSeriesMethod, &queue);
    call->StartCall(this);
    call->WriteLast(to_buffer(request), grpc::WriteOptions(), this);
    next();
    grpc::ByteBuffer frame;
    for (;;) {
      call->Read(&frame, this);
      if (!next()) break;
      if (sizes.empty()) first = seconds_since(start);
      sizes.push_back(static_cast<uint32_t>(frame.Length()));
      frame.Clear();
    }
    grpc::Status end;
    call->Finish(&end, this);
    next();
    seconds = seconds_since(start);
    if (!end.ok()) status = Status::unavailable(end.error_message());
    queue.Shutdown();
    while (next()) {
    }
  }
};

Status write_sizes(const std::string& path, const std::vector<uint32_t>& sizes) {
  std::ofstream file(path);
  for (auto size : sizes) file << size << '\n';
  file.close();
  return file ? Status() : Status::internal("cannot write " + path);
}

/// pull ADDRESS LABEL REGEX MIN MAX BATCH CALLS SIZES: so many equal Series calls at once; the
/// sizes of the frames of the first go to the file SIZES, unless that is "-".
Status pull(const std::vector<std::string>& args) {
  SeriesRequest request;
  MNEMO_TRY(auto matcher, Matcher::make(MatchType::kRegex, args[1], args[2]));
  request.matchers.push_back(std::move(matcher));
  request.range = {std::stoll(args[3]), std::stoll(args[4])};
  request.response_batch_size = std::stoll(args[5]);
  auto encoded = rpc::encode(request);
  std::vector<Pull> pulls(std::stoull(args[6]));
  auto start = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (auto& each : pulls) {
      threads.emplace_back([&] { each.run(args[0], encoded); });
    }
  }
  double wall = seconds_since(start);
  uint64_t bytes = 0;
  uint64_t frames = 0;
  double slowest = 0;
  for (const auto& each : pulls) {
    MNEMO_RETURN_IF_ERROR(each.status);
    for (auto size : each.sizes) bytes += size;
    frames += each.sizes.size();
    slowest = std::max(slowest, each.seconds);
  }
  if (args[7] != "-") MNEMO_RETURN_IF_ERROR(write_sizes(args[7], pulls.front().sizes));
  fmt::print("{{\"bytes\": {}, \"frames\": {}, \"seconds\": {}, \"first\": {}, \"wall\": {}}}\n",
             bytes, frames, slowest, pulls.front().first, wall);
  return {};
}

/// Writes frames of the given sizes, the next one as soon as gRPC has taken the last.
class BareCall final : public grpc::ServerGenericBidiReactor {
 public:
  BareCall(const std::vector<uint32_t>& sizes, const std::vector<uint8_t>& memory)
      : sizes_(sizes), memory_(memory) {
    StartRead(&request_);
  }

  void OnReadDone(bool) override { write_next(); }
  void OnWriteDone(bool ok) override {
    if (ok) return write_next();
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void write_next() {
    if (next_ == sizes_.size()) return Finish(grpc::Status::OK);
    size_t size = sizes_[next_++];
    if (at_ + size > memory_.size()) at_ = 0;
    grpc::Slice slice(memory_.data() + at_, size, grpc::Slice::STATIC_SLICE);
    at_ += size;
    frame_ = grpc::ByteBuffer(&slice, 1);
    StartWrite(&frame_);
  }

  const std::vector<uint32_t>& sizes_;
  const std::vector<uint8_t>& memory_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer frame_;
  size_t next_ = 0;
  size_t at_ = 0;
};

class BareService final : public grpc::CallbackGenericService {
 public:
  explicit BareService(std::vector<uint32_t> sizes) : sizes_(std::move(sizes)) {
    for (size_t i = 0; i < memory_.size(); ++i) memory_[i] = static_cast<uint8_t>(i * 31 >> 3);
  }
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return new BareCall(sizes_, memory_);
  }

 private:
  std::vector<uint32_t> sizes_;
  std::vector<uint8_t> memory_ = std::vector<uint8_t>(kFrameBytes);
};

/// serve SIZES: prints its address, answers every call with frames of these sizes, until its
/// standard input ends.
Status serve(const std::vector<std::string>& args) {
  std::ifstream file(args[0]);
  std::vector<uint32_t> sizes;
  for (uint32_t size = 0; file >> size;) {
    if (size > kFrameBytes) return Status::invalid_argument("a frame of more than 64 MiB");
    sizes.push_back(size);
  }
  BareService service(std::move(sizes));
  int port = 0;
  grpc::ServerBuilder builder;
  builder.SetMaxSendMessageSize(-1);
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterCallbackGenericService(&service);
  auto server = builder.BuildAndStart();
  if (!server) return Status::unavailable("cannot listen");
  fmt::print("127.0.0.1:{}\n", port);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  server->Shutdown();
  return {};
}

/// upload CONFIG FOLDER: puts every file below the folder into the bucket of a configuration file.
Status upload(const std::vector<std::string>& args) {
  std::ifstream file(args[0]);
  std::string yaml(std::istreambuf_iterator<char>(file), {});
  BucketEnvironment environment;
  environment.executor = make_thread_pool(4);
  MNEMO_TRY(auto bucket, make_bucket_from_config(yaml, environment));
  for (const auto& entry : std::filesystem::recursive_directory_iterator(args[1])) {
    if (!entry.is_regular_file()) continue;
    auto name = entry.path().lexically_relative(args[1]).string();
    MNEMO_RETURN_IF_ERROR(bucket->put_file(Context(), name, entry.path()));
  }
  return {};
}

constexpr Mode kModes[] = {{"pull", 8, pull}, {"serve", 1, serve}, {"upload", 2, upload}};

}  // namespace

int main(int argc, char** argv) {
  return run_mode(kModes, argc, argv,
                  "usage: pull ADDRESS LABEL REGEX MIN MAX BATCH CALLS SIZES\n"
                  "       serve SIZES\n"
                  "       upload CONFIG FOLDER\n");
}
