// SPDX-License-Identifier: Apache-2.0
#include "store/bucket/range_reader.hpp"

#include <algorithm>

namespace mnemo {

Bytes piece_of(const RangePart& part, const Bytes& bytes, const ByteRange& range) {
  uint64_t start = range.offset - part.range.offset;
  if (start >= bytes.size()) return {};
  return bytes.slice(start, std::min<uint64_t>(range.length, bytes.size() - start));
}

std::vector<RangePart> partition(std::span<const ByteRange> ranges, const PartitionLimits& limits) {
  std::vector<RangePart> parts;
  for (size_t i = 0; i < ranges.size(); ++i) {
    const auto& range = ranges[i];
    if (!parts.empty()) {
      auto& part = parts.back();
      uint64_t end = std::max(part.range.end(), range.end());
      bool near = range.offset <= part.range.end() + limits.max_gap;
      if (near && end - part.range.offset <= limits.max_part) {
        part.range.length = end - part.range.offset;
        part.last = i + 1;
        continue;
      }
    }
    parts.push_back({range, i, i + 1});
  }
  return parts;
}

Result<std::vector<Bytes>> RangeReader::read(const Context& context, const std::string& object,
                                             std::span<const ByteRange> ranges,
                                             ReadCount& count) const {
  std::vector<Bytes> pieces(ranges.size());
  auto keep = [&](size_t number, const Bytes& bytes) -> Status {
    pieces[number] = bytes;
    return {};
  };
  MNEMO_RETURN_IF_ERROR(read_each(context, object, ranges, count, keep));
  return pieces;
}

Status RangeReader::read_each(const Context& context, const std::string& object,
                              std::span<const ByteRange> ranges, ReadCount& count,
                              const Visit& visit) const {
  auto visit_pieces = [&](const RangePart& part, const Bytes& bytes) -> Status {
    for (size_t i = part.first; i < part.last; ++i) {
      MNEMO_RETURN_IF_ERROR(visit(i, piece_of(part, bytes, ranges[i])));
    }
    return {};
  };
  return read_parts(context, object, ranges, count, visit_pieces);
}

Status RangeReader::read_parts(const Context& context, const std::string& object,
                               std::span<const ByteRange> ranges, ReadCount& count,
                               const VisitPart& visit) const {
  auto parts = partition(ranges, limits_);
  if (count.limit != nullptr) {
    uint64_t bytes = 0;
    for (const auto& part : parts) bytes += part.range.length;
    MNEMO_RETURN_IF_ERROR(count.limit->reserve(bytes));
  }
  auto read_part = [&](size_t i) -> Status {
    const auto& part = parts[i];
    auto bytes = bucket_->get_range(context, object, part.range.offset, part.range.length);
    if (!bytes.ok()) return std::move(bytes).status().with_context(object);
    ++count.requests;
    count.bytes += bytes->size();
    return visit(part, *bytes);
  };
  if (parts.size() == 1) return read_part(0);
  return parallel_for(context, *executor_, parts.size(), read_part);
}

}  // namespace mnemo
