// SPDX-License-Identifier: Apache-2.0
#include "store/fanout/member_stream.hpp"

#include "store/external_labels.hpp"
#include "store/fanout/member.hpp"
#include "store/prefetch_stream.hpp"
#include "store/series_stream.hpp"
#include "store/shard.hpp"

namespace mnemo {
namespace {

PrefetchOptions prefetch_options(const FanoutOptions& options) {
  PrefetchOptions prefetch;
  prefetch.executor = options.executor;
  prefetch.max_series = options.prefetch_series;
  prefetch.max_bytes = options.prefetch_bytes;
  prefetch.response_timeout = options.response_timeout;
  return prefetch;
}

PrefetchStream::Opener opener_for(const FanoutMember& member, const SeriesRequest& request) {
  return [store = member.store, request](const Context& context) {
    return store->series(context, request);
  };
}

class MemberStream final : public SeriesStream {
 public:
  MemberStream(const Context& context, FanoutMember member, const SeriesRequest& request,
               const FanoutOptions& options, Counter* empty_responses)
      : context_(context),
        member_(std::move(member)),
        response_timeout_(options.response_timeout),
        partial_response_(request.partial_response),
        shard_(member_.info.supports_sharding ? std::nullopt : request.shard_info),
        empty_responses_(empty_responses),
        source_(context, opener_for(member_, request), prefetch_options(options)) {}

  Result<bool> next(Series& series) override {
    if (ended_) return false;
    while (true) {
      auto more = source_.next(series);
      if (!more.ok()) return end_with_failure(std::move(more).status());
      if (!*more) return end();
      any_ = true;
      if (shard_.matches(series.labels)) return true;
    }
  }

  const std::vector<std::string>& warnings() const override { return warnings_; }
  std::vector<std::string> queried_blocks() const override { return source_.queried_blocks(); }

 private:
  bool aborts() const { return partial_response_ == PartialResponse::kAbort; }

  Result<bool> end() {
    ended_ = true;
    if (!any_ && empty_responses_) empty_responses_->increment();
    warnings_ = source_.warnings();
    if (aborts() && !warnings_.empty()) return Status::aborted(warnings_.front());
    return false;
  }

  Result<bool> end_with_failure(Status status) {
    ended_ = true;
    if (!any_ && empty_responses_) empty_responses_->increment();
    MNEMO_RETURN_IF_ERROR(context_.check());  // the call's own end is no member's failure
    auto described = std::move(status).with_context(failure_context());
    if (aborts()) return described;
    warnings_ = source_.warnings();
    warnings_.push_back(described.message());
    return false;
  }

  std::string failure_context() const {
    switch (source_.failure()) {
      case PrefetchStream::Failure::kOpen:
        return "fetch series for " + store_name() + " " + describe(member_);
      case PrefetchStream::Failure::kTimeout:
        return "failed to receive any data in " + go_duration(response_timeout_) + " from " +
               describe(member_);
      default: return "receive series from " + describe(member_);
    }
  }

  std::string store_name() const {
    auto name = label_sets_to_string(member_.info.label_sets);
    return name.empty() ? "Store Gateway" : name;
  }

  Context context_;
  FanoutMember member_;
  std::chrono::nanoseconds response_timeout_;
  PartialResponse partial_response_;
  ShardMatcher shard_;
  Counter* empty_responses_;
  PrefetchStream source_;
  bool any_ = false;
  bool ended_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace

std::unique_ptr<SeriesStream> open_member_stream(const Context& context, FanoutMember member,
                                                 const SeriesRequest& request,
                                                 const FanoutOptions& options,
                                                 Counter* empty_responses) {
  bool resort =
      !request.without_replica_labels.empty() && !member.info.supports_without_replica_labels;
  std::unique_ptr<SeriesStream> stream =
      std::make_unique<MemberStream>(context, std::move(member), request, options, empty_responses);
  if (!resort) return stream;
  return make_resorting_stream(std::move(stream), request.without_replica_labels,
                               options.max_resort_bytes);
}

}  // namespace mnemo
