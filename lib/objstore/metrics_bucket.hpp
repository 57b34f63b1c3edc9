// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bucket.hpp>
#include <mnemo/metrics.hpp>

#include <memory>

namespace mnemo {

/// `bucket` with its calls counted and timed under Thanos' names: thanos_objstore_bucket_*, labels
/// `bucket` (the bucket's name) and `operation` (iter, get, get_range, attributes, upload, delete).
///
/// An object that is not there (NotFound) and a cancelled call are answers, not failures: they
/// don't count as failed operations, which dashboards alert on. REQUIRES: `metrics` outlives the
/// result.
std::shared_ptr<Bucket> make_metrics_bucket(std::shared_ptr<Bucket> bucket, Metrics& metrics);

}  // namespace mnemo
