// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/bytes.hpp>
#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mnemo {

struct ObjectAttributes {
  uint64_t size = 0;
  int64_t last_modified_ms = 0;  // milliseconds since the epoch
};

/// One entry of a listing: an object, or (not recursive) a folder, whose name ends with '/'.
struct BucketEntry {
  std::string name;  // the full name within the bucket
  bool is_folder = false;
  ObjectAttributes attributes;  // zero for folders
};

/// Object storage: named immutable objects. Names are UTF-8 paths with '/' between parts; a name
/// that is empty, absolute, or has an empty, "." or ".." part is refused with InvalidArgument.
///
/// Thread-safe: any number of threads may call any method.
/// An object is there whole or not at all: a failed or interrupted put leaves no object under its
/// name.
class Bucket {
 public:
  virtual ~Bucket() = default;

  /// For logs and errors, e.g. "filesystem:/var/bucket". Holds no secret.
  virtual std::string name() const = 0;

  /// Whether objects lie on this machine, so that reading a little costs no more than a copy.
  virtual bool is_local() const { return false; }

  /// Calls `visit` for each entry below `prefix` (a folder with or without its final '/', or
  /// empty), in order of names. Not recursive: objects and folders directly below it. `visit` ends
  /// the listing by a failure, which is returned.
  virtual Status list(const Context& context, std::string_view prefix, bool recursive,
                      const std::function<Status(const BucketEntry&)>& visit) = 0;

  /// The whole object. Errors: NotFound; ResourceExhausted when it is larger than `max_bytes`.
  virtual Result<Bytes> get(const Context& context, std::string_view name, uint64_t max_bytes) = 0;

  /// `length` bytes from `offset`; fewer where the object ends before. Errors: NotFound; OutOfRange
  /// when `offset` is past the end.
  virtual Result<Bytes> get_range(const Context& context, std::string_view name, uint64_t offset,
                                  uint64_t length) = 0;

  /// Errors: NotFound.
  virtual Result<ObjectAttributes> attributes(const Context& context, std::string_view name) = 0;

  /// Writes an object from memory, replacing one of that name.
  virtual Status put(const Context& context, std::string_view name, Bytes data) = 0;

  /// Writes an object from a file, in fixed memory.
  virtual Status put_file(const Context& context, std::string_view name,
                          const std::filesystem::path& file) = 0;

  /// Errors: NotFound, where the storage tells: S3 calls the removal of nothing a success.
  virtual Status remove(const Context& context, std::string_view name) = 0;

  /// Whether the object exists, by its attributes.
  Result<bool> exists(const Context& context, std::string_view name);
};

struct FilesystemBucketOptions {
  std::filesystem::path directory;
};

/// A folder as bucket; created when absent. Puts are atomic: temporary file, fsync, rename.
Result<std::unique_ptr<Bucket>> open_filesystem_bucket(const FilesystemBucketOptions& options);

/// A bucket in memory, for tests and experiments.
std::unique_ptr<Bucket> make_memory_bucket();

}  // namespace mnemo
