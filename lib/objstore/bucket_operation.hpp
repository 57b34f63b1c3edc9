// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

namespace mnemo {

/// The kinds of calls to a bucket. `Bucket::exists` asks for attributes and counts as such; a put
/// from memory and one from a file are the same kind.
enum class BucketOperation { kList, kGet, kGetRange, kAttributes, kPut, kRemove };

inline constexpr std::array kBucketOperations = {
    BucketOperation::kList,       BucketOperation::kGet, BucketOperation::kGetRange,
    BucketOperation::kAttributes, BucketOperation::kPut, BucketOperation::kRemove};

/// Thanos' name of the operation in metrics. The view is static.
constexpr std::string_view bucket_operation_name(BucketOperation operation) {
  switch (operation) {
    case BucketOperation::kList: return "iter";
    case BucketOperation::kGet: return "get";
    case BucketOperation::kGetRange: return "get_range";
    case BucketOperation::kAttributes: return "attributes";
    case BucketOperation::kPut: return "upload";
    case BucketOperation::kRemove: return "delete";
  }
  return "unknown";
}

}  // namespace mnemo
