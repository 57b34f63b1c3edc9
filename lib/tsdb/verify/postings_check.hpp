// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tsdb/index/reader.hpp"
#include "tsdb/verify/fault_log.hpp"
#include "tsdb/verify/series_check.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::tsdb {

/// Compares the postings of an index with its series: every list, in whole. Series whose labels are
/// not known are left out of it.
///
/// Not thread-safe. Borrows all that it is given.
class PostingsCheck {
 public:
  /// REQUIRES: the index has symbols and a postings offset table.
  PostingsCheck(const IndexReader& index, const CheckedSeries& series, FaultLog& faults)
      : index_(index), series_(series), faults_(faults), missing_(series.label_count) {}

  /// `progress` is told of bytes of lists.
  void run(const std::function<void(uint64_t)>& progress);

 private:
  void check_all_series();
  void check_list(std::string_view name, const PostingsEntry& entry);
  void check_member(SeriesRef ref, size_t number, SymbolPair pair, const std::string& what,
                    uint64_t offset);
  void find_missing(size_t number);
  std::string series_text(SeriesRef ref) const;

  const IndexReader& index_;
  const CheckedSeries& series_;
  FaultLog& faults_;
  // By series: how many of its labels' lists haven't been seen to refer to it.
  std::vector<uint32_t> missing_;
  std::vector<uint64_t> bad_lists_;  // where lists are that can't be read
  std::vector<SymbolPair> labels_;
  uint64_t bytes_ = 0;
};

}  // namespace mnemo::tsdb
