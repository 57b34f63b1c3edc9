// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/store.hpp>

#include "store/series_stream.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mnemo::testing {

/// One raw chunk over [min_time, max_time] with the given bytes in place of samples.
inline AggregateChunk chunk_of(int64_t min_time, int64_t max_time, const std::string& data) {
  AggregateChunk chunk;
  chunk.min_time = min_time;
  chunk.max_time = max_time;
  chunk.raw = Chunk{min_time, max_time, ChunkEncoding::kXor, Bytes::copy_of(data)};
  return chunk;
}

/// `{a="b"} 1-2:x 3-4:y`: labels, then each chunk's times and bytes.
inline std::string to_text(const Series& series) {
  auto text = series.labels.to_string();
  for (const auto& chunk : series.chunks) {
    text += " " + std::to_string(chunk.min_time) + "-" + std::to_string(chunk.max_time);
    if (chunk.raw) text += ":" + std::string(chunk.raw->data.as_string());
  }
  return text;
}

/// The series of a stream as lines; its failure as the last line.
inline std::string contents(SeriesStream& stream) {
  std::string text;
  while (true) {
    Series series;
    auto more = stream.next(series);
    if (!more.ok()) return text + "! " + more.status().to_string() + "\n";
    if (!*more) return text;
    text += to_text(series) + "\n";
  }
}

/// What a fake store does besides handing out its series.
struct FakeBehaviour {
  Status open_failure;                   // of every call
  Status read_failure;                   // of a stream
  size_t read_failure_after = SIZE_MAX;  // series
  bool hang = false;                     // a stream never answers, until its context ends
  std::vector<std::string> warnings;
};

/// A store over given series, which it hands out as they are to any request; fails, hangs and
/// counts as told.
class FakeStore final : public Store {
 public:
  explicit FakeStore(std::vector<Series> series, FakeBehaviour behaviour = {})
      : series_(std::move(series)), behaviour_(std::move(behaviour)) {}

  StoreInfo info() override { return {}; }

  Result<std::unique_ptr<SeriesStream>> series(const Context& context,
                                               const SeriesRequest& request) override {
    ++calls;
    last_limit = request.limit;
    if (!behaviour_.open_failure.ok()) return behaviour_.open_failure;
    return std::unique_ptr<SeriesStream>(std::make_unique<Stream>(context, *this));
  }

  Result<LabelsResponse> label_names(const Context&, const LabelNamesRequest&) override {
    return labels();
  }
  Result<LabelsResponse> label_values(const Context&, const LabelValuesRequest&) override {
    return labels();
  }

  std::vector<std::string> texts;  // what the label calls answer
  std::atomic<size_t> calls{0};
  std::atomic<size_t> pulled{0};
  std::atomic<size_t> streams_ended{0};
  std::atomic<int64_t> last_limit{0};

 private:
  class Stream final : public SeriesStream {
   public:
    Stream(Context context, FakeStore& store) : context_(std::move(context)), store_(store) {}
    ~Stream() override { ++store_.streams_ended; }

    Result<bool> next(Series& series) override {
      MNEMO_RETURN_IF_ERROR(context_.check());
      if (store_.behaviour_.hang) {
        MNEMO_RETURN_IF_ERROR(context_.sleep_for(std::chrono::hours(1)));
      }
      if (at_ == store_.behaviour_.read_failure_after) return store_.behaviour_.read_failure;
      if (at_ == store_.series_.size()) return false;
      series = store_.series_[at_++];
      ++store_.pulled;
      return true;
    }

    const std::vector<std::string>& warnings() const override { return store_.behaviour_.warnings; }

   private:
    Context context_;
    FakeStore& store_;
    size_t at_ = 0;
  };

  Result<LabelsResponse> labels() {
    ++calls;
    if (!behaviour_.open_failure.ok()) return behaviour_.open_failure;
    return LabelsResponse{texts, behaviour_.warnings};
  }

  std::vector<Series> series_;
  FakeBehaviour behaviour_;
};

}  // namespace mnemo::testing
