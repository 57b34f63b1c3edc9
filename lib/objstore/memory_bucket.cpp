// SPDX-License-Identifier: Apache-2.0
#include <mnemo/bucket.hpp>

#include "base/file.hpp"
#include "objstore/object_name.hpp"

#include <chrono>
#include <limits>
#include <map>
#include <mutex>
#include <vector>

namespace mnemo {
namespace {

int64_t now_ms() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

struct StoredObject {
  Bytes data;
  int64_t last_modified_ms = 0;
};

class MemoryBucket final : public Bucket {
 public:
  std::string name() const override { return "memory"; }

  Status list(const Context& context, std::string_view prefix, bool recursive,
              const std::function<Status(const BucketEntry&)>& visit) override {
    MNEMO_TRY(auto folder, listing_folder(prefix));
    for (const auto& entry : entries_below(folder, recursive)) {
      MNEMO_RETURN_IF_ERROR(context.check());
      MNEMO_RETURN_IF_ERROR(visit(entry));
    }
    return context.check();
  }

  Result<Bytes> get(const Context& context, std::string_view name, uint64_t max_bytes) override {
    MNEMO_TRY(auto object, find(context, name));
    if (object.data.size() > max_bytes) {
      return Status::resource_exhausted("get " + std::string(name) + ": larger than " +
                                        std::to_string(max_bytes) + " bytes");
    }
    return object.data;
  }

  Result<Bytes> get_range(const Context& context, std::string_view name, uint64_t offset,
                          uint64_t length) override {
    MNEMO_TRY(auto object, find(context, name));
    if (offset > object.data.size()) {
      return Status::out_of_range("get " + std::string(name) + ": offset " +
                                  std::to_string(offset) + " is past the end at " +
                                  std::to_string(object.data.size()));
    }
    return object.data.slice(offset, std::min<uint64_t>(length, object.data.size() - offset));
  }

  Result<ObjectAttributes> attributes(const Context& context, std::string_view name) override {
    MNEMO_TRY(auto object, find(context, name));
    return ObjectAttributes{object.data.size(), object.last_modified_ms};
  }

  Status put(const Context& context, std::string_view name, Bytes data) override {
    MNEMO_RETURN_IF_ERROR(check_object_name(name));
    MNEMO_RETURN_IF_ERROR(context.check());
    // A copy: the caller's bytes may be a mapped file that goes away or changes.
    StoredObject object{Bytes::copy_of(data.as_string()), now_ms()};
    std::lock_guard lock(mutex_);
    objects_.insert_or_assign(std::string(name), std::move(object));
    return {};
  }

  Status put_file(const Context& context, std::string_view name,
                  const std::filesystem::path& file) override {
    MNEMO_TRY(auto content, read_file(file, std::numeric_limits<int64_t>::max()));
    return put(context, name, Bytes::own(std::move(content)));
  }

  Status remove(const Context& context, std::string_view name) override {
    MNEMO_RETURN_IF_ERROR(check_object_name(name));
    MNEMO_RETURN_IF_ERROR(context.check());
    std::lock_guard lock(mutex_);
    auto at = objects_.find(name);
    if (at == objects_.end()) return not_found("remove", name);
    objects_.erase(at);
    return {};
  }

 private:
  static Status not_found(std::string_view operation, std::string_view name) {
    return Status::not_found(std::string(operation) + " " + std::string(name) + ": no such object");
  }

  Result<StoredObject> find(const Context& context, std::string_view name) {
    MNEMO_RETURN_IF_ERROR(check_object_name(name));
    MNEMO_RETURN_IF_ERROR(context.check());
    std::lock_guard lock(mutex_);
    auto at = objects_.find(name);
    if (at == objects_.end()) return not_found("get", name);
    return at->second;
  }

  std::vector<BucketEntry> entries_below(const std::string& folder, bool recursive) {
    std::vector<BucketEntry> entries;
    std::lock_guard lock(mutex_);
    for (auto at = objects_.lower_bound(folder); at != objects_.end(); ++at) {
      const auto& [name, object] = *at;
      if (!name.starts_with(folder)) break;
      auto slash = recursive ? std::string::npos : name.find('/', folder.size());
      if (slash == std::string::npos) {
        entries.push_back({name, false, {object.data.size(), object.last_modified_ms}});
      } else if (auto sub = name.substr(0, slash + 1);
                 entries.empty() || entries.back().name != sub) {
        entries.push_back({std::move(sub), true, {}});
      }
    }
    return entries;
  }

  std::mutex mutex_;
  std::map<std::string, StoredObject, std::less<>> objects_;
};

}  // namespace

std::unique_ptr<Bucket> make_memory_bucket() { return std::make_unique<MemoryBucket>(); }

}  // namespace mnemo
