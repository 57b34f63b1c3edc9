// SPDX-License-Identifier: Apache-2.0
//
// The first pass over the input checks everything, notes where the samples of each range begin and
// end, and holds the samples of as many ranges as memory allows: of a small input, of all. Those
// held are written. Each further pass does the same for what is left, but a range is written where
// its last sample has been read: an input in order of time needs one such pass, whatever its size;
// one that lists the history of series after series needs as many as its encoded samples are larger
// than what may be held.
#include "tsdb/backfill/backfill.hpp"

#include "base/output_files.hpp"
#include "model/openmetrics/parser.hpp"
#include "tsdb/backfill/input.hpp"
#include "tsdb/backfill/range_writer.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace mnemo::tsdb {
namespace {

// The years that RFC 3339 can write.
constexpr int64_t kFirstTime = -62'167'219'200'000;
constexpr int64_t kLastTime = 253'402'300'799'999;

struct Range {
  openmetrics::Position first;
  uint64_t end = 0;      // of the line of the last sample
  uint64_t skipped = 0;  // in which pass it was left for a later one
  bool is_written = false;
  std::unique_ptr<RangeWriter> writer;
};

class Backfill {
 public:
  Backfill(Input& input, const std::filesystem::path& folder, const BackfillOptions& options)
      : input_(input), folder_(folder), options_(options) {}

  Status run();

 private:
  using Ranges = std::map<int64_t, Range>;

  Status first_pass();
  const Range* begin_pass();
  Status further_pass(const openmetrics::Position& from);
  Result<int64_t> time_of(const openmetrics::Parser& parser) const;
  Range& range_of(int64_t time);
  Status append(openmetrics::Parser& parser, Range& range, int64_t time);
  void open(Range& range, uint64_t key);
  bool keep_within_memory();
  Status write(Range& range);
  std::string_view expected_series() const {
    return current_ != ranges_.end() && current_->second.writer
               ? current_->second.writer->expected_series()
               : std::string_view(skipped_series_);
  }

