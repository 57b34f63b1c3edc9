// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

namespace mnemo {

/// A sum with Neumaier's compensation, in the steps in which Prometheus takes them.
struct KahanSum {
  double sum = 0;
  double compensation = 0;

  void add(double value) {
    double total = sum + value;
    if (total > std::numeric_limits<double>::max() || total < -std::numeric_limits<double>::max()) {
      compensation = 0;
    } else if (std::fabs(sum) >= std::fabs(value)) {
      compensation += (sum - total) + value;
    } else {
      compensation += (value - total) + sum;
    }
    sum = total;
  }
  double total() const { return sum + compensation; }
};

/// A mean over values that come one by one: their sum by their count until the sum would overflow,
/// and incrementally from there on.
struct KahanMean {
  KahanSum sum;
  double mean = 0;
  double count = 0;
  bool incremental = false;

  void add(double value) {
    count += 1;
    if (count == 1) {
      sum = {value, 0};
      return;
    }
    if (!incremental) {
      KahanSum next = sum;
      next.add(value);
      if (!std::isinf(next.sum)) {
        sum = next;
        return;
      }
      incremental = true;
      mean = sum.sum / (count - 1);
      sum.compensation /= count - 1;
    }
    double q = (count - 1) / count;
    KahanSum next{q * mean, q * sum.compensation};
    next.add(value / count);
    mean = next.sum;
    sum.compensation = next.compensation;
  }
  double value() const {
    if (incremental) return mean + sum.compensation;
    return sum.sum / count + sum.compensation / count;
  }
};

}  // namespace mnemo
