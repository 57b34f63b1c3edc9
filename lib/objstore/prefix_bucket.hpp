// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>

#include <memory>
#include <string_view>

namespace mnemo {

/// The part of `bucket` below the folder `prefix`, seen as a bucket of its own. Leading and
/// trailing
/// '/' of the prefix don't count; an empty prefix gives `bucket` itself.
/// Errors: InvalidArgument (the prefix is no folder's name).
Result<std::shared_ptr<Bucket>> make_prefix_bucket(std::shared_ptr<Bucket> bucket,
                                                   std::string_view prefix);

}  // namespace mnemo
