// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/queryable.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mnemo {

/// Series in memory as a Queryable: a sorted map of labels to samples, filtered by matchers.
/// Fill it first, query it then: const use is thread-safe.
class MemoryQueryable : public Queryable {
 public:
  /// The samples of a series, created when new. Append in order of time.
  SampleColumn& series(const Labels& labels) {
    auto& column = series_[labels];
    if (!column) column = std::make_shared<SampleColumn>();
    return *column;
  }

  void clear() { series_.clear(); }

  /// Every selection answers with this warning.
  void set_warning(std::string warning) { warnings_ = {std::move(warning)}; }

  Result<std::unique_ptr<SelectedStream>> select(const Context& context,
                                                 const Selection& selection) override {
    MNEMO_RETURN_IF_ERROR(context.check());
    auto stream = std::make_unique<Stream>();
    stream->warnings_ = warnings_;
    for (const auto& [labels, column] : series_) {
      if (!matches_all(selection.matchers, labels) || !any_within(*column, selection.range)) {
        continue;
      }
      const auto& needed = selection.needed_labels;
      stream->selected_.push_back(
          {needed ? LabelsBuilder(labels).keep_only(*needed).build() : labels,
           std::make_shared<Source>(column)});
    }
    return std::unique_ptr<SelectedStream>(std::move(stream));
  }

 private:
  class Source : public SampleSource {
   public:
    explicit Source(std::shared_ptr<const SampleColumn> column) : column_(std::move(column)) {}

    Status read(TimeRange range, SampleColumn& out) const override {
      out.clear();
      const auto& times = column_->times;
      auto first = std::lower_bound(times.begin(), times.end(), range.min) - times.begin();
      for (auto i = static_cast<size_t>(first); i < times.size() && times[i] <= range.max; ++i) {
        out.append_from(*column_, i);
      }
      return {};
    }

   private:
    std::shared_ptr<const SampleColumn> column_;
  };

  class Stream : public SelectedStream {
   public:
    Result<bool> next(SelectedSeries& series) override {
      if (position_ == selected_.size()) return false;
      series = selected_[position_++];
      return true;
    }
    const std::vector<std::string>& warnings() const override { return warnings_; }

    std::vector<SelectedSeries> selected_;
    std::vector<std::string> warnings_;

   private:
    size_t position_ = 0;
  };

  static bool any_within(const SampleColumn& column, TimeRange range) {
    auto first = std::lower_bound(column.times.begin(), column.times.end(), range.min);
    return first != column.times.end() && *first <= range.max;
  }

  std::map<Labels, std::shared_ptr<SampleColumn>> series_;
  std::vector<std::string> warnings_;
};

}  // namespace mnemo
