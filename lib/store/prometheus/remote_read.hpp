// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/matcher.hpp>
#include <mnemo/store.hpp>
#include <mnemo/time_range.hpp>

#include <span>
#include <string>
#include <vector>

namespace mnemo {

/// The body of a remote read request for one query: a snappy-compressed prometheus.ReadRequest that
/// accepts streamed chunks, or else samples.
std::string encode_read_request(TimeRange range, std::span<const Matcher> matchers);

/// Appends the series of one frame, a prometheus.ChunkedReadResponse. Chunk data are slices of
/// `frame`. Errors: DataLoss (malformed), Unimplemented (an unknown chunk encoding).
Status decode_chunked_read_response(const Bytes& frame, std::vector<Series>& series);

/// Appends the series of a whole answer in samples: a snappy-compressed prometheus.ReadResponse,
/// encoded into XOR chunks here. Errors: DataLoss (malformed), ResourceExhausted (decompressed
/// larger than `max_bytes`), Unimplemented (native histograms, which only come streamed).
Status decode_read_response(std::string_view compressed, size_t max_bytes,
                            std::vector<Series>& series);

}  // namespace mnemo