  Input& input_;
  const std::filesystem::path& folder_;
  const BackfillOptions& options_;
  Ranges ranges_;
  Ranges::iterator current_ = ranges_.end();  // that of the last sample
  int64_t current_begin_ = 0;
  // Those with a writer. The last is the first to be dropped: that which began last while nobody
  // knows where ranges end, then that which ends last.
  std::map<uint64_t, Range*> open_;
  std::string skipped_series_;  // that of the last sample that isn't held: it may come again
  uint64_t held_bytes_ = 0;
  uint64_t pass_ = 1;
  uint64_t left_ = 0;  // ranges that the present pass may still write
};

Result<int64_t> Backfill::time_of(const openmetrics::Parser& parser) const {
  auto time = parser.time();
  if (!time) {
    return parser.error("expected timestamp for series " + std::string(parser.series()) +
                        ", got none");
  }
  if (*time >= kFirstTime && *time <= kLastTime) return *time;
  auto when = *time < kFirstTime ? "lies before the year 0" : "lies after the year 9999";
  return parser.error("the timestamp " + std::to_string(*time / 1000) + " " + when +
                      "; OpenMetrics has timestamps in seconds, not in milliseconds");
}

/// The range that a time lies in, made where there is none.
Range& Backfill::range_of(int64_t time) {
  int64_t duration = options_.block_duration;
  bool is_current =
      current_ != ranges_.end() && time >= current_begin_ && time - current_begin_ < duration;
  if (!is_current) {
    int64_t number = time / duration - (time % duration < 0 ? 1 : 0);
    current_ = ranges_.try_emplace(number).first;
    current_begin_ = number * duration;
  }
  return current_->second;
}

void Backfill::open(Range& range, uint64_t key) {
  range.writer = std::make_unique<RangeWriter>(folder_, options_.external_labels);
  open_.emplace(key, &range);
}

Status Backfill::append(openmetrics::Parser& parser, Range& range, int64_t time) {
  auto before = range.writer->held_bytes();
  MNEMO_RETURN_IF_ERROR(range.writer->append(parser, time));
  held_bytes_ += range.writer->held_bytes() - before;
  return {};
}

/// Drops what is held of ranges until the rest is within the limit. False when it dropped some.
bool Backfill::keep_within_memory() {
  if (held_bytes_ <= options_.max_held_bytes || open_.size() <= 1) return true;
  while (held_bytes_ > options_.max_held_bytes && open_.size() > 1) {
    auto last = std::prev(open_.end());
    auto& range = *last->second;
    held_bytes_ -= range.writer->held_bytes();
    range.writer.reset();
    range.skipped = pass_;
    open_.erase(last);
    --left_;
  }
  return false;
}

Status Backfill::write(Range& range) {
  held_bytes_ -= range.writer->held_bytes();
  auto meta = range.writer->finish();
  range.writer.reset();
  range.is_written = true;
  if (!meta.ok()) return meta.status();
  if (options_.on_block) options_.on_block(*meta);
  return {};
}

Status Backfill::first_pass() {
  openmetrics::Parser parser(input_.read_from(0));
  bool may_open = true;
  while (parser.next(expected_series())) {
    MNEMO_TRY(auto time, time_of(parser));
    auto& range = range_of(time);
    if (range.end == 0) {
      range.first = parser.position();
      if (may_open) {
        open(range, range.first.offset);
        ++left_;
      }
    }
    range.end = parser.end_offset();
    if (!range.writer) {
      skipped_series_ = parser.series();
      continue;
    }
    MNEMO_RETURN_IF_ERROR(append(parser, range, time));
    if (!keep_within_memory()) may_open = false;
  }
  MNEMO_RETURN_IF_ERROR(parser.status());
  open_.clear();
  for (auto& [number, range] : ranges_) {
    if (range.writer) MNEMO_RETURN_IF_ERROR(write(range));
  }
  return {};
}

/// Where a further pass begins: null when there is nothing left to write.
const Range* Backfill::begin_pass() {
  ++pass_;
  left_ = 0;
  const Range* first = nullptr;
  for (const auto& [number, range] : ranges_) {
    if (range.is_written) continue;
    ++left_;
    if (first == nullptr || range.first.offset < first->first.offset) first = &range;
  }
  return first;
}

Status Backfill::further_pass(const openmetrics::Position& from) {
  const auto changed = Status::data_loss("changed while it was read");
  openmetrics::Parser parser(input_.read_from(from.offset), from);
  while (left_ > 0 && parser.next(expected_series())) {
    MNEMO_TRY(auto time, time_of(parser));
    auto& range = range_of(time);
    if (range.is_written || range.skipped == pass_) {
      skipped_series_ = parser.series();
      continue;
    }
    if (parser.end_offset() > range.end) return changed;
    if (!range.writer) open(range, range.end);
    MNEMO_RETURN_IF_ERROR(append(parser, range, time));
    if (parser.end_offset() == range.end) {
      open_.erase(range.end);
      --left_;
      MNEMO_RETURN_IF_ERROR(write(range));
    }
    (void)keep_within_memory();
  }
  MNEMO_RETURN_IF_ERROR(parser.status());
  return left_ > 0 ? changed : Status();
}

Status Backfill::run() {
  MNEMO_RETURN_IF_ERROR(first_pass());
  while (const auto* first = begin_pass()) MNEMO_RETURN_IF_ERROR(further_pass(first->first));
  return {};
}

}  // namespace

int64_t compatible_block_duration(int64_t max_duration) {
  constexpr int kRanges = 10;
  int64_t duration = kDefaultBlockDuration;
  for (int i = 1; i < kRanges && duration * 3 <= max_duration; ++i) duration *= 3;
  return duration;
}

Status backfill_openmetrics(const std::filesystem::path& input, const std::filesystem::path& folder,
                            const BackfillOptions& options) {
  MNEMO_TRY(auto text, Input::open(input, folder, options.progress));
  MNEMO_RETURN_IF_ERROR(disk_files()->create_folder(folder));
  if (::access(folder.c_str(), W_OK | X_OK) != 0) return errno_status(errno, "write to", folder);
  return Backfill(text, folder, options).run().with_context(text.name());
}

}  // namespace mnemo::tsdb
