// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "blocks/shipper.hpp"
#include "store/prometheus/prometheus_api.hpp"

#include <mnemo/bucket.hpp>
#include <mnemo/context.hpp>

#include <memory>

namespace mnemo {

/// Ships what a Prometheus server holds in its head, which is in no block yet: takes a snapshot by
/// the server's admin API, ships the blocks in it that `options.data_dir`'s shipper file doesn't
/// list, and removes the snapshot. For the end of a server whose data directory goes with it: a
/// server that comes back will write a block of the same time again.
///
/// Errors: FailedPrecondition (the admin API is off), those of the API and of `Shipper::sync`.
ShipResult flush_head(const Context& context, const PrometheusApi& api,
                      const std::shared_ptr<Bucket>& bucket, ShipperOptions options);

}  // namespace mnemo
