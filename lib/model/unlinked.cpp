// SPDX-License-Identifier: Apache-2.0
#include "model/unlinked.hpp"

#include <memory>

namespace mnemo {

void append_unlinked(SampleColumn& out, const SampleColumn& from, size_t i) {
  out.append_from(from, i);
  const FloatHistogram* histogram = from.histogram(i);
  if (histogram == nullptr || histogram->counter_reset_hint == CounterResetHint::kUnknown ||
      histogram->counter_reset_hint == CounterResetHint::kGauge) {
    return;
  }
  auto copy = std::make_shared<FloatHistogram>(*histogram);
  copy->counter_reset_hint = CounterResetHint::kUnknown;
  out.histograms.back() = std::move(copy);
}

}  // namespace mnemo
