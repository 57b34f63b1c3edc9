// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/executor.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/store.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mnemo {

/// One store behind a fan-out, with what it last said of itself.
struct FanoutMember {
  std::string address;
  std::shared_ptr<Store> store;
  StoreInfo info;
};

/// Gives the members to be asked now. Called once a call, from any thread.
using FanoutMembers = std::function<std::vector<FanoutMember>()>;

struct FanoutOptions {
  /// Members are opened and read here; its concurrency bounds how many are awaited at once. Whoever
  /// made it keeps it until the store and its streams are gone.
  std::shared_ptr<Executor> executor;
  /// Counts `thanos_proxy_store_empty_stream_responses_total`; may be null.
  Metrics* metrics = nullptr;
  std::string component_type = "query";
  /// Longest time a member may take for one series; 0: no limit (`--store.response-timeout`).
  std::chrono::nanoseconds response_timeout{0};
  /// What is read ahead of each member.
  size_t prefetch_series = 64;
  size_t prefetch_bytes = 4U << 20;
  /// Bound for the series of one member that can't leave out replica labels itself.
  size_t max_resort_bytes = 1U << 30;
};

/// A store over other stores, with the semantics of Thanos' proxy: asks the members whose time
/// range, external labels and address can match, concurrently, and merges their answers as they
/// come. A failing member is a warning beside the others' answers, or (PartialResponse::kAbort) the
/// failure of the call.
///
/// Thread-safe. Ownership: holds members only during a call and in the streams it gave out;
/// `executor` and `metrics` must outlive it and its streams.
class FanoutStore final : public Store {
 public:
  FanoutStore(FanoutMembers members, FanoutOptions options);

  /// The union of what the members say.
  StoreInfo info() override;

  /// Errors: InvalidArgument (no matchers), Unavailable (no members, under kAbort).
  Result<std::unique_ptr<SeriesStream>> series(const Context& context,
                                               const SeriesRequest& request) override;
  Result<LabelsResponse> label_names(const Context& context,
                                     const LabelNamesRequest& request) override;
  Result<LabelsResponse> label_values(const Context& context,
                                      const LabelValuesRequest& request) override;

 private:
  FanoutMembers members_;
  FanoutOptions options_;
  Counter* empty_responses_ = nullptr;
};

}  // namespace mnemo
