// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"
#include "objstore/azure/client.hpp"
#include "objstore/azure/options.hpp"
#include "objstore/azure/xml.hpp"
#include "objstore/http_bucket.hpp"
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

class AzureBucket final : public HttpBucket {
 public:
  explicit AzureBucket(std::unique_ptr<Client> client) : client_(std::move(client)) {}

  std::string name() const override { return client_->options().container; }

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

 protected:
  /// Azure takes '\\' for '/', so that two names would mean one object.
  Status check_name(std::string_view name) const override {
    MNEMO_RETURN_IF_ERROR(check_object_name(name));
    if (name.find('\\') == name.npos) return {};
    return Status::invalid_argument("not a name for Azure, which takes a backslash for a slash: " +
                                    std::string(name));
  }

  Result<ListPage> list_page(const Context& context, const std::string& folder, bool recursive,
                             const std::string& next) override {
    Request request;
    request.query = {{"restype", "container"}, {"comp", "list"}};
    if (!folder.empty()) request.query.emplace_back("prefix", folder);
    if (!recursive) request.query.emplace_back("delimiter", "/");
    if (!next.empty()) request.query.emplace_back("marker", next);
    MNEMO_TRY(auto answer, client_->perform(context, request, kMaxListBytes));
    return parse_list(answer.body).with_context("list " + name());
  }

  Result<std::unique_ptr<HttpTransfer>> open(const Context& context, std::string_view name,
                                             const RangeRequest& range) override {
    Request request{"GET", std::string(name), {}, {}, {}, {}};
    if (!range.is_whole()) request.headers.push_back({"x-ms-range", range.header()});
    if (!range.if_match.empty()) request.headers.push_back({"If-Match", range.if_match});
    return client_->open(context, request);
  }

  Result<HttpResponse> head(const Context& context, std::string_view name) override {
    Request request{"HEAD", std::string(name), {}, {}, {}, {}};
    return client_->perform(context, request, kMaxAnswerBytes);
  }

  Status remove_object(const Context& context, std::string_view name) override {
    Request request{"DELETE", std::string(name), {}, {{"x-ms-delete-snapshots", "include"}}, {},
                    {}};
    return client_->perform(context, request, kMaxAnswerBytes).status();
  }

  int read_tries() const override { return client_->options().max_read_tries; }
  const BucketEnvironment& environment() const override { return client_->environment(); }

  Status put_source(const Context& context, std::string_view name, UploadSource source) override {
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

 private:
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
