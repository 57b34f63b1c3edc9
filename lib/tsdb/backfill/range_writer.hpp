// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/openmetrics/parser.hpp"

#include <mnemo/block_meta.hpp>
#include <mnemo/block_writer.hpp>
#include <mnemo/labels.hpp>
#include <mnemo/status.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace mnemo::tsdb {

/// Takes the samples of one time range from a parser and writes them to a block. Knows series by
/// their text, so that labels are made once a series, and guesses which one comes next from what
/// came before: files list the same series again and again, in the same order.
///
/// Not thread-safe. Memory: that of BlockWriter, and the text of each series.
class RangeWriter {
 public:
  RangeWriter(std::filesystem::path folder, const Labels& external_labels);

  /// Takes the sample that the parser stands at. Errors: those of the labels and of BlockWriter.
  Status append(openmetrics::Parser& parser, int64_t time);

  /// The series that the next sample probably has; empty where nothing is known. Valid until
  /// `finish`.
  std::string_view expected_series() const;

  uint64_t held_bytes() const { return text_bytes_ + writer_.held_bytes(); }

  /// Writes the block. Errors: those of BlockWriter::finish.
  Result<BlockMeta> finish();

 private:
  struct Known;
  using Node = std::pair<const std::string, Known>;
  struct Known {
    BlockWriter::SeriesNumber number;
    openmetrics::Family family;
    Node* next = nullptr;  // what came after it the last time
  };
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const;
  };
  using Texts = std::unordered_map<std::string, Known, TextHash, std::equal_to<>>;

  Result<Node*> find(openmetrics::Parser& parser);
  Result<Node*> add(openmetrics::Parser& parser, Texts& texts);

  const Labels& external_labels_;
  BlockWriter writer_;
  std::array<Texts, openmetrics::kFamilies> series_;
  Node* last_ = nullptr;
  uint64_t text_bytes_ = 0;
};

}  // namespace mnemo::tsdb
