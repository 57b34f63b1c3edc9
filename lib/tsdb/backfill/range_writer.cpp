// SPDX-License-Identifier: Apache-2.0
#include "tsdb/backfill/range_writer.hpp"

#include <xxhash.h>

namespace mnemo::tsdb {

size_t RangeWriter::TextHash::operator()(std::string_view text) const {
  return XXH3_64bits(text.data(), text.size());
}

RangeWriter::RangeWriter(std::filesystem::path folder, const Labels& external_labels)
    : external_labels_(external_labels), writer_({.folder = std::move(folder), .ulid = {}}) {}

std::string_view RangeWriter::expected_series() const {
  if (last_ == nullptr) return {};
  return last_->second.next == nullptr ? last_->first : last_->second.next->first;
}

Result<RangeWriter::Node*> RangeWriter::add(openmetrics::Parser& parser, Texts& texts) {
  constexpr uint64_t kNodeOverhead = 32;
  auto labels = with_external_labels(parser.labels(), external_labels_);
  MNEMO_TRY(auto number, writer_.number_of(labels));
  auto [added, is_new] =
      texts.try_emplace(std::string(parser.series()), Known{number, parser.family(), nullptr});
  text_bytes_ += sizeof(Node) + kNodeOverhead + added->first.capacity();
  return &*added;
}

Result<RangeWriter::Node*> RangeWriter::find(openmetrics::Parser& parser) {
  auto& texts = series_[static_cast<size_t>(parser.family())];
  auto found = texts.find(parser.series());
  if (found != texts.end()) return &*found;
  return add(parser, texts);
}

Status RangeWriter::append(openmetrics::Parser& parser, int64_t time) {
  Node* node = last_ == nullptr ? nullptr : last_->second.next;
  if (node == nullptr || node->second.family != parser.family() || node->first != parser.series()) {
    MNEMO_TRY(node, find(parser));
    if (last_ != nullptr) last_->second.next = node;
  }
  last_ = node;
  return writer_.append(node->second.number, time, parser.value());
}

Result<BlockMeta> RangeWriter::finish() {
  last_ = nullptr;
  text_bytes_ = 0;
  series_ = {};
  return writer_.finish();
}

}  // namespace mnemo::tsdb
