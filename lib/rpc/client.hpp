// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rpc/messages.hpp"
#include "rpc/tls.hpp"

#include <mnemo/log.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/status.hpp>
#include <mnemo/store.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace mnemo::rpc {

struct GrpcStoreOptions {
  std::string address = {};  // "host:port", "1.2.3.4:10901", "[::1]:10901"
  /// The host that the address was found for, where it was: what TLS checks and calls name as
  /// authority. `tls->server_name` wins over it.
  std::string server_name = {};
  std::optional<TlsClientOptions> tls = {};
  /// Messages larger than this are refused with ResourceExhausted.
  uint64_t max_message_bytes = 256 << 20;
  /// What a server may send ahead of the reader of one stream, a little more than which is what a
  /// stream takes in memory.
  uint64_t stream_window_bytes = 2 << 20;
  std::chrono::milliseconds keepalive_time{10000};
  std::chrono::milliseconds keepalive_timeout{5000};
  std::shared_ptr<Metrics> metrics = {};  // may be null
  std::shared_ptr<Logger> logger = {};    // of changes of certificates; may be null
};

/// A call of Info that is under way. Not thread-safe; destroying it cancels the call.
class InfoCall {
 public:
  virtual ~InfoCall() = default;
  /// Blocks until the answer is there or the call's context ends.
  virtual Result<EndpointInfo> wait() = 0;
};

/// A store at the other end of a gRPC channel (StoreAPI).
///
/// Thread-safe. Ownership: streams keep the channel alive.
/// Calls end with their `Context`; a stream reads from the network only as it is pulled, beyond a
/// window of fixed size. Whatever a peer sends that isn't a proper frame is DataLoss.
/// Chunks share the memory of the frame that they came in.
class GrpcStore final : public Store {
 public:
  /// Doesn't connect yet: the first call does, and any call does again after a failure.
  /// Errors: InvalidArgument (certificates).
  static Result<std::shared_ptr<GrpcStore>> create(const GrpcStoreOptions& options);
  ~GrpcStore() override;

  /// Begins to ask for the endpoint's info, waiting for the connection as long as `context` allows.
  std::unique_ptr<InfoCall> start_info(const Context& context);

  /// What the last successful Info call told; nothing (all time, no labels) before one.
  StoreInfo info() override;
  Result<std::unique_ptr<SeriesStream>> series(const Context& context,
                                               const SeriesRequest& request) override;
  Result<LabelsResponse> label_names(const Context& context,
                                     const LabelNamesRequest& request) override;
  Result<LabelsResponse> label_values(const Context& context,
                                      const LabelValuesRequest& request) override;

 private:
  struct Channel;
  struct State;
  class PendingInfo;
  class Stream;
  explicit GrpcStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mnemo::rpc
