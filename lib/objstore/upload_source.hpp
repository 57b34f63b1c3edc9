// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace mnemo {

using UploadSource = std::shared_ptr<const HttpUpload>;

/// What is sent of bytes in memory, of a file (read as it is sent), and of a part of another
/// source. Errors of the file: NotFound and the like; reading it fails with Aborted when it is
/// shorter than it was when it was opened.
UploadSource upload_of(Bytes data);
Result<UploadSource> upload_of_file(const std::filesystem::path& file);
/// REQUIRES: offset + size <= source->size.
UploadSource upload_slice(UploadSource source, uint64_t offset, uint64_t size);

struct UploadDigests {
  std::string sha256;  // raw bytes; empty where not asked for
  std::string md5;
};

/// Reads the source once. Memory: fixed.
Result<UploadDigests> digests_of(const HttpUpload& source, bool with_sha256, bool with_md5);

}  // namespace mnemo
