// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"
#include "objstore/azure/client.hpp"
#include "objstore/azure/options.hpp"
#include "objstore/azure/xml.hpp"
#include "objstore/download.hpp"
#include "objstore/object_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

namespace mnemo::azure {
namespace {

constexpr size_t kMaxListBytes = 64 << 20;
constexpr size_t kMaxAnswerBytes = 1 << 20;
constexpr uint64_t kMaxBlocks = 50'000;
constexpr uint64_t kMib = 1 << 20;
constexpr std::chrono::seconds kOpenTimeout{120};

/// Azure takes '\\' for '/', so that two names would mean one object.
Status check_blob_name(std::string_view name) {
  MNEMO_RETURN_IF_ERROR(check_object_name(name));
  if (name.find('\\') == name.npos) return {};
  return Status::invalid_argument("not a name for Azure, which takes a backslash for a slash: " +
                                  std::string(name));
}

class AzureBucket final : public Bucket {
 public:
  explicit AzureBucket(std::unique_ptr<Client> client) : client_(std::move(client)) {}

  std::string name() const override { return client_->options().container; }

  Status list(const Context& context, std::string_view prefix, bool recursive,
              const std::function<Status(const BucketEntry&)>& visit) override {
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

  Result<Bytes> get(const Context& context, std::string_view name, uint64_t max_bytes) override {
    MNEMO_RETURN_IF_ERROR(check_blob_name(name));
    return download_object(context, name, max_bytes, reader(context, name), client_->environment());
  }

  Result<Bytes> get_range(const Context& context, std::string_view name, uint64_t offset,
                          uint64_t length) override {
    MNEMO_RETURN_IF_ERROR(check_blob_name(name));
    return download_range(context, name, offset, length, reader(context, name),
                          client_->environment());
  }

  Result<ObjectAttributes> attributes(const Context& context, std::string_view name) override {
    MNEMO_RETURN_IF_ERROR(check_blob_name(name));
    Request request{"HEAD", std::string(name), {}, {}, {}, {}};
    MNEMO_TRY(auto answer, client_->perform(context, request, kMaxAnswerBytes));
    return attributes_of(answer, name);
  }

  Status put(const Context& context, std::string_view name, Bytes data) override {
    return put_source(context, name, upload_of(std::move(data)));
  }

  Status put_file(const Context& context, std::string_view name,
                  const std::filesystem::path& file) override {
    MNEMO_TRY(auto source, upload_of_file(file));
    return put_source(context, name, std::move(source));
  }

  Status remove(const Context& context, std::string_view name) override {
    MNEMO_RETURN_IF_ERROR(check_blob_name(name));
    Request request{"DELETE", std::string(name), {}, {{"x-ms-delete-snapshots", "include"}}, {},
                    {}};
    return client_->perform(context, request, kMaxAnswerBytes).status();
  }

  Status make_container() {
    auto context = Context().with_timeout(kOpenTimeout);
    Request request{"HEAD", "", {{"restype", "container"}}, {}, {}, {}};
    auto found = client_->perform(context, request, kMaxAnswerBytes);
    if (found.ok()) return {};
    if (found.status().code() != Code::kFailedPrecondition) return std::move(found).status();
    request.method = "PUT";
    auto made = client_->perform(context, request, kMaxAnswerBytes).status();
    return made.code() == Code::kAlreadyExists ? Status() : made;
  }

 private:
  Result<ListPage> list_page(const Context& context, const std::string& folder, bool recursive,
                             const std::string& next) {
    Request request;
    request.query = {{"restype", "container"}, {"comp", "list"}};
    if (!folder.empty()) request.query.emplace_back("prefix", folder);
    if (!recursive) request.query.emplace_back("delimiter", "/");
    if (!next.empty()) request.query.emplace_back("marker", next);
    MNEMO_TRY(auto answer, client_->perform(context, request, kMaxListBytes));
    return parse_list(answer.body).with_context("list " + name());
  }

  /// Leaves out names that no call would take.
  static bool is_wanted(const BucketEntry& entry, const std::string& folder) {
    std::string_view name = entry.name;
    if (!name.starts_with(folder) || name == folder) return false;
    if (entry.is_folder) name.remove_suffix(1);
    return check_object_name(name).ok();
  }

  ObjectReader reader(const Context& context, std::string_view name) {
    ObjectReader reader;
    reader.open = [this, &context, name](const RangeRequest& range) {
      Request request{"GET", std::string(name), {}, {}, {}, {}};
      if (!range.is_whole()) request.headers.push_back({"x-ms-range", range.header()});
      if (!range.if_match.empty()) request.headers.push_back({"If-Match", range.if_match});
      return client_->open(context, request);
    };
    reader.attributes = [this, &context, name] { return attributes(context, name); };
    reader.tries = client_->options().max_read_tries;
    return reader;
  }

  Status put_source(const Context& context, std::string_view name, UploadSource source) {
    MNEMO_RETURN_IF_ERROR(check_blob_name(name));
    MNEMO_RETURN_IF_ERROR(context.check());
    if (source->size > client_->options().block_size) {
      return put_blocks(context, std::string(name), source);
    }
    Request request;
    request.method = "PUT";
    request.blob = name;
    request.headers = {{"x-ms-blob-type", "BlockBlob"},
                       {"Content-Type", "application/octet-stream"}};
    request.upload = std::move(source);
    return client_->perform(context, request, kMaxAnswerBytes).status();
  }

  /// Blocks that are never named in a list are no object; Azure drops them after a week.
  Status put_blocks(const Context& context, const std::string& name, const UploadSource& source) {
    auto size = client_->options().block_size;
    if (auto least = (source->size + kMaxBlocks - 1) / kMaxBlocks; least > size) {
      size = (least + kMib - 1) / kMib * kMib;
    }
    std::vector<std::string> ids((source->size + size - 1) / size);
    // Blocks of another upload to the same name are never taken for ours.
    auto upload = (uint64_t{std::random_device{}()} << 32) | std::random_device{}();
    auto put = [&](size_t i) {
      ids[i] = base64_text(fmt::format("{:016x}{:08}", upload, i));
      auto offset = i * size;
      Request request;
      request.method = "PUT";
      request.blob = name;
      request.query = {{"comp", "block"}, {"blockid", ids[i]}};
      request.upload = upload_slice(source, offset, std::min(size, source->size - offset));
      return client_->perform(context, request, kMaxAnswerBytes).status();
    };
    if (auto* executor = client_->environment().executor.get()) {
      MNEMO_RETURN_IF_ERROR(parallel_for(context, *executor, ids.size(), put));
    } else {
      for (size_t i = 0; i < ids.size(); ++i) MNEMO_RETURN_IF_ERROR(put(i));
    }
    Request request;
    request.method = "PUT";
    request.blob = name;
    request.query = {{"comp", "blocklist"}};
    request.headers = {{"x-ms-blob-content-type", "application/octet-stream"},
                       {"Content-Type", "application/xml"}};
    request.body = block_list_body(ids);
    return client_->perform(context, request, kMaxAnswerBytes).status();
  }

  std::unique_ptr<Client> client_;
};

}  // namespace

Result<std::unique_ptr<Bucket>> open_bucket(const Options& options,
                                            const BucketEnvironment& environment) {
  auto waits = environment;
  waits.first_backoff = options.retry_delay;
  waits.longest_backoff = options.max_retry_delay;
  MNEMO_TRY(auto client, Client::make(options, waits));
  auto bucket = std::make_unique<AzureBucket>(std::move(client));
  if (options.create_container) {
    MNEMO_RETURN_IF_ERROR(
        bucket->make_container().with_context("Azure blob container " + options.container));
  }
  return std::unique_ptr<Bucket>(std::move(bucket));
}

}  // namespace mnemo::azure
