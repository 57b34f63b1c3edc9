// SPDX-License-Identifier: Apache-2.0
#include "blocks/markers.hpp"

#include "base/json_text.hpp"
#include "blocks/layout.hpp"

#include <nlohmann/json.hpp>

namespace mnemo {
namespace {

using nlohmann::json;

constexpr int64_t kVersion = 1;
constexpr uint64_t kMaxMarkBytes = 1 << 20;

const char* time_field(MarkKind kind) {
  switch (kind) {
    case MarkKind::kDeletion: return "deletion_time";
    case MarkKind::kNoCompact: return "no_compact_time";
    case MarkKind::kNoDownsample: return "no_downsample_time";
  }
  return "";
}

Status bad_field(MarkKind kind, const char* field) {
  return Status::data_loss(std::string(mark_file(kind)) + ": field \"" + field +
                           "\" is missing or of the wrong type");
}

Result<int64_t> integer(MarkKind kind, const json& mark, const char* field) {
  auto at = mark.find(field);
  if (at == mark.end() || !at->is_number_integer()) return bad_field(kind, field);
  return at->get<int64_t>();
}

/// An absent text is empty.
Result<std::string> text(MarkKind kind, const json& mark, const char* field) {
  auto at = mark.find(field);
  if (at == mark.end() || at->is_null()) return std::string();
  if (!at->is_string()) return bad_field(kind, field);
  return at->get<std::string>();
}

void append_text(std::string& out, const char* field, std::string_view value) {
  out += ",\"" + std::string(field) + "\":";
  append_json_string(out, value);
}

}  // namespace

std::string_view mark_file(MarkKind kind) {
  switch (kind) {
    case MarkKind::kDeletion: return "deletion-mark.json";
    case MarkKind::kNoCompact: return "no-compact-mark.json";
    case MarkKind::kNoDownsample: return "no-downsample-mark.json";
  }
  return "";
}

Result<BlockMark> BlockMark::parse(MarkKind kind, std::string_view json_text) {
  auto parsed = json::parse(json_text, nullptr, false);
  if (!parsed.is_object()) {
    return Status::data_loss(std::string(mark_file(kind)) + ": not a JSON object");
  }
  MNEMO_TRY(auto version, integer(kind, parsed, "version"));
  if (version != kVersion) {
    return Status::unimplemented(std::string(mark_file(kind)) + ": unexpected version " +
                                 std::to_string(version) + ", expected 1");
  }
  BlockMark mark;
  mark.kind = kind;
  MNEMO_TRY(auto id, text(kind, parsed, "id"));
  auto block = Ulid::parse(id);
  if (!block.ok()) return bad_field(kind, "id");
  mark.block = *block;
  MNEMO_TRY(mark.time, integer(kind, parsed, time_field(kind)));
  MNEMO_TRY(mark.reason, text(kind, parsed, "reason"));
  MNEMO_TRY(mark.details, text(kind, parsed, "details"));
  return mark;
}

std::string BlockMark::to_json() const {
  std::string out = "{\"id\":\"" + block.to_string() + "\",\"version\":" + std::to_string(kVersion);
  if (!details.empty()) append_text(out, "details", details);
  out += ",\"" + std::string(time_field(kind)) + "\":" + std::to_string(time);
  if (kind != MarkKind::kDeletion) append_text(out, "reason", reason);
  return out + "}";
}

Result<BlockMark> read_mark(const Context& context, Bucket& bucket, MarkKind kind,
                            const Ulid& block) {
  auto name = block_object(block, mark_file(kind));
  MNEMO_TRY(auto content, bucket.get(context, name, kMaxMarkBytes));
  return BlockMark::parse(kind, content.as_string()).with_context(block.to_string());
}

Result<bool> put_mark(const Context& context, Bucket& bucket, const BlockMark& mark) {
  auto name = block_object(mark.block, mark_file(mark.kind));
  MNEMO_TRY(bool exists, bucket.exists(context, name));
  if (exists) return false;
  MNEMO_RETURN_IF_ERROR(bucket.put(context, name, Bytes::own(mark.to_json())));
  return true;
}

}  // namespace mnemo
