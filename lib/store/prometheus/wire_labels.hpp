// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/labels.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <span>
#include <vector>

namespace mnemo {

/// Collects the labels of one series from prometheus.Label messages, which should come sorted but
/// may not. The messages must live until `take`.
class WireLabels {
 public:
  /// Errors: DataLoss (malformed, no name).
  Status add(std::span<const uint8_t> message);
  Labels take() const;

 private:
  std::vector<LabelView> labels_;
  bool sorted_ = true;
};

}  // namespace mnemo
