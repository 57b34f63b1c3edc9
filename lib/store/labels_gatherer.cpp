// SPDX-License-Identifier: Apache-2.0
#include "store/labels_gatherer.hpp"

#include "store/series_stream.hpp"

#include <algorithm>

namespace mnemo {

Status LabelsGatherer::add(Result<LabelsResponse> response, std::string_view failure_context) {
  std::lock_guard lock(mutex_);
  if (response.ok()) {
    for (auto& warning : response->warnings) append_unique(warnings_, std::move(warning));
    sets_.push_back(std::move(response->values));
    return {};
  }
  auto status = std::move(response).status();
  if (!failure_context.empty()) status = std::move(status).with_context(failure_context);
  if (partial_response_ == PartialResponse::kAbort) return status;
  append_unique(warnings_, status.message());
  return {};
}

LabelsResponse LabelsGatherer::take(int64_t limit, const std::vector<std::string>& without) {
  std::lock_guard lock(mutex_);
  auto values = merge_texts(std::move(sets_), 0);
  std::erase_if(values, [&](const std::string& value) {
    return std::find(without.begin(), without.end(), value) != without.end();
  });
  if (limit > 0 && values.size() > static_cast<uint64_t>(limit)) {
    values.resize(static_cast<size_t>(limit));
  }
  return {std::move(values), std::move(warnings_)};
}

}  // namespace mnemo
