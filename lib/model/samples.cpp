// SPDX-License-Identifier: Apache-2.0
#include <mnemo/samples.hpp>

namespace mnemo {

void SampleColumn::clear() {
  times.clear();
  values.clear();
  histograms.clear();
  start_times.clear();
}

void SampleColumn::append(int64_t time, double value) {
  times.push_back(time);
  values.push_back(value);
  if (!histograms.empty()) histograms.emplace_back();
  if (!start_times.empty()) start_times.push_back(0);
}

void SampleColumn::append(int64_t time, std::shared_ptr<const FloatHistogram> histogram) {
  if (histograms.empty()) histograms.resize(times.size());
  times.push_back(time);
  values.push_back(histogram->sum);
  histograms.push_back(std::move(histogram));
  if (!start_times.empty()) start_times.push_back(0);
}

void SampleColumn::append_from(const SampleColumn& other, size_t i) {
  int64_t start = other.start_times.empty() ? 0 : other.start_times[i];
  if (other.histogram(i) != nullptr) {
    append(other.times[i], other.histograms[i]);
  } else {
    append(other.times[i], other.values[i]);
  }
  if (start == 0) return;
  if (start_times.empty()) start_times.resize(times.size());
  start_times.back() = start;
}

}  // namespace mnemo
