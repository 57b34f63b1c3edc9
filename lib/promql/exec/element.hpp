// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "promql/exec/annotations.hpp"
#include "promql/exec/column.hpp"

#include <string>
#include <vector>

namespace mnemo::promql {

/// One side of an operator at one step.
struct Element {
  double value = 0;
  const HistogramPtr* histogram = nullptr;  // null: a float
};

Element element_at(const StepColumn& series, size_t step);

/// What an operator makes of two elements. `valid` is false where they don't go together; `keep` is
/// what a comparison says.
struct ElementResult {
  bool valid = false;
  bool keep = false;
  double value = 0;
  HistogramPtr histogram;
};

/// What went wrong at each step, of which the last is told.
class StepNotes {
 public:
  StepNotes(size_t steps, PositionRange position) : last_(steps), position_(position) {}

  void info(size_t step, std::string text) { set(step, {std::move(text), true}); }
  void warn(size_t step, std::string text) { set(step, {std::move(text), false}); }
  void annotate(Annotations& into) const;

 private:
  struct Note {
    std::string text;
    bool is_info = false;
    friend bool operator==(const Note&, const Note&) = default;
  };
  void set(size_t step, Note note);

  std::vector<Note> notes_;
  std::vector<uint8_t> last_;  // 1 + position in notes_; 0: none
  PositionRange position_;
};

/// Whether an operator cuts histograms, and so takes no floats on its left.
inline bool is_trim(BinaryOp op) {
  return op == BinaryOp::kTrimLower || op == BinaryOp::kTrimUpper;
}

/// `left op right` where at least one is a histogram, or the operator wants one.
ElementResult histogram_binary(BinaryOp op, const Element& left, const Element& right, size_t step,
                               StepNotes& notes);

}  // namespace mnemo::promql
