// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/metrics.hpp>
#include <mnemo/status.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace mnemo::rpc {

enum class CallSide { kServer, kClient };

/// The counters of one gRPC method, named and labelled as go-grpc-middleware does
/// (grpc_server_started_total, grpc_server_handled_total, ...; grpc_client_* on the other side).
///
/// Thread-safe. Ownership: keeps `metrics` alive, which may be null; then nothing is counted.
class CallMetrics {
 public:
  /// `method` is the path, "/thanos.Store/Series"; `type` is "unary" or "server_stream".
  CallMetrics(std::shared_ptr<Metrics> metrics, CallSide side, const std::string& method,
              const std::string& type);

  void started();
  void message_sent();
  void message_received();
  void handled(Code code, std::chrono::steady_clock::duration took);

 private:
  Counter& handled_counter(Code code);

  std::shared_ptr<Metrics> metrics_;
  std::string prefix_;
  std::string side_;
  Metrics::LabelMap labels_;
  Counter* started_ = nullptr;
  Counter* sent_ = nullptr;
  Counter* received_ = nullptr;
  HistogramMetric* seconds_ = nullptr;
};

}  // namespace mnemo::rpc
