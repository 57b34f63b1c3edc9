// SPDX-License-Identifier: Apache-2.0
#include "store/call_scope.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mnemo {
namespace {

class ScopedStream final : public SeriesStream {
 public:
  ScopedStream(std::unique_ptr<CallScope> scope, std::unique_ptr<SeriesStream> source)
      : scope_(std::move(scope)), source_(std::move(source)) {}
  ~ScopedStream() override { scope_->stop(); }
  ScopedStream(const ScopedStream&) = delete;
  ScopedStream& operator=(const ScopedStream&) = delete;

  Result<bool> next(Series& series) override { return source_->next(series); }
  const std::vector<std::string>& warnings() const override { return source_->warnings(); }
  std::vector<std::string> queried_blocks() const override { return source_->queried_blocks(); }

 private:
  std::unique_ptr<CallScope> scope_;
  std::unique_ptr<SeriesStream> source_;
};

}  // namespace

std::unique_ptr<SeriesStream> make_scoped_stream(std::unique_ptr<CallScope> scope,
                                                 std::unique_ptr<SeriesStream> source) {
  return std::make_unique<ScopedStream>(std::move(scope), std::move(source));
}

}  // namespace mnemo
