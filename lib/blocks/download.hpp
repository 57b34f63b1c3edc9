// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>
#include <mnemo/ulid.hpp>

#include <filesystem>

namespace mnemo {

/// Copies a whole block into the folder `into`/<ULID>, in fixed memory. The folder appears when all
/// of it is there, flushed, and of the sizes and hashes that meta.json lists. Errors:
/// AlreadyExists, NotFound (no meta.json), DataLoss (a file is missing or not as listed), those of
/// the bucket and of files.
Status download_block(const Context& context, Bucket& bucket, const Ulid& block,
                      const std::filesystem::path& into);

}  // namespace mnemo
