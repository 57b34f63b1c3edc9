// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include "store/bucket/index_header.hpp"
#include "store/bucket/range_reader.hpp"
#include "tsdb/index/selection.hpp"

#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace mnemo {

/// The postings of an index in a bucket, for one call. Not thread-safe.
class BucketPostings final : public tsdb::PostingsSource {
 public:
  BucketPostings(Context context, const IndexHeader& header, const RangeReader& reader,
                 ReadCount& count)
      : context_(std::move(context)), header_(header), reader_(reader), count_(count) {}

  Status for_each_value(std::string_view name, std::string_view prefix,
                        const std::function<void(std::string_view)>& visit) const override;
  Result<std::vector<tsdb::Postings>> fetch(
      std::span<const tsdb::PostingsTerm> terms) const override;

 private:
  Context context_;
  const IndexHeader& header_;
  const RangeReader& reader_;
  ReadCount& count_;
};

}  // namespace mnemo
