// SPDX-License-Identifier: Apache-2.0
#include "rpc/client.hpp"

#include "rpc/client_call.hpp"
#include "rpc/credentials.hpp"
#include "rpc/series_frame.hpp"

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <limits>
#include <mutex>

namespace mnemo::rpc {
namespace {

int to_int(uint64_t value) {
  return static_cast<int>(std::min<uint64_t>(value, std::numeric_limits<int>::max()));
}

int to_int(std::chrono::milliseconds time) {
  return to_int(static_cast<uint64_t>(std::max<int64_t>(0, time.count())));
}

std::string server_name(const GrpcStoreOptions& options) {
  if (options.tls && !options.tls->server_name.empty()) return options.tls->server_name;
  return options.server_name;
}

grpc::ChannelArguments channel_arguments(const GrpcStoreOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(to_int(options.max_message_bytes));
  arguments.SetMaxSendMessageSize(-1);
  // A window of fixed size: probing would let it grow with the speed of the network.
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, to_int(options.stream_window_bytes));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, to_int(options.keepalive_time));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, to_int(options.keepalive_timeout));
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // An endpoint that is back is found at the next refresh or two.
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  // Connections are not shared with others of this process.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto name = server_name(options);
  if (!name.empty() && options.tls) arguments.SetSslTargetNameOverride(name);
  if (!name.empty()) arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, name);
  return arguments;
}

}  // namespace

struct GrpcStore::Channel {
  Channel(std::shared_ptr<grpc::Channel> channel, const GrpcStoreOptions& options)
      : address(options.address),
        stub(std::move(channel)),
        series(options.metrics, CallSide::kClient, "/thanos.Store/Series", "server_stream"),
        label_names(options.metrics, CallSide::kClient, "/thanos.Store/LabelNames", "unary"),
        label_values(options.metrics, CallSide::kClient, "/thanos.Store/LabelValues", "unary"),
        info(options.metrics, CallSide::kClient, "/thanos.info.Info/Info", "unary") {}

  Status with_address(Status status) const { return std::move(status).with_context(address); }

  Result<LabelsResponse> labels(const Context& context, const std::string& method,
                                std::string request, CallMetrics& metrics) {
    UnaryCall call(stub, method, std::move(request), context, WhenDown::kFail, metrics);
    auto answer = call.wait();
    if (!answer) return with_address(answer.status());
    return decode_labels_response(*answer).with_context(address);
  }

  std::string address;
  grpc::GenericStub stub;
  CallMetrics series;
  CallMetrics label_names;
  CallMetrics label_values;
  CallMetrics info;

  std::mutex mutex;
  StoreInfo last_info;  // guarded by mutex
};

class GrpcStore::PendingInfo final : public InfoCall {
 public:
  PendingInfo(std::shared_ptr<Channel> channel, const Context& context)
      : channel_(std::move(channel)),
        call_(channel_->stub, "/thanos.info.Info/Info", {}, context, WhenDown::kWait,
              channel_->info) {}

  Result<EndpointInfo> wait() override {
    auto answer = call_.wait();
    if (!answer) return channel_->with_address(answer.status());
    MNEMO_TRY(auto info, decode_endpoint_info(*answer).with_context(channel_->address));
    std::lock_guard lock(channel_->mutex);
    channel_->last_info = info.store;
    return info;
  }

 private:
  std::shared_ptr<Channel> channel_;
  UnaryCall call_;
};

class GrpcStore::Stream final : public SeriesStream {
 public:
  Stream(std::shared_ptr<Channel> channel, const Context& context, const SeriesRequest& request)
      : channel_(std::move(channel)),
        call_(channel_->stub, "/thanos.Store/Series", encode(request), context, channel_->series) {}

  Result<bool> next(Series& series) override {
    while (true) {
      auto more = decoder_.next(series);
      if (!more) return channel_->with_address(more.status());
      if (*more) return true;
      auto frame = call_.read();
      if (!frame) return channel_->with_address(frame.status());
      if (!*frame) return false;
      decoder_.start(**std::move(frame));
    }
  }

  const std::vector<std::string>& warnings() const override { return decoder_.warnings(); }
  std::vector<std::string> queried_blocks() const override { return decoder_.queried_blocks(); }

 private:
  std::shared_ptr<Channel> channel_;
  StreamCall call_;
  SeriesFrameDecoder decoder_;
};

Result<std::shared_ptr<GrpcStore>> GrpcStore::create(const GrpcStoreOptions& options) {
  MNEMO_TRY(auto credentials, make_channel_credentials(options.tls));
  auto grpc_channel =
      grpc::CreateCustomChannel(options.address, credentials, channel_arguments(options));
  auto channel = std::make_shared<Channel>(std::move(grpc_channel), options);
  return std::shared_ptr<GrpcStore>(new GrpcStore(std::move(channel)));
}

GrpcStore::GrpcStore(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}
GrpcStore::~GrpcStore() = default;

std::unique_ptr<InfoCall> GrpcStore::start_info(const Context& context) {
  return std::make_unique<PendingInfo>(channel_, context);
}

StoreInfo GrpcStore::info() {
  std::lock_guard lock(channel_->mutex);
  return channel_->last_info;
}

Result<std::unique_ptr<SeriesStream>> GrpcStore::series(const Context& context,
                                                        const SeriesRequest& request) {
  return {std::make_unique<Stream>(channel_, context, request)};
}

Result<LabelsResponse> GrpcStore::label_names(const Context& context,
                                              const LabelNamesRequest& request) {
  return channel_->labels(context, "/thanos.Store/LabelNames", encode(request),
                          channel_->label_names);
}

Result<LabelsResponse> GrpcStore::label_values(const Context& context,
                                               const LabelValuesRequest& request) {
  return channel_->labels(context, "/thanos.Store/LabelValues", encode(request),
                          channel_->label_values);
}

}  // namespace mnemo::rpc
