// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/dump/dump.hpp"

#include <cstddef>
#include <string>

namespace mnemo::tsdb {

/// Collects text and hands it to a sink in pieces worth a call.
class TextBuffer {
 public:
  explicit TextBuffer(const TextSink& sink) : sink_(sink) {}

  std::string& text() { return text_; }

  /// To be called now and then: passes on what has gathered, if it is enough.
  Status flush_when_full() { return text_.size() < kEnough ? Status() : flush(); }

  Status flush() {
    if (text_.empty()) return {};
    auto status = sink_(text_);
    text_.clear();
    return status;
  }

 private:
  static constexpr size_t kEnough = 64 << 10;
  const TextSink& sink_;
  std::string text_;
};

}  // namespace mnemo::tsdb
