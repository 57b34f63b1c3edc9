// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/prometheus_stream.hpp"

#include "store/chunk_order.hpp"
#include "store/prometheus/remote_read.hpp"
#include "store/series_stream.hpp"

#include <iterator>

namespace mnemo {
namespace {

std::vector<std::string> names_of(const Labels& labels) {
  std::vector<std::string> names;
  for (const auto& label : labels) names.emplace_back(label.name);
  return names;
}

size_t chunk_bytes(const std::vector<AggregateChunk>& chunks) {
  size_t bytes = 0;
  for (const auto& chunk : chunks) bytes += memory_bytes(chunk);
  return bytes;
}

}  // namespace

PrometheusStream::PrometheusStream(std::unique_ptr<HttpTransfer> transfer,
                                   PrometheusStreamOptions options)
    : options_(std::move(options)),
      transfer_(std::move(transfer)),
      frames_(options_.max_frame_bytes),
      shard_(options_.shard),
      order_(options_.rewrites),
      external_names_(names_of(options_.external)) {}

PrometheusStream::~PrometheusStream() {
  if (!options_.metrics) return;
  options_.metrics
      ->histogram("prometheus_store_received_frames",
                  "Number of frames received per streamed response.", {10, 100, 1e3, 1e4, 1e5})
      .observe(static_cast<double>(frame_count_));
}

Result<bool> PrometheusStream::next(Series& series) {
  if (options_.limit > 0 && given_ == options_.limit) return false;
  if (!ahead_ && order_.empty()) MNEMO_RETURN_IF_ERROR(receive());
  if (!ahead_ && order_.empty()) return false;
  auto entry = pop();
  size_t merged = 0;
  // Series that finishing made the same are one.
  while (!order_.empty()) {
    auto other = pop();
    if (other.finished != entry.finished) {
      ahead_ = std::move(other);
      break;
    }
    std::move(other.payload.begin(), other.payload.end(), std::back_inserter(entry.payload));
    ++merged;
  }
  if (merged > 0) sort_and_deduplicate(entry.payload);
  MNEMO_RETURN_IF_ERROR(check_order(entry.finished));
  held_bytes_ -= chunk_bytes(entry.payload);
  series.labels = std::move(entry.finished);
  series.chunks = std::move(entry.payload);
  ++given_;
  return true;
}

PrometheusStream::Order::Entry PrometheusStream::pop() {
  if (!ahead_) return order_.pop();
  auto entry = std::move(*ahead_);
  ahead_.reset();
  return entry;
}

/// External labels that change in the middle, or a server that doesn't sort, must not pass for an
/// answer.
Status PrometheusStream::check_order(const Labels& labels) {
  if (given_ > 0 && !(last_ < labels)) {
    return Status::aborted("remote read: series out of order: " + labels.to_string() + " after " +
                           last_.to_string());
  }
  last_ = labels;
  return {};
}

Status PrometheusStream::receive() {
  auto sink = [this](std::string_view data) { return frames_.append(data); };
  while (!ended_ && order_.empty()) {
    Bytes frame;
    if (frames_.take(frame)) {
      MNEMO_RETURN_IF_ERROR(take_frame(frame));
      continue;
    }
    MNEMO_TRY(bool more, transfer_->pull(sink));
    if (more) continue;
    MNEMO_RETURN_IF_ERROR(frames_.finish());
    MNEMO_RETURN_IF_ERROR(finish_series());
    order_.finish();
    ended_ = true;
    transfer_.reset();
  }
  return {};
}

Status PrometheusStream::take_frame(const Bytes& frame) {
  ++frame_count_;
  parts_.clear();
  MNEMO_RETURN_IF_ERROR(decode_chunked_read_response(frame, parts_));
  for (auto& part : parts_) {
    if (unfinished_ && unfinished_->labels == part.labels) {
      std::move(part.chunks.begin(), part.chunks.end(), std::back_inserter(unfinished_->chunks));
      continue;
    }
    MNEMO_RETURN_IF_ERROR(finish_series());
    unfinished_ = std::move(part);
  }
  return {};
}

Status PrometheusStream::finish_series() {
  if (!unfinished_) return {};
  Series series = std::move(*unfinished_);
  unfinished_.reset();
  if (series.chunks.empty()) return {};
  Labels finished = options_.finisher.finish(series.labels);
  if (!shard_.matches(finished)) return {};
  held_bytes_ += chunk_bytes(series.chunks);
  if (held_bytes_ > options_.max_held_bytes) {
    return Status::resource_exhausted("remote read: series to sort take more than " +
                                      std::to_string(options_.max_held_bytes) + " bytes");
  }
  // The server's own order is without the external labels that it added.
  Labels own = options_.rewrites ? Labels() : without_labels(series.labels, external_names_);
  order_.push(own, std::move(finished), std::move(series.chunks));
  return {};
}

}  // namespace mnemo
