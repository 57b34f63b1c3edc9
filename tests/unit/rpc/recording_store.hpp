// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/store.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mnemo::rpc_testing {

/// What a recording store answers and what it was asked.
struct RecordedCalls {
  StoreInfo info;
  std::vector<Series> series;
  std::vector<std::string> warnings;
  std::vector<std::string> blocks;
  LabelsResponse labels;
  Status failure;                                   // of every call
  Status late_failure;                              // of a stream, after its series
  std::function<void(const Context&)> before_each;  // of a stream, before each series

  SeriesRequest series_request;
  LabelNamesRequest names_request;
  LabelValuesRequest values_request;
  std::atomic<size_t> pulled{0};
  std::atomic<bool> stream_destroyed{false};
};

class RecordingStream final : public SeriesStream {
 public:
  RecordingStream(std::shared_ptr<RecordedCalls> state, Context context)
      : state_(std::move(state)), context_(std::move(context)) {}
  ~RecordingStream() override { state_->stream_destroyed = true; }

  Result<bool> next(Series& series) override {
    if (state_->before_each) state_->before_each(context_);
    MNEMO_RETURN_IF_ERROR(context_.check());
    if (at_ == state_->series.size()) {
      if (!state_->late_failure.ok()) return state_->late_failure;
      return false;
    }
    series = state_->series[at_++];
    ++state_->pulled;
    return true;
  }

  const std::vector<std::string>& warnings() const override { return state_->warnings; }
  std::vector<std::string> queried_blocks() const override { return state_->blocks; }

 private:
  std::shared_ptr<RecordedCalls> state_;
  Context context_;
  size_t at_ = 0;
};

class RecordingStore final : public Store {
 public:
  explicit RecordingStore(std::shared_ptr<RecordedCalls> state) : state_(std::move(state)) {}

  StoreInfo info() override { return state_->info; }

  Result<std::unique_ptr<SeriesStream>> series(const Context& context,
                                               const SeriesRequest& request) override {
    state_->series_request = request;
    if (!state_->failure.ok()) return state_->failure;
    return {std::make_unique<RecordingStream>(state_, context)};
  }

  Result<LabelsResponse> label_names(const Context&, const LabelNamesRequest& request) override {
    state_->names_request = request;
    if (!state_->failure.ok()) return state_->failure;
    return state_->labels;
  }

  Result<LabelsResponse> label_values(const Context&, const LabelValuesRequest& request) override {
    state_->values_request = request;
    if (!state_->failure.ok()) return state_->failure;
    return state_->labels;
  }

 private:
  std::shared_ptr<RecordedCalls> state_;
};

inline Chunk chunk_of(int64_t min_time, int64_t max_time, ChunkEncoding encoding,
                      std::string bytes) {
  return {min_time, max_time, encoding, Bytes::own(std::move(bytes))};
}

inline Series series_of(Labels labels, int64_t min_time, int64_t max_time, std::string bytes) {
  Series series;
  series.labels = std::move(labels);
  auto& chunk = series.chunks.emplace_back();
  chunk.min_time = min_time;
  chunk.max_time = max_time;
  chunk.raw = chunk_of(min_time, max_time, ChunkEncoding::kXor, std::move(bytes));
  return series;
}

/// Labels and chunks as text, bytes in hex, for comparing.
inline std::string text_of(const Series& series) {
  std::string out = series.labels.to_string();
  auto add = [&](const char* name, const Chunk* chunk) {
    if (chunk == nullptr) return;
    out += std::string(" ") + name + ":" + std::to_string(static_cast<int>(chunk->encoding)) + ":";
    for (uint8_t byte : chunk->data.span()) {
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    }
  };
  for (const auto& chunk : series.chunks) {
    out += " [" + std::to_string(chunk.min_time) + "," + std::to_string(chunk.max_time);
    add("raw", chunk.get(Aggregate::kRaw));
    add("count", chunk.get(Aggregate::kCount));
    add("sum", chunk.get(Aggregate::kSum));
    add("min", chunk.get(Aggregate::kMin));
    add("max", chunk.get(Aggregate::kMax));
    add("counter", chunk.get(Aggregate::kCounter));
    out += "]";
  }
  return out;
}

/// Everything that a stream gives, each series as text; or why it failed.
inline Result<std::vector<std::string>> drain(SeriesStream& stream) {
  std::vector<std::string> all;
  Series series;
  while (true) {
    MNEMO_TRY(bool more, stream.next(series));
    if (!more) return all;
    all.push_back(text_of(series));
  }
}

inline Result<std::vector<std::string>> drain(Result<std::unique_ptr<SeriesStream>> stream) {
  if (!stream) return stream.status();
  return drain(**stream);
}

}  // namespace mnemo::rpc_testing
