// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>
#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include "store/bucket/index_header.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace mnemo {

/// Reads what an index-header holds from an index in the bucket, by ranges of bounded size, and
/// hands the header's bytes to `append` piece by piece. `known_size`: the index's size where it is
/// known (from meta.json), else 0. Two requests for a small index, one more where the size isn't
/// known. Errors: those of the bucket, DataLoss (names object and offset), Unimplemented, those of
/// `append`.
Status build_index_header(const Context& context, Bucket& bucket, const std::string& object,
                          uint64_t known_size,
                          const std::function<Status(std::string_view)>& append);

/// The same into a new file, which appears under its name once it is complete.
Status write_index_header(const Context& context, Bucket& bucket, const std::string& object,
                          uint64_t known_size, const std::filesystem::path& path);

/// The header at `path`, mapped; built first where there is none, where what is there isn't whole
/// and right, and where it is of an index of another size. An empty path keeps it in memory.
Result<IndexHeader> open_index_header(const Context& context, Bucket& bucket,
                                      const std::string& object, uint64_t known_size,
                                      const std::filesystem::path& path);

}  // namespace mnemo
