// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>

#include "tsdb/index/postings.hpp"

#include <span>
#include <string>

namespace mnemo {

/// Postings as Thanos keeps them in caches: differences as varints, compressed by Snappy; about a
/// tenth of their size in an index. Written as a framed stream ("dss").
std::string encode_postings(std::span<const tsdb::SeriesRef> postings);

/// Reads either of Thanos' forms, "dss" (framed, with checksums) and "dvs" (one block). Checks
/// every length, checksum and the order; the memory it takes is bounded by the lengths that the
/// bytes can have. Errors: DataLoss.
Result<tsdb::Postings> decode_postings(std::span<const uint8_t> data);

}  // namespace mnemo
