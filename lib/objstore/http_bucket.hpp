// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/download.hpp"
#include "objstore/upload_source.hpp"

#include <mnemo/bucket.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

/// One answer of a listing.
struct ListPage {
  std::vector<BucketEntry> entries;  // in order of names
  std::string next;                  // where to go on; empty at the end
};

/// What buckets behind an HTTP API have in common: names are checked, listings come in pages,
/// downloads go on where they broke off, uploads come from memory or a file.
///
/// The hooks are called with names that passed `check_name`.
class HttpBucket : public Bucket {
 public:
  Status list(const Context& context, std::string_view prefix, bool recursive,
              const std::function<Status(const BucketEntry&)>& visit) final;
  Result<Bytes> get(const Context& context, std::string_view name, uint64_t max_bytes) final;
  Result<Bytes> get_range(const Context& context, std::string_view name, uint64_t offset,
                          uint64_t length) final;
  Result<ObjectAttributes> attributes(const Context& context, std::string_view name) final;
  Status put(const Context& context, std::string_view name, Bytes data) final;
  Status put_file(const Context& context, std::string_view name,
                  const std::filesystem::path& file) final;
  Status remove(const Context& context, std::string_view name) final;

 protected:
  virtual Status check_name(std::string_view name) const;
  /// The page that begins at `next`, which is empty for the first.
  virtual Result<ListPage> list_page(const Context& context, const std::string& folder,
                                     bool recursive, const std::string& next) = 0;
  /// As ObjectReader's.
  virtual Result<std::unique_ptr<HttpTransfer>> open(const Context& context, std::string_view name,
                                                     const RangeRequest& range) = 0;
  virtual Result<HttpResponse> head(const Context& context, std::string_view name) = 0;
  virtual Status put_source(const Context& context, std::string_view name, UploadSource source) = 0;
  virtual Status remove_object(const Context& context, std::string_view name) = 0;
  /// How often a body that breaks off is asked for in all.
  virtual int read_tries() const = 0;
  virtual const BucketEnvironment& environment() const = 0;

 private:
  ObjectReader reader(const Context& context, std::string_view name);
  Status put_checked(const Context& context, std::string_view name, UploadSource source);
};

/// As much of the body of an answer that is an error as may be of use.
std::string error_body(HttpTransfer& transfer);

}  // namespace mnemo
