// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/environment.hpp"

#include <mnemo/bucket.hpp>

#include <filesystem>
#include <memory>
#include <string_view>

namespace mnemo {

/// Makes the bucket that Thanos' YAML (`type`, `config`, `prefix`) describes;
/// docs/object-storage.md has all fields. Environment variables are not substituted here, but where
/// flags are read. Errors: InvalidArgument (not YAML, an unknown or repeated field, by its name and
/// line; a missing or contradicting one), Unimplemented (a type or a way to authenticate of Thanos'
/// that is not built in), FailedPrecondition (a file that is named). Messages never quote values,
/// which may be secrets, except those of a choice (the type, the lookup style).
Result<std::shared_ptr<Bucket>> make_bucket_from_config(std::string_view yaml,
                                                        const BucketEnvironment& environment = {});

/// The same, from a file.
Result<std::shared_ptr<Bucket>> make_bucket_from_config_file(
    const std::filesystem::path& file, const BucketEnvironment& environment = {});

}  // namespace mnemo
