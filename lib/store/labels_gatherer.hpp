// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>
#include <mnemo/store.hpp>

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// Gathers the answers of several sources to a call for label names or values. Thread-safe.
class LabelsGatherer {
 public:
  explicit LabelsGatherer(PartialResponse partial_response) : partial_response_(partial_response) {}

  /// A failure is kept as a warning (OK is returned), or returned where the request aborts;
  /// `failure_context`, if not empty, is put before it.
  Status add(Result<LabelsResponse> response, std::string_view failure_context = {});

  /// The sorted union, less `without`, at most `limit` (0: all).
  LabelsResponse take(int64_t limit, const std::vector<std::string>& without = {});

 private:
  PartialResponse partial_response_;
  std::mutex mutex_;
  std::vector<std::vector<std::string>> sets_;
  std::vector<std::string> warnings_;
};

}  // namespace mnemo
