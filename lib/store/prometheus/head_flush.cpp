// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/head_flush.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace mnemo {

namespace fs = std::filesystem;

ShipResult flush_head(const Context& context, const PrometheusApi& api,
                      const std::shared_ptr<Bucket>& bucket, ShipperOptions options) {
  auto name = api.snapshot(context);
  if (!name) return {0, std::move(name).status()};
  auto snapshot = options.data_dir / "snapshots" / *name;
  std::error_code error;
  if (!fs::is_directory(snapshot, error)) {
    return {0, Status::not_found(snapshot.string() +
                                 ": Prometheus' snapshot is not there; is --tsdb.path its data "
                                 "directory?")};
  }
  // What is shipped already is in the snapshot too.
  fs::copy_file(options.data_dir / options.meta_file_name, snapshot / options.meta_file_name,
                fs::copy_options::overwrite_existing, error);
  auto logger = options.logger ? options.logger : null_logger();
  options.data_dir = snapshot;
  auto result = Shipper(bucket, std::move(options)).sync(context);
  fs::remove_all(snapshot, error);
  if (error) {
    logger->warn("can't remove Prometheus' snapshot",
                 {{"dir", snapshot.string()}, {"err", error.message()}});
  }
  return result;
}

}  // namespace mnemo
