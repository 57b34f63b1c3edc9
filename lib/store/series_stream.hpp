// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/store.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace mnemo {

/// A stream over series in memory. REQUIRES: `series` sorted by labels.
class VectorSeriesStream final : public SeriesStream {
 public:
  explicit VectorSeriesStream(std::vector<Series> series, std::vector<std::string> warnings = {},
                              std::vector<std::string> blocks = {});

  Result<bool> next(Series& series) override;
  const std::vector<std::string>& warnings() const override { return warnings_; }
  std::vector<std::string> queried_blocks() const override { return blocks_; }

 private:
  std::vector<Series> series_;
  size_t at_ = 0;
  std::vector<std::string> warnings_;
  std::vector<std::string> blocks_;
};

/// A stream without series.
std::unique_ptr<SeriesStream> make_empty_stream(std::vector<std::string> warnings = {});

/// Everything that is left in a stream.
Result<std::vector<Series>> read_all(SeriesStream& stream);

/// Reads all of `source` at the first pull, leaves out the labels named in `without`, and gives the
/// series sorted by what is left. For sources that can't do that themselves. Fails with
/// ResourceExhausted when the series take more than `max_bytes`.
std::unique_ptr<SeriesStream> make_resorting_stream(std::unique_ptr<SeriesStream> source,
                                                    std::vector<std::string> without,
                                                    size_t max_bytes);

/// The encoded bytes of all parts of a chunk.
size_t data_bytes(const AggregateChunk& chunk);

/// The bytes that a chunk, or a series with its labels and chunks, takes.
size_t memory_bytes(const AggregateChunk& chunk);
size_t memory_bytes(const Series& series);

/// The union of sorted and unsorted texts: sorted, unique, at most `limit` (0: all).
std::vector<std::string> merge_texts(std::vector<std::vector<std::string>> sets, int64_t limit);

/// Appends `text` unless it is there already.
void append_unique(std::vector<std::string>& texts, std::string text);

}  // namespace mnemo
