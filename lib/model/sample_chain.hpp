// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/binary_heap.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace mnemo {

/// A sample of a run of samples. `Run` has size() and time(i).
template <typename Run>
struct SamplePlace {
  const Run* run = nullptr;
  size_t at = 0;

  bool done() const { return at >= run->size(); }
  int64_t time() const { return run->time(at); }
};

template <typename Run>
struct EarlierSample {
  bool operator()(const SamplePlace<Run>& a, const SamplePlace<Run>& b) const {
    return a.time() < b.time();
  }
};

/// Gives the samples of several runs, each in order of time, in order of time and each time once.
/// Of equal times the one that Prometheus gives where chunks overlap, when it reads and when it
/// compacts: it leaves the run that it reads as soon as another is no later.
///
/// Not thread-safe; the runs are kept by the caller.
template <typename Run>
class SampleChain {
 public:
  /// REQUIRES: there is a run.
  explicit SampleChain(std::span<const Run> runs) : others_(EarlierSample<Run>()) {
    current_.run = &runs.front();
    for (const auto& run : runs.subspan(1)) push({&run, 0});
  }

  /// The next sample's place; false at the end.
  bool next(SamplePlace<Run>& place) {
    do {
      if (!step()) return false;
    } while (repeats());
    has_last_ = true;
    last_time_ = current_.time();
    place = current_;
    return true;
  }

 private:
  void push(SamplePlace<Run> place) {
    if (!place.done()) others_.push(place);
  }

  bool step() {
    if (is_started_) ++current_.at;
    is_started_ = true;
    bool stays = !current_.done() &&
                 (others_.empty() || repeats() || current_.time() < others_.top().time());
    if (stays) return true;
    if (others_.empty()) return false;
    push(current_);
    current_ = others_.pop();
    return true;
  }

  bool repeats() const { return has_last_ && current_.time() == last_time_; }

  BinaryHeap<SamplePlace<Run>, EarlierSample<Run>> others_;
  SamplePlace<Run> current_;
  bool is_started_ = false;
  bool has_last_ = false;
  int64_t last_time_ = 0;
};

}  // namespace mnemo
