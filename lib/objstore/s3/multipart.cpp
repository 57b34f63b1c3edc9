// SPDX-License-Identifier: Apache-2.0
#include "objstore/s3/multipart.hpp"

#include "objstore/download.hpp"
#include "objstore/s3/xml.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mnemo::s3 {
namespace {

constexpr uint64_t kMaxParts = 10'000;
constexpr uint64_t kMaxObjectBytes = uint64_t{5} << 40;
constexpr uint64_t kMib = 1 << 20;
constexpr size_t kMaxAnswerBytes = 1 << 20;
constexpr std::chrono::seconds kAbortTimeout{30};
constexpr std::chrono::seconds kBeginTimeout{60};

class MultipartUpload {
 public:
  MultipartUpload(const Context& context, Client& client, const std::string& object,
                  const UploadSource& source, const EncryptionHeaders& encryption)
      : context_(context),
        client_(client),
        object_(object),
        source_(source),
        encryption_(encryption) {}

  Status run(const std::vector<HttpHeader>& create) {
    MNEMO_TRY(part_size_, part_size_of(source_->size, client_.options().part_size));
    etags_.resize(static_cast<size_t>((source_->size + part_size_ - 1) / part_size_));
    MNEMO_RETURN_IF_ERROR(begin(create));
    auto status = put_parts();
    if (status.ok()) status = complete();
    if (status.ok()) return status;
    auto aborted = abort();
    if (aborted.ok()) return status;
    return status.with_context("parts of " + object_ + " are left (" + aborted.message() + ")");
  }

 private:
  Status begin(const std::vector<HttpHeader>& create) {
    Request request{"POST", object_, {{"uploads", ""}}, create, {}, {}};
    MNEMO_RETURN_IF_ERROR(context_.check());
    // Not ended by the caller's context: an upload whose id isn't known can't be aborted.
    auto context = Context().with_timeout(kBeginTimeout);
    MNEMO_TRY(auto answer, client_.perform(context, request, kMaxAnswerBytes));
    MNEMO_TRY(id_, parse_upload_id(answer.body));
    return {};
  }

  Status put_parts() {
    auto put = [this](size_t i) { return put_part(i); };
    if (auto* executor = client_.environment().executor.get()) {
      return parallel_for(context_, *executor, etags_.size(), put);
    }
    for (size_t i = 0; i < etags_.size(); ++i) MNEMO_RETURN_IF_ERROR(put(i));
    return {};
  }

  Status put_part(size_t i) {
    auto offset = i * part_size_;
    auto size = std::min(part_size_, source_->size - offset);
    Request request;
    request.method = "PUT";
    request.object = object_;
    request.query = {{"partNumber", std::to_string(i + 1)}, {"uploadId", id_}};
    request.headers = encryption_.use;
    request.upload = upload_slice(source_, offset, size);
    MNEMO_TRY(auto answer, client_.perform(context_, request, kMaxAnswerBytes));
    etags_[i] = answer.header("ETag");
    if (!etags_[i].empty()) return {};
    return Status::data_loss("put part " + std::to_string(i + 1) + " of " + object_ +
                             ": the answer has no ETag");
  }

  Status complete() {
    Request request;
    request.method = "POST";
    request.object = object_;
    request.query = {{"uploadId", id_}};
    request.body = complete_body(etags_);
    auto answer = client_.perform(context_, request, kMaxAnswerBytes);
    if (answer.ok()) return {};
    // The answer to an earlier try may have been lost: then the upload is gone and the object is
    // there.
    if (answer.status().code() == Code::kAborted && is_there()) return {};
    return std::move(answer).status();
  }

  /// Whether the object is one of this size made of this many parts.
  bool is_there() {
    auto answer =
        client_.perform(context_, {"HEAD", object_, {}, encryption_.use, {}, {}}, kMaxAnswerBytes);
    if (!answer.ok() || number_header(*answer, "Content-Length") != source_->size) return false;
    std::string_view etag = answer->header("ETag");
    if (etag.ends_with('"')) etag.remove_suffix(1);
    return etag.ends_with("-" + std::to_string(etags_.size()));
  }

  /// The caller's context may be what has ended the upload.
  Status abort() {
    Request request{"DELETE", object_, {{"uploadId", id_}}, {}, {}, {}};
    auto context = Context().with_timeout(kAbortTimeout);
    auto answer = client_.perform(context, request, kMaxAnswerBytes);
    if (answer.ok() || answer.status().code() == Code::kAborted) return {};
    return std::move(answer).status();
  }

  const Context& context_;
  Client& client_;
  const std::string& object_;
  const UploadSource& source_;
  const EncryptionHeaders& encryption_;
  uint64_t part_size_ = 0;
  std::string id_;
  std::vector<std::string> etags_;
};

}  // namespace

Result<uint64_t> part_size_of(uint64_t object_size, uint64_t part_size) {
  if (object_size > kMaxObjectBytes) {
    return Status::invalid_argument("an object of " + std::to_string(object_size) +
                                    " bytes: S3 takes 5 TiB at most");
  }
  auto least = (object_size + kMaxParts - 1) / kMaxParts;
  if (least <= part_size) return part_size;
  return (least + kMib - 1) / kMib * kMib;
}

Status put_in_parts(const Context& context, Client& client, const std::string& object,
                    const UploadSource& source, const std::vector<HttpHeader>& create,
                    const EncryptionHeaders& encryption) {
  return MultipartUpload(context, client, object, source, encryption).run(create);
}

}  // namespace mnemo::s3
