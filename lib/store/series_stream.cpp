// SPDX-License-Identifier: Apache-2.0
#include "store/series_stream.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace mnemo {
namespace {

class ResortingStream final : public SeriesStream {
 public:
  ResortingStream(std::unique_ptr<SeriesStream> source, std::vector<std::string> without,
                  size_t max_bytes)
      : source_(std::move(source)), without_(std::move(without)), max_bytes_(max_bytes) {}

  Result<bool> next(Series& series) override {
    if (!sorted_) MNEMO_RETURN_IF_ERROR(read_and_sort());
    return sorted_->next(series);
  }

  const std::vector<std::string>& warnings() const override { return source_->warnings(); }
  std::vector<std::string> queried_blocks() const override { return source_->queried_blocks(); }

 private:
  Status read_and_sort() {
    std::vector<Series> all;
    size_t bytes = 0;
    Series series;
    while (true) {
      MNEMO_TRY(bool more, source_->next(series));
      if (!more) break;
      series.labels = without_labels(series.labels, without_);
      bytes += memory_bytes(series);
      if (bytes > max_bytes_) {
        return Status::resource_exhausted(
            "series to be sorted without replica labels take more "
            "than the limit of " +
            std::to_string(max_bytes_) + " bytes");
      }
      all.push_back(std::move(series));
      series = {};
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Series& a, const Series& b) { return a.labels < b.labels; });
    sorted_.emplace(std::move(all));
    return {};
  }

  std::unique_ptr<SeriesStream> source_;
  std::vector<std::string> without_;
  size_t max_bytes_;
  std::optional<VectorSeriesStream> sorted_;
};

}  // namespace

VectorSeriesStream::VectorSeriesStream(std::vector<Series> series,
                                       std::vector<std::string> warnings,
                                       std::vector<std::string> blocks)
    : series_(std::move(series)), warnings_(std::move(warnings)), blocks_(std::move(blocks)) {}

Result<bool> VectorSeriesStream::next(Series& series) {
  if (at_ == series_.size()) return false;
  series = std::move(series_[at_++]);
  return true;
}

std::unique_ptr<SeriesStream> make_empty_stream(std::vector<std::string> warnings) {
  return std::make_unique<VectorSeriesStream>(std::vector<Series>(), std::move(warnings));
}

Result<std::vector<Series>> read_all(SeriesStream& stream) {
  std::vector<Series> all;
  Series series;
  while (true) {
    MNEMO_TRY(bool more, stream.next(series));
    if (!more) return all;
    all.push_back(std::move(series));
    series = {};
  }
}

std::unique_ptr<SeriesStream> make_resorting_stream(std::unique_ptr<SeriesStream> source,
                                                    std::vector<std::string> without,
                                                    size_t max_bytes) {
  return std::make_unique<ResortingStream>(std::move(source), std::move(without), max_bytes);
}

size_t data_bytes(const AggregateChunk& chunk) {
  size_t bytes = chunk.raw ? chunk.raw->data.size() : 0;
  for (const auto& [aggregate, part] : chunk.aggregates) bytes += part.data.size();
  return bytes;
}

size_t memory_bytes(const AggregateChunk& chunk) {
  return sizeof(AggregateChunk) + chunk.aggregates.capacity() * sizeof(chunk.aggregates[0]) +
         data_bytes(chunk);
}

size_t memory_bytes(const Series& series) {
  size_t bytes = sizeof(Series) + series.labels.memory_bytes();
  for (const auto& chunk : series.chunks) bytes += memory_bytes(chunk);
  return bytes;
}

std::vector<std::string> merge_texts(std::vector<std::vector<std::string>> sets, int64_t limit) {
  std::vector<std::string> all;
  for (auto& set : sets) {
    if (all.empty()) {
      all = std::move(set);
    } else {
      std::move(set.begin(), set.end(), std::back_inserter(all));
    }
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  if (limit > 0 && all.size() > static_cast<uint64_t>(limit)) {
    all.resize(static_cast<size_t>(limit));
  }
  return all;
}

void append_unique(std::vector<std::string>& texts, std::string text) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
}

}  // namespace mnemo
