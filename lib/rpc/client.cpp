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

constexpr std::chrono::milliseconds kWhyTimeout{50};

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

/// What the last Info call told; outlives channels.
struct LastInfo {
  std::mutex mutex;
  StoreInfo info;  // guarded by mutex
};

/// A channel with one set of certificates, and what calls on it need.
struct GrpcStore::Channel {
  Channel(const GrpcStoreOptions& options, std::shared_ptr<const PemTexts> pem,
          std::shared_ptr<LastInfo> info_there)
      : address(options.address),
        texts(std::move(pem)),
        last_info(std::move(info_there)),
        has_tls(options.tls.has_value()),
        cert_file(has_tls ? options.tls->cert_file : std::string()),
        stub(grpc::CreateCustomChannel(options.address,
                                       make_channel_credentials(options.tls, *texts),
                                       channel_arguments(options))),
        series(options.metrics, CallSide::kClient, "/thanos.Store/Series", "server_stream"),
        label_names(options.metrics, CallSide::kClient, "/thanos.Store/LabelNames", "unary"),
        label_values(options.metrics, CallSide::kClient, "/thanos.Store/LabelValues", "unary"),
        info(options.metrics, CallSide::kClient, "/thanos.info.Info/Info", "unary") {}

  Status with_address(Status status) const {
    return explained(std::move(status)).with_context(address);
  }

  Status explained(Status status) const {
    // An ingress that takes no request without a certificate of its liking answers as HTTP does.
    bool is_refusal = status.message().find("http2 header with status: 4") != std::string::npos;
    if (!has_tls || (status.code() != Code::kUnavailable && !is_refusal)) return status;
    auto hint = what_may_be_wrong();
    if (hint.empty() && is_refusal) {
      hint = " (the server may not accept the client certificate " + cert_file + ")";
    }
    return {status.code(), status.message() + hint};
  }

  /// A server that refuses a client's certificate says so after the handshake, often by closing the
  /// connection alone; what can be known here is more.
  std::string what_may_be_wrong() const {
    if (cert_file.empty()) return " (no client certificate is configured; the server may want one)";
    auto fault = validity_fault(texts->cert);
    return fault ? " (the client certificate " + cert_file + " " + *fault + ")" : std::string();
  }

  Result<LabelsResponse> labels(const Context& context, const std::string& method,
                                std::string request, CallMetrics& metrics) {
    UnaryCall call(stub, method, std::move(request), context, WhenDown::kFail, metrics);
    auto answer = call.wait();
    if (!answer) return with_address(answer.status());
    return decode_labels_response(*answer).with_context(address);
  }

  std::string address;
  std::shared_ptr<const PemTexts> texts;
  std::shared_ptr<LastInfo> last_info;
  bool has_tls;
  std::string cert_file;
  grpc::GenericStub stub;
  CallMetrics series;
  CallMetrics label_names;
  CallMetrics label_values;
  CallMetrics info;
};

/// The channel of the newest certificates.
struct GrpcStore::State {
  GrpcStoreOptions options;
  std::shared_ptr<PemWatch> watch;  // null without TLS
  std::shared_ptr<LastInfo> last_info = std::make_shared<LastInfo>();
  std::mutex mutex;
  std::shared_ptr<Channel> newest;  // guarded by mutex

  std::shared_ptr<Channel> channel() {
    auto texts = watch ? watch->current() : std::make_shared<const PemTexts>();
    std::lock_guard lock(mutex);
    if (!newest || (watch && newest->texts != texts)) {
      newest = std::make_shared<Channel>(options, std::move(texts), last_info);
    }
    return newest;
  }
};

class GrpcStore::PendingInfo final : public InfoCall {
 public:
  PendingInfo(std::shared_ptr<Channel> channel, const Context& context)
      : channel_(std::move(channel)),
        call_(channel_->stub, "/thanos.info.Info/Info", {}, context, WhenDown::kWait,
              channel_->info) {}

  Result<EndpointInfo> wait() override {
    auto answer = call_.wait();
    if (!answer) return channel_->with_address(why(answer.status()));
    MNEMO_TRY(auto info, decode_endpoint_info(*answer).with_context(channel_->address));
    std::lock_guard lock(channel_->last_info->mutex);
    channel_->last_info->info = info.store;
    return info;
  }

 private:
  /// Time that ran out while connecting says nothing; a call that doesn't wait fails with the
  /// reason of the last attempt.
  Status why(Status status) {
    if (status.code() != Code::kDeadlineExceeded) return status;
    UnaryCall call(channel_->stub, "/thanos.info.Info/Info", {},
                   Context().with_timeout(kWhyTimeout), WhenDown::kFail, channel_->info);
    auto reason = call.wait().status();
    if (reason.code() != Code::kUnavailable) return status;
    return {status.code(), status.message() + ": " + channel_->explained(reason).message()};
  }

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
  auto state = std::make_unique<State>();
  state->options = options;
  if (options.tls) {
    MNEMO_TRY(state->watch, watch_client_files(*options.tls, options.logger));
  }
  return std::shared_ptr<GrpcStore>(new GrpcStore(std::move(state)));
}

GrpcStore::GrpcStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
GrpcStore::~GrpcStore() = default;

std::unique_ptr<InfoCall> GrpcStore::start_info(const Context& context) {
  return std::make_unique<PendingInfo>(state_->channel(), context);
}

StoreInfo GrpcStore::info() {
  std::lock_guard lock(state_->last_info->mutex);
  return state_->last_info->info;
}

Result<std::unique_ptr<SeriesStream>> GrpcStore::series(const Context& context,
                                                        const SeriesRequest& request) {
  return {std::make_unique<Stream>(state_->channel(), context, request)};
}

Result<LabelsResponse> GrpcStore::label_names(const Context& context,
                                              const LabelNamesRequest& request) {
  auto channel = state_->channel();
  return channel->labels(context, "/thanos.Store/LabelNames", encode(request),
                         channel->label_names);
}

Result<LabelsResponse> GrpcStore::label_values(const Context& context,
                                               const LabelValuesRequest& request) {
  auto channel = state_->channel();
  return channel->labels(context, "/thanos.Store/LabelValues", encode(request),
                         channel->label_values);
}

}  // namespace mnemo::rpc
