// SPDX-License-Identifier: Apache-2.0
#include "objstore/http_bucket.hpp"

#include "objstore/object_name.hpp"

#include <utility>

namespace mnemo {
namespace {

constexpr size_t kMaxErrorBytes = 64 << 10;

/// Leaves out the markers that some tools store for folders, and names that no call would take.
bool is_wanted(const BucketEntry& entry, const std::string& folder) {
  std::string_view name = entry.name;
  if (!name.starts_with(folder) || name == folder) return false;
  if (entry.is_folder) name.remove_suffix(1);
  return check_object_name(name).ok();
}

}  // namespace

Status HttpBucket::check_name(std::string_view name) const { return check_object_name(name); }

Status HttpBucket::list(const Context& context, std::string_view prefix, bool recursive,
                        const std::function<Status(const BucketEntry&)>& visit) {
  MNEMO_TRY(auto folder, listing_folder(prefix));
  std::string next;
  for (;;) {
    MNEMO_TRY(auto page, list_page(context, folder, recursive, next));
    for (const auto& entry : page.entries) {
      if (is_wanted(entry, folder)) MNEMO_RETURN_IF_ERROR(visit(entry));
    }
    if (page.next.empty()) return context.check();
    if (page.next == next) {
      return Status::data_loss("list " + name() + ": the server goes on where it has been");
    }
    next = std::move(page.next);
  }
}

Result<Bytes> HttpBucket::get(const Context& context, std::string_view name, uint64_t max_bytes) {
  MNEMO_RETURN_IF_ERROR(check_name(name));
  return download_object(context, name, max_bytes, reader(context, name), environment());
}

Result<Bytes> HttpBucket::get_range(const Context& context, std::string_view name, uint64_t offset,
                                    uint64_t length) {
  MNEMO_RETURN_IF_ERROR(check_name(name));
  return download_range(context, name, offset, length, reader(context, name), environment());
}

Result<ObjectAttributes> HttpBucket::attributes(const Context& context, std::string_view name) {
  MNEMO_RETURN_IF_ERROR(check_name(name));
  MNEMO_TRY(auto answer, head(context, name));
  return attributes_of(answer, name);
}

Status HttpBucket::put(const Context& context, std::string_view name, Bytes data) {
  return put_checked(context, name, upload_of(std::move(data)));
}

Status HttpBucket::put_file(const Context& context, std::string_view name,
                            const std::filesystem::path& file) {
  MNEMO_TRY(auto source, upload_of_file(file));
  return put_checked(context, name, std::move(source));
}

Status HttpBucket::put_checked(const Context& context, std::string_view name, UploadSource source) {
  MNEMO_RETURN_IF_ERROR(check_name(name));
  MNEMO_RETURN_IF_ERROR(context.check());
  return put_source(context, name, std::move(source));
}

Status HttpBucket::remove(const Context& context, std::string_view name) {
  MNEMO_RETURN_IF_ERROR(check_name(name));
  return remove_object(context, name);
}

ObjectReader HttpBucket::reader(const Context& context, std::string_view name) {
  ObjectReader reader;
  reader.open = [this, &context, name](const RangeRequest& range) {
    return open(context, name, range);
  };
  reader.attributes = [this, &context, name] { return attributes(context, name); };
  reader.tries = read_tries();
  return reader;
}

std::string error_body(HttpTransfer& transfer) {
  std::string body;
  for (;;) {
    auto more = transfer.pull([&](std::string_view piece) {
      body += piece.substr(0, kMaxErrorBytes - body.size());
      return Status();
    });
    if (!more.ok() || !*more || body.size() == kMaxErrorBytes) return body;
  }
}

}  // namespace mnemo
