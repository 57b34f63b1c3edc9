// SPDX-License-Identifier: Apache-2.0
#include "blocks/upload.hpp"

#include "blocks/bounded.hpp"
#include "blocks/markers.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace mnemo {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kRemovalTimeout{30};

/// RFC 3339 in UTC, with as many digits of nanoseconds as it takes.
std::string time_text(std::chrono::system_clock::time_point time) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  auto nanoseconds = std::chrono::nanoseconds(time - seconds).count();
  auto text = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(seconds));
  if (nanoseconds != 0) {
    text += fmt::format(".{:09}", nanoseconds);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + "Z";
}

Result<BlockMeta> read_checked_meta(const fs::path& dir, bool needs_external_labels) {
  auto block = block_of_folder(dir.filename().string());
  if (!block) return Status::invalid_argument("not a block dir: " + dir.string());
  MNEMO_TRY(auto meta, read_block_meta(dir));
  if (meta.ulid != *block) {
    return Status::invalid_argument(dir.string() + ": meta.json is of another block, " +
                                    meta.ulid.to_string());
  }
  if (!meta.thanos) meta.thanos.emplace();
  if (needs_external_labels && meta.thanos->labels.empty()) {
    return Status::failed_precondition("empty external labels are not allowed for Thanos block " +
                                       block->to_string());
  }
  return meta;
}

Status put_block_file(const Context& context, Bucket& bucket, const fs::path& dir,
                      const Ulid& block, const std::string& rel_path) {
  return bucket.put_file(context, block_object(block, rel_path), dir / rel_path)
      .with_context("upload " + (dir / rel_path).string());
}

Status put_block(const Context& context, Bucket& bucket, const fs::path& dir, BlockMeta& meta,
                 const UploadOptions& options) {
  std::vector<std::string> segments;
  for (const auto& file : meta.thanos->files) {
    if (file.rel_path.starts_with(kChunksFolder)) segments.push_back(file.rel_path);
  }
  MNEMO_RETURN_IF_ERROR(bounded_for(
      context, options.concurrency > 1 ? options.executor.get() : nullptr, options.concurrency,
      segments.size(),
      [&](size_t i) { return put_block_file(context, bucket, dir, meta.ulid, segments[i]); }));
  MNEMO_RETURN_IF_ERROR(put_block_file(context, bucket, dir, meta.ulid, std::string(kIndexFile)));
  meta.thanos->upload_time = time_text(clock_or_system(options.clock)());
  return bucket.put(context, block_object(meta.ulid, kMetaFile), Bytes::own(meta.to_json()))
      .with_context("upload meta.json of " + meta.ulid.to_string());
}

Status remove_if_there(const Context& context, Bucket& bucket, const std::string& name) {
  auto status = bucket.remove(context, name);
  return status.code() == Code::kNotFound ? Status() : status.with_context("delete " + name);
}

}  // namespace

Status upload_block(const Context& context, Bucket& bucket, const fs::path& dir,
                    const UploadOptions& options) {
  MNEMO_TRY(auto meta, read_checked_meta(dir, options.needs_external_labels));
  MNEMO_TRY(meta.thanos->files, describe_block_files(dir, options.hash));
  auto status = put_block(context, bucket, dir, meta, options);
  if (status.ok() || options.after_failure == AfterFailure::kKeep) return status;
  // The caller's context may be what has ended the upload.
  auto removed = delete_block(Context().with_timeout(kRemovalTimeout), bucket, meta.ulid);
  if (removed.ok()) return status;
  return status.with_context("what was uploaded is left: " + removed.message());
}

Status delete_block(const Context& context, Bucket& bucket, const Ulid& block) {
  std::vector<std::string> names;
  MNEMO_RETURN_IF_ERROR(
      bucket.list(context, block.to_string(), true, [&](const BucketEntry& entry) -> Status {
        names.push_back(entry.name);
        return {};
      }));
  auto place = [meta = block_object(block, kMetaFile),
                mark = block_object(block, mark_file(MarkKind::kDeletion))](const auto& name) {
    if (name == meta) return 0;
    return name == mark ? 2 : 1;
  };
  std::stable_sort(names.begin(), names.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
  for (const auto& name : names) MNEMO_RETURN_IF_ERROR(remove_if_there(context, bucket, name));
  return {};
}

}  // namespace mnemo
