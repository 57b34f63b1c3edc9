// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>

#include <filesystem>
#include <memory>
#include <string_view>

namespace mnemo {

/// Makes the bucket that Thanos' YAML (`type`, `config`, `prefix`) describes. Environment variables
/// are not substituted. Errors: InvalidArgument (not YAML, an unknown or repeated field, by its
/// name and line; a missing directory), Unimplemented (a type of Thanos' that is not built in).
/// Messages never quote values, which may be secrets, except the type.
Result<std::shared_ptr<Bucket>> make_bucket_from_config(std::string_view yaml);

/// The same, from a file.
Result<std::shared_ptr<Bucket>> make_bucket_from_config_file(const std::filesystem::path& file);

}  // namespace mnemo
