// SPDX-License-Identifier: Apache-2.0
#include "objstore/download.hpp"
#include "objstore/object_name.hpp"
#include "objstore/s3/client.hpp"
#include "objstore/s3/encryption.hpp"
#include "objstore/s3/multipart.hpp"
#include "objstore/s3/options.hpp"
#include "objstore/s3/xml.hpp"

#include <utility>

namespace mnemo::s3 {
namespace {

constexpr size_t kMaxListBytes = 32 << 20;
constexpr size_t kMaxAnswerBytes = 1 << 20;
constexpr uint64_t kLeastPartBytes = 5 << 20;

class S3Bucket final : public Bucket {
 public:
  S3Bucket(std::unique_ptr<Client> client, EncryptionHeaders encryption)
      : client_(std::move(client)), encryption_(std::move(encryption)) {
    create_ = metadata_headers(client_->options().user_metadata);
    create_.insert(create_.end(), encryption_.create.begin(), encryption_.create.end());
    create_.push_back({"Content-Type", "application/octet-stream"});
  }

  std::string name() const override { return client_->options().bucket; }

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
    MNEMO_RETURN_IF_ERROR(check_object_name(name));
    return download_object(context, name, max_bytes, reader(context, name), client_->environment());
  }

  Result<Bytes> get_range(const Context& context, std::string_view name, uint64_t offset,
                          uint64_t length) override {
    MNEMO_RETURN_IF_ERROR(check_object_name(name));
    return download_range(context, name, offset, length, reader(context, name),
                          client_->environment());
  }

  Result<ObjectAttributes> attributes(const Context& context, std::string_view name) override {
    MNEMO_RETURN_IF_ERROR(check_object_name(name));
    Request request{"HEAD", std::string(name), {}, encryption_.use, {}, {}};
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
    MNEMO_RETURN_IF_ERROR(check_object_name(name));
    Request request{"DELETE", std::string(name), {}, {}, {}, {}};
    return client_->perform(context, request, kMaxAnswerBytes).status();
  }

 private:
  Result<ListPage> list_page(const Context& context, const std::string& folder, bool recursive,
                             const std::string& next) {
    bool v1 = client_->options().list_objects_v1;
    Request request;
    request.query = {{"prefix", folder}, {"encoding-type", "url"}};
    if (!v1) request.query.emplace_back("list-type", "2");
    if (!recursive) request.query.emplace_back("delimiter", "/");
    if (!next.empty()) request.query.emplace_back(v1 ? "marker" : "continuation-token", next);
    MNEMO_TRY(auto answer, client_->perform(context, request, kMaxListBytes));
    return parse_list(answer.body, v1).with_context("list " + name());
  }

  /// Leaves out the markers that some tools store for folders, and names that no call would take.
  static bool is_wanted(const BucketEntry& entry, const std::string& folder) {
    std::string_view name = entry.name;
    if (!name.starts_with(folder) || name == folder) return false;
    if (entry.is_folder) name.remove_suffix(1);
    return check_object_name(name).ok();
  }

  ObjectReader reader(const Context& context, std::string_view name) {
    ObjectReader reader;
    reader.open = [this, &context, name](const RangeRequest& range) {
      Request request{"GET", std::string(name), {}, encryption_.use, {}, {}};
      if (!range.is_whole()) request.headers.push_back({"Range", range.header()});
      if (!range.if_match.empty()) request.headers.push_back({"If-Match", range.if_match});
      return client_->open(context, request);
    };
    reader.attributes = [this, &context, name] { return attributes(context, name); };
    reader.tries = client_->options().max_tries;
    return reader;
  }

  Status put_source(const Context& context, std::string_view name, UploadSource source) {
    MNEMO_RETURN_IF_ERROR(check_object_name(name));
    MNEMO_RETURN_IF_ERROR(context.check());
    const auto& options = client_->options();
    if (source->size > options.part_size && !options.disable_multipart) {
      return put_in_parts(context, *client_, std::string(name), source, create_, encryption_);
    }
    Request request{"PUT", std::string(name), {}, create_, {}, std::move(source)};
    return client_->perform(context, request, kMaxAnswerBytes).status();
  }

  std::unique_ptr<Client> client_;
  EncryptionHeaders encryption_;
  std::vector<HttpHeader> create_;  // of every object put
};

}  // namespace

Status check_options(const Options& options) {
  MNEMO_RETURN_IF_ERROR(check_endpoint(options.endpoint));
  if (options.bucket.empty()) return Status::invalid_argument("no s3 bucket in config file");
  if (options.bucket.find_first_of("/?#@: ") != std::string::npos) {
    return Status::invalid_argument("bucket: not the name of a bucket");
  }
  if (options.aws_sdk_auth && !options.access_key.empty()) {
    return Status::invalid_argument(
        "aws_sdk_auth and access_key are mutually exclusive configurations");
  }
  if (options.access_key.empty() != options.secret_key.empty()) {
    bool has_key = !options.access_key.empty();
    return Status::invalid_argument(
        "no s3 " + std::string(has_key ? "secret_key" : "access_key") + " specified while " +
        (has_key ? "access_key" : "secret_key") +
        " is present in config file; either both should be present in config or envvars/IAM "
        "should be used.");
  }
  const auto& encryption = options.encryption;
  if (encryption.kind == EncryptionKind::kCustomerKey && encryption.customer_key_file.empty()) {
    return Status::invalid_argument(
        "encryption_key must be set if sse_config.type is set to 'SSE-C'");
  }
  if (encryption.kind == EncryptionKind::kKms && encryption.kms_key_id.empty()) {
    return Status::invalid_argument(
        "kms_key_id must be set if sse_config.type is set to 'SSE-KMS'");
  }
  if (options.part_size < kLeastPartBytes && !options.disable_multipart) {
    return Status::invalid_argument("part_size is smaller than allowed minimum of 5MiB");
  }
  return {};
}

Result<std::unique_ptr<Bucket>> open_bucket(const Options& options,
                                            const BucketEnvironment& environment) {
  MNEMO_RETURN_IF_ERROR(check_options(options));
  MNEMO_TRY(auto encryption, encryption_headers(options.encryption));
  MNEMO_TRY(auto client, Client::make(options, environment));
  return std::unique_ptr<Bucket>(
      std::make_unique<S3Bucket>(std::move(client), std::move(encryption)));
}

}  // namespace mnemo::s3
