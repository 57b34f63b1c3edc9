// SPDX-License-Identifier: Apache-2.0
#include "store/partial_stream.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mnemo {
namespace {

class PartialStream final : public SeriesStream {
 public:
  PartialStream(const Context& context, std::unique_ptr<SeriesStream> source,
                PartialResponse partial_response, std::function<void(const Status&)> on_failure)
      : context_(context),
        source_(std::move(source)),
        partial_response_(partial_response),
        on_failure_(std::move(on_failure)) {}

  Result<bool> next(Series& series) override {
    if (ended_) return false;
    auto more = source_->next(series);
    if (more.ok() && *more) return true;
    ended_ = true;
    warnings_ = source_->warnings();
    if (more.ok()) return false;
    MNEMO_RETURN_IF_ERROR(context_.check());
    if (on_failure_) on_failure_(more.status());
    if (partial_response_ == PartialResponse::kAbort) return more;
    warnings_.push_back(more.status().message());
    return false;
  }

  const std::vector<std::string>& warnings() const override { return warnings_; }
  std::vector<std::string> queried_blocks() const override { return source_->queried_blocks(); }

 private:
  Context context_;
  std::unique_ptr<SeriesStream> source_;
  PartialResponse partial_response_;
  std::function<void(const Status&)> on_failure_;
  bool ended_ = false;
  std::vector<std::string> warnings_;
};

}  // namespace

std::unique_ptr<SeriesStream> make_partial_stream(const Context& context,
                                                  std::unique_ptr<SeriesStream> source,
                                                  PartialResponse partial_response,
                                                  std::function<void(const Status&)> on_failure) {
  return std::make_unique<PartialStream>(context, std::move(source), partial_response,
                                         std::move(on_failure));
}

}  // namespace mnemo
