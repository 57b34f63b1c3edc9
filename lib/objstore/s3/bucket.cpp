// SPDX-License-Identifier: Apache-2.0
#include "objstore/http_bucket.hpp"
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

class S3Bucket final : public HttpBucket {
 public:
  S3Bucket(std::unique_ptr<Client> client, EncryptionHeaders encryption)
      : client_(std::move(client)), encryption_(std::move(encryption)) {
    create_ = metadata_headers(client_->options().user_metadata);
    create_.insert(create_.end(), encryption_.create.begin(), encryption_.create.end());
    create_.push_back({"Content-Type", "application/octet-stream"});
  }

  std::string name() const override { return client_->options().bucket; }

 protected:
  Result<ListPage> list_page(const Context& context, const std::string& folder, bool recursive,
                             const std::string& next) override {
    bool v1 = client_->options().list_objects_v1;
    Request request;
    request.query = {{"prefix", folder}, {"encoding-type", "url"}};
    if (!v1) request.query.emplace_back("list-type", "2");
    if (!recursive) request.query.emplace_back("delimiter", "/");
    if (!next.empty()) request.query.emplace_back(v1 ? "marker" : "continuation-token", next);
    MNEMO_TRY(auto answer, client_->perform(context, request, kMaxListBytes));
    return parse_list(answer.body, v1).with_context("list " + name());
  }

  Result<std::unique_ptr<HttpTransfer>> open(const Context& context, std::string_view name,
                                             const RangeRequest& range) override {
    Request request{"GET", std::string(name), {}, encryption_.use, {}, {}};
    if (!range.is_whole()) request.headers.push_back({"Range", range.header()});
    if (!range.if_match.empty()) request.headers.push_back({"If-Match", range.if_match});
    return client_->open(context, request);
  }

  Result<HttpResponse> head(const Context& context, std::string_view name) override {
    Request request{"HEAD", std::string(name), {}, encryption_.use, {}, {}};
    return client_->perform(context, request, kMaxAnswerBytes);
  }

  Status remove_object(const Context& context, std::string_view name) override {
    Request request{"DELETE", std::string(name), {}, {}, {}, {}};
    return client_->perform(context, request, kMaxAnswerBytes).status();
  }

  int read_tries() const override { return client_->options().max_tries; }
  const BucketEnvironment& environment() const override { return client_->environment(); }

  Status put_source(const Context& context, std::string_view name, UploadSource source) override {
    const auto& options = client_->options();
    if (source->size > options.part_size && !options.disable_multipart) {
      return put_in_parts(context, *client_, std::string(name), source, create_, encryption_);
    }
    Request request{"PUT", std::string(name), {}, create_, {}, std::move(source)};
    return client_->perform(context, request, kMaxAnswerBytes).status();
  }

 private:
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
