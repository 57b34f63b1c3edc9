// SPDX-License-Identifier: Apache-2.0
#include "objstore/prefix_bucket.hpp"

#include "objstore/object_name.hpp"

#include <string>

namespace mnemo {
namespace {

class PrefixBucket final : public Bucket {
 public:
  PrefixBucket(std::shared_ptr<Bucket> bucket, std::string folder)
      : bucket_(std::move(bucket)), folder_(std::move(folder)) {}

  std::string name() const override { return bucket_->name(); }
  bool is_local() const override { return bucket_->is_local(); }

  Status list(const Context& context, std::string_view prefix, bool recursive,
              const std::function<Status(const BucketEntry&)>& visit) override {
    MNEMO_TRY(auto folder, listing_folder(prefix));
    return bucket_->list(context, folder_ + folder, recursive, [&](const BucketEntry& entry) {
      auto shortened = entry;
      shortened.name.erase(0, folder_.size());
      return visit(shortened);
    });
  }

  Result<Bytes> get(const Context& context, std::string_view name, uint64_t max_bytes) override {
    MNEMO_TRY(auto full, full_name(name));
    return bucket_->get(context, full, max_bytes);
  }

  Result<Bytes> get_range(const Context& context, std::string_view name, uint64_t offset,
                          uint64_t length) override {
    MNEMO_TRY(auto full, full_name(name));
    return bucket_->get_range(context, full, offset, length);
  }

  Result<ObjectAttributes> attributes(const Context& context, std::string_view name) override {
    MNEMO_TRY(auto full, full_name(name));
    return bucket_->attributes(context, full);
  }

  Status put(const Context& context, std::string_view name, Bytes data) override {
    MNEMO_TRY(auto full, full_name(name));
    return bucket_->put(context, full, std::move(data));
  }

  Status put_file(const Context& context, std::string_view name,
                  const std::filesystem::path& file) override {
    MNEMO_TRY(auto full, full_name(name));
    return bucket_->put_file(context, full, file);
  }

  Status remove(const Context& context, std::string_view name) override {
    MNEMO_TRY(auto full, full_name(name));
    return bucket_->remove(context, full);
  }

 private:
  Result<std::string> full_name(std::string_view name) const {
    MNEMO_RETURN_IF_ERROR(check_object_name(name));
    return folder_ + std::string(name);
  }

  std::shared_ptr<Bucket> bucket_;
  std::string folder_;  // with its final '/'
};

}  // namespace

Result<std::shared_ptr<Bucket>> make_prefix_bucket(std::shared_ptr<Bucket> bucket,
                                                   std::string_view prefix) {
  while (prefix.starts_with('/')) prefix.remove_prefix(1);
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.empty()) return bucket;
  MNEMO_TRY(auto folder, listing_folder(prefix));
  return std::shared_ptr<Bucket>(
      std::make_shared<PrefixBucket>(std::move(bucket), std::move(folder)));
}

}  // namespace mnemo
