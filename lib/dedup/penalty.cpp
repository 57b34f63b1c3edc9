// SPDX-License-Identifier: Apache-2.0
// Bounded by reading the columns in order: two replicas (by far the commonest) are one loop over
// arrays, every further replica adds one comparison a sample.
#include "dedup/penalty.hpp"

#include "model/unlinked.hpp"

#include <mnemo/time_range.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mnemo {
namespace {

constexpr int64_t kNoTime = kMinTime;
constexpr int64_t kInitialPenalty = 5000;  // milliseconds

enum class Kind { kNone, kFloat, kHistogram };

/// One replica and where it is read.
struct Replica {
  const SampleColumn* column = nullptr;
  size_t at = 0;
  double lift = 0;

  Kind kind() const {
    if (at >= column->size()) return Kind::kNone;
    return column->histogram(at) == nullptr ? Kind::kFloat : Kind::kHistogram;
  }
  int64_t time() const { return column->times[at]; }
  double value() const { return column->values[at] + lift; }
  void seek(int64_t time) {
    const auto& times = column->times;
    while (at < times.size() && times[at] < time) ++at;
  }
};

/// The choice between what all replicas before a replica make together (a) and that replica (b).
struct Pair {
  Kind a_kind = Kind::kNone;
  Kind b_kind = Kind::kNone;
  int64_t last_time = kNoTime;
  int64_t a_penalty = 0;
  int64_t b_penalty = 0;
  bool use_a = true;
};

/// Every replica, folded pairwise. A level is one replica (0) or the pair of level - 1 and the
/// replica of that number.
class Fold {
 public:
  Fold(std::span<const SampleColumn> replicas, DedupKind kind)
      : pairs_(replicas.size()), is_counter_(kind == DedupKind::kCounter) {
    for (const auto& column : replicas) replicas_.push_back({&column, 0, 0});
    for (size_t level = 1; level < replicas_.size(); ++level) {
      pairs_[level].a_kind = level == 1 ? replicas_[0].kind() : next(level - 1);
      pairs_[level].b_kind = replicas_[level].kind();
    }
  }

  void run(SampleColumn& out) {
    size_t top = replicas_.size() - 1;
    size_t previous_replica = top + 1;
    size_t previous_at = 0;
    while (next(top) != Kind::kNone) {
      size_t chosen = replica_of(top);
      const Replica& replica = replicas_[chosen];
      bool linked = out.empty() || (chosen == previous_replica && replica.at == previous_at + 1);
      append(replica, linked, out);
      previous_replica = chosen;
      previous_at = replica.at;
    }
  }

 private:
  static void append(const Replica& replica, bool linked, SampleColumn& out) {
    if (linked) {
      out.append_from(*replica.column, replica.at);
    } else {
      append_unlinked(out, *replica.column, replica.at);
    }
    // Adding zero would change -0 and the bits of stale markers.
    if (replica.lift != 0 && replica.kind() == Kind::kFloat) out.values.back() += replica.lift;
  }

  size_t replica_of(size_t level) const {
    while (level > 0 && pairs_[level].use_a) --level;
    return level;
  }
  int64_t time(size_t level) const { return replicas_[replica_of(level)].time(); }
  double value(size_t level) const { return replicas_[replica_of(level)].value(); }

  Kind kind(size_t level) const { return replicas_[replica_of(level)].kind(); }

  /// Moves to the first sample at or after `t`, sample by sample, so that no gap is missed.
  Kind seek(size_t level, int64_t t) {
    if (level == 0) {
      replicas_[0].seek(t);
      return replicas_[0].kind();
    }
    while (time(level) < t) {
      if (next(level) == Kind::kNone) return Kind::kNone;
    }
    return kind(level);
  }

  Kind next(size_t level) {
    Pair& pair = pairs_[level];
    bool used_a = pair.use_a;
    bool had_float = (pair.use_a ? pair.a_kind : pair.b_kind) == Kind::kFloat;
    double last_value = had_float && is_counter_ ? value(level) : 0;
    Kind chosen = choose(level, pair);
    if (is_counter_ && had_float && pair.use_a != used_a) lift(level, last_value);
    return chosen;
  }

  Kind choose(size_t level, Pair& pair) {
    Replica& b = replicas_[level];
    if (pair.last_time == kMaxTime) pair.a_kind = pair.b_kind = Kind::kNone;
    if (pair.a_kind != Kind::kNone) {
      pair.a_kind = seek(level - 1, after(pair.last_time, pair.a_penalty));
    }
    if (pair.b_kind != Kind::kNone) {
      b.seek(after(pair.last_time, pair.b_penalty));
      pair.b_kind = b.kind();
    }
    if (pair.a_kind == Kind::kNone && pair.b_kind == Kind::kNone) {
      pair.use_a = false;
      return Kind::kNone;
    }
    int64_t a_time = pair.a_kind == Kind::kNone ? 0 : time(level - 1);
    int64_t b_time = pair.b_kind == Kind::kNone ? 0 : b.time();
    bool both = pair.a_kind != Kind::kNone && pair.b_kind != Kind::kNone;
    pair.use_a = both ? a_time <= b_time : pair.b_kind == Kind::kNone;
    int64_t chosen_time = pair.use_a ? a_time : b_time;
    (pair.use_a ? pair.a_penalty : pair.b_penalty) = 0;
    if (both) {
      // A multiple of the last distance keeps what was not chosen from sneaking in between.
      int64_t penalty =
          pair.last_time == kNoTime ? kInitialPenalty : twice_between(pair.last_time, chosen_time);
      (pair.use_a ? pair.b_penalty : pair.a_penalty) = penalty;
    }
    pair.last_time = chosen_time;
    return pair.use_a ? pair.a_kind : pair.b_kind;
  }

  /// The first time that may follow `last_time`.
  static int64_t after(int64_t last_time, int64_t penalty) {
    return last_time > kMaxTime - 1 - penalty ? kMaxTime : last_time + 1 + penalty;
  }

  /// At most what a time can be.
  static int64_t twice_between(int64_t earlier, int64_t later) {
    auto distance = static_cast<uint64_t>(later) - static_cast<uint64_t>(earlier);
    return distance > kMaxTime / 2 ? kMaxTime : static_cast<int64_t>(2 * distance);
  }

  /// Lifts whatever stands below `last_value` under this level.
  void lift(size_t level, double last_value) {
    for (; level > 0; --level) {
      if (pairs_[level].b_kind == Kind::kFloat) lift_replica(replicas_[level], last_value);
      if (pairs_[level].a_kind != Kind::kFloat) return;
    }
    lift_replica(replicas_[0], last_value);
  }

  static void lift_replica(Replica& replica, double last_value) {
    if (last_value > replica.value()) replica.lift += last_value - replica.value();
  }

  std::vector<Replica> replicas_;
  std::vector<Pair> pairs_;
  bool is_counter_;
};

}  // namespace

bool is_counter_function(std::string_view function) {
  return function == "increase" || function == "rate" || function == "irate" ||
         function == "resets";
}

void deduplicate_by_penalty(std::span<const SampleColumn> replicas, DedupKind kind,
                            SampleColumn& out) {
  out.clear();
  if (replicas.empty()) return;
  if (replicas.size() == 1) {
    out = replicas[0];
    return;
  }
  size_t longest = 0;
  for (const auto& replica : replicas) longest = std::max(longest, replica.size());
  out.times.reserve(longest);
  out.values.reserve(longest);
  Fold(replicas, kind).run(out);
}

}  // namespace mnemo
