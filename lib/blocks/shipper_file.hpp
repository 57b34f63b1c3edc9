// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>
#include <mnemo/ulid.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// What a shipper remembers beside the data: the blocks that are known to be in the bucket.
/// Prometheus reads it too (--storage.tsdb.delay-compact-file.path).
///
/// A value type. Format: Thanos' thanos.shipper.json, version 1.
struct ShipperFile {
  std::vector<Ulid> uploaded;

  /// Errors: DataLoss, Unimplemented (version).
  static Result<ShipperFile> parse(std::string_view json);
  std::string to_json() const;

  /// Errors: NotFound, those of `parse`.
  static Result<ShipperFile> read(const std::filesystem::path& path);
  /// Replaces the file, atomically and durably.
  Status write(const std::filesystem::path& path) const;

  friend bool operator==(const ShipperFile&, const ShipperFile&) = default;
};

}  // namespace mnemo
