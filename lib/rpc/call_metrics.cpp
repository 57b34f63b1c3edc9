// SPDX-License-Identifier: Apache-2.0
#include "rpc/call_metrics.hpp"

namespace mnemo::rpc {
namespace {

/// Go's spelling of the codes.
std::string code_label(Code code) {
  return code == Code::kCancelled ? "Canceled" : std::string(code_name(code));
}

}  // namespace

CallMetrics::CallMetrics(std::shared_ptr<Metrics> metrics, CallSide side, const std::string& method,
                         const std::string& type)
    : metrics_(std::move(metrics)),
      prefix_(side == CallSide::kServer ? "grpc_server_" : "grpc_client_"),
      side_(side == CallSide::kServer ? "server" : "client") {
  if (!metrics_) return;
  size_t slash = method.rfind('/');
  labels_ = {{"grpc_service", method.substr(1, slash - 1)},
             {"grpc_method", method.substr(slash + 1)},
             {"grpc_type", type}};
  static const std::vector<double> buckets = {0.001, 0.01, 0.1, 0.3, 0.6, 1,  3,
                                              6,     9,    20,  30,  60,  90, 120};
  started_ = &metrics_->counter(prefix_ + "started_total",
                                "Total number of RPCs started on the " + side_ + ".", labels_);
  sent_ = &metrics_->counter(prefix_ + "msg_sent_total",
                             "Total number of gRPC stream messages sent by the " + side_ + ".",
                             labels_);
  received_ = &metrics_->counter(
      prefix_ + "msg_received_total",
      "Total number of gRPC stream messages received by the " + side_ + ".", labels_);
  seconds_ = &metrics_->histogram(
      prefix_ + "handling_seconds",
      "Histogram of response latency (seconds) of gRPC that had been handled by the " + side_ + ".",
      buckets, labels_);
  if (side == CallSide::kClient) return;
  // A rate sees the first failure only of a counter that was there before.
  for (int code = 0; code <= static_cast<int>(Code::kUnauthenticated); ++code) {
    handled_counter(static_cast<Code>(code));
  }
}

Counter& CallMetrics::handled_counter(Code code) {
  auto labels = labels_;
  labels["grpc_code"] = code_label(code);
  return metrics_->counter(
      prefix_ + "handled_total",
      "Total number of RPCs completed on the " + side_ + ", regardless of success or failure.",
      labels);
}

void CallMetrics::started() {
  if (started_ != nullptr) started_->increment();
}

void CallMetrics::message_sent() {
  if (sent_ != nullptr) sent_->increment();
}

void CallMetrics::message_received() {
  if (received_ != nullptr) received_->increment();
}

void CallMetrics::handled(Code code, std::chrono::steady_clock::duration took) {
  if (!metrics_) return;
  handled_counter(code).increment();
  seconds_->observe(std::chrono::duration<double>(took).count());
}

}  // namespace mnemo::rpc
