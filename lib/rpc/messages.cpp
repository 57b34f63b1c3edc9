// SPDX-License-Identifier: Apache-2.0
#include "rpc/messages.hpp"

#include "base/proto_wire.hpp"
#include "rpc/wire_parts.hpp"

#include <string_view>

namespace mnemo::rpc {
namespace {

constexpr uint64_t kAggregates = 6;

Status malformed(std::string_view what) {
  return Status::invalid_argument("malformed " + std::string(what));
}

void append_strings(std::string& out, uint32_t field, const std::vector<std::string>& values) {
  for (const auto& value : values) ProtoWriter(out).string_always(field, value);
}

/// Hints of all three calls: block matchers as field 1.
void append_hints(std::string& out, uint32_t field, std::string_view name,
                  const std::vector<Matcher>& block_matchers) {
  if (block_matchers.empty()) return;
  std::string hints;
  append_matchers(hints, 1, block_matchers);
  append_any(out, field, name, hints);
}

Status read_hints(std::span<const uint8_t> any, std::string_view name,
                  std::vector<Matcher>& block_matchers) {
  MNEMO_TRY(auto message, read_any(any, name));
  ProtoReader reader(message);
  while (reader.next()) {
    if (reader.field() != 1) continue;
    MNEMO_TRY(auto matcher, read_matcher(reader.bytes()));
    block_matchers.push_back(std::move(matcher));
  }
  return reader.failed() ? malformed(name) : Status();
}

Status read_matcher_into(ProtoReader& reader, std::vector<Matcher>& matchers) {
  MNEMO_TRY(auto matcher, read_matcher(reader.bytes()));
  matchers.push_back(std::move(matcher));
  return {};
}

Status add_aggregate(uint64_t number, std::vector<Aggregate>& aggregates) {
  if (number >= kAggregates) {
    return Status::invalid_argument("unknown aggregate " + std::to_string(number));
  }
  aggregates.push_back(static_cast<Aggregate>(number));
  return {};
}

/// A repeated enum: packed by proto3's default, or one a field.
Status read_aggregates(ProtoReader& reader, std::vector<Aggregate>& aggregates) {
  if (reader.wire() != ProtoReader::Wire::kBytes) {
    return add_aggregate(reader.varint(), aggregates);
  }
  ByteReader packed(reader.bytes());
  while (!packed.done()) {
    uint64_t number = packed.uvarint();
    if (packed.failed()) return malformed("aggregates");
    MNEMO_RETURN_IF_ERROR(add_aggregate(number, aggregates));
  }
  return {};
}

/// `partial_response_disabled` is older than the strategy; either asks to abort.
void read_partial_response(uint64_t value, PartialResponse& partial_response) {
  if (value != 0) partial_response = PartialResponse::kAbort;
}

bool aborts(PartialResponse partial_response) {
  return partial_response == PartialResponse::kAbort;
}

void append_shard_info(std::string& out, uint32_t field, const ShardInfo& shard) {
  std::string message;
  ProtoWriter writer(message);
  writer.int64(1, shard.shard_index);
  writer.int64(2, shard.total_shards);
  writer.boolean(3, shard.by);
  append_strings(message, 4, shard.labels);
  ProtoWriter(out).string_always(field, message);
}

bool read_shard_info(std::span<const uint8_t> data, ShardInfo& shard) {
  ProtoReader reader(data);
  while (reader.next()) {
    switch (reader.field()) {
      case 1: shard.shard_index = reader.int64(); break;
      case 2: shard.total_shards = reader.int64(); break;
      case 3: shard.by = reader.varint() != 0; break;
      case 4: shard.labels.emplace_back(reader.string()); break;
      default: break;
    }
  }
  return !reader.failed();
}

bool is_set(const QueryHints& hints) {
  return hints.step_ms != 0 || hints.range_ms != 0 || !hints.func.empty() || hints.grouping_by ||
         !hints.grouping_labels.empty();
}

void append_query_hints(std::string& out, uint32_t field, const QueryHints& hints) {
  std::string func;
  ProtoWriter(func).string(1, hints.func);
  std::string grouping;
  ProtoWriter(grouping).boolean(1, hints.grouping_by);
  append_strings(grouping, 3, hints.grouping_labels);
  std::string range;
  ProtoWriter(range).int64(1, hints.range_ms);

  std::string message;
  ProtoWriter writer(message);
  writer.int64(1, hints.step_ms);
  writer.string(2, func);
  writer.string(4, grouping);
  writer.string(5, range);
  ProtoWriter(out).string_always(field, message);
}

bool read_grouping(std::span<const uint8_t> data, QueryHints& hints) {
  ProtoReader reader(data);
  while (reader.next()) {
    if (reader.field() == 1) hints.grouping_by = reader.varint() != 0;
    if (reader.field() == 3) hints.grouping_labels.emplace_back(reader.string());
  }
  return !reader.failed();
}

bool read_func(std::span<const uint8_t> data, QueryHints& hints) {
  ProtoReader reader(data);
  while (reader.next()) {
    if (reader.field() == 1) hints.func = reader.string();
  }
  return !reader.failed();
}

bool read_range(std::span<const uint8_t> data, QueryHints& hints) {
  ProtoReader reader(data);
  while (reader.next()) {
    if (reader.field() == 1) hints.range_ms = reader.int64();
  }
  return !reader.failed();
}

bool read_query_hints(std::span<const uint8_t> data, QueryHints& hints) {
  ProtoReader reader(data);
  bool good = true;
  while (good && reader.next()) {
    switch (reader.field()) {
      case 1: hints.step_ms = reader.int64(); break;
      case 2: good = read_func(reader.bytes(), hints); break;
      case 4: good = read_grouping(reader.bytes(), hints); break;
      case 5: good = read_range(reader.bytes(), hints); break;
      default: break;
    }
  }
  return good && !reader.failed();
}

Status read_series_field(ProtoReader& reader, SeriesRequest& request) {
  switch (reader.field()) {
    case 1: request.range.min = reader.int64(); break;
    case 2: request.range.max = reader.int64(); break;
    case 3: return read_matcher_into(reader, request.matchers);
    case 4: request.max_resolution_window = reader.int64(); break;
    case 5: return read_aggregates(reader, request.aggregates);
    case 6:
    case 7: read_partial_response(reader.varint(), request.partial_response); break;
    case 8: request.skip_chunks = reader.varint() != 0; break;
    case 9: return read_hints(reader.bytes(), "hintspb.SeriesRequestHints", request.block_matchers);
    case 12:
      if (!read_query_hints(reader.bytes(), request.query_hints)) return malformed("query hints");
      break;
    case 13:
      if (!read_shard_info(reader.bytes(), request.shard_info.emplace())) {
        return malformed("shard info");
      }
      break;
    case 14: request.without_replica_labels.emplace_back(reader.string()); break;
    case 15: request.limit = reader.int64(); break;
    case 16: request.response_batch_size = reader.int64(); break;
    default: break;
  }
  return {};
}

}  // namespace

std::string encode(const SeriesRequest& request) {
  std::string out;
  ProtoWriter writer(out);
  writer.int64(1, request.range.min);
  writer.int64(2, request.range.max);
  append_matchers(out, 3, request.matchers);
  writer.int64(4, request.max_resolution_window);
  std::string aggregates;
  for (auto aggregate : request.aggregates) {
    append_uvarint(aggregates, static_cast<uint64_t>(aggregate));
  }
  writer.string(5, aggregates);
  writer.boolean(6, aborts(request.partial_response));
  writer.varint(7, static_cast<uint64_t>(request.partial_response));
  writer.boolean(8, request.skip_chunks);
  append_hints(out, 9, "hintspb.SeriesRequestHints", request.block_matchers);
  writer.int64(10, request.query_hints.step_ms);
  writer.int64(11, request.query_hints.range_ms);
  if (is_set(request.query_hints)) append_query_hints(out, 12, request.query_hints);
  if (request.shard_info) append_shard_info(out, 13, *request.shard_info);
  append_strings(out, 14, request.without_replica_labels);
  writer.int64(15, request.limit);
  writer.int64(16, request.response_batch_size);
  return out;
}

Result<SeriesRequest> decode_series_request(std::span<const uint8_t> data) {
  SeriesRequest request;
  request.range = {0, 0};
  ProtoReader reader(data);
  while (reader.next()) MNEMO_RETURN_IF_ERROR(read_series_field(reader, request));
  if (reader.failed()) return malformed("SeriesRequest");
  return request;
}

std::string encode(const LabelNamesRequest& request) {
  std::string out;
  ProtoWriter writer(out);
  writer.boolean(1, aborts(request.partial_response));
  writer.varint(2, static_cast<uint64_t>(request.partial_response));
  writer.int64(3, request.range.min);
  writer.int64(4, request.range.max);
  append_hints(out, 5, "hintspb.LabelNamesRequestHints", request.block_matchers);
  append_matchers(out, 6, request.matchers);
  append_strings(out, 7, request.without_replica_labels);
  writer.int64(8, request.limit);
  return out;
}

Result<LabelNamesRequest> decode_label_names_request(std::span<const uint8_t> data) {
  LabelNamesRequest request;
  request.range = {0, 0};
  ProtoReader reader(data);
  while (reader.next()) {
    switch (reader.field()) {
      case 1:
      case 2: read_partial_response(reader.varint(), request.partial_response); break;
      case 3: request.range.min = reader.int64(); break;
      case 4: request.range.max = reader.int64(); break;
      case 5:
        MNEMO_RETURN_IF_ERROR(
            read_hints(reader.bytes(), "hintspb.LabelNamesRequestHints", request.block_matchers));
        break;
      case 6: MNEMO_RETURN_IF_ERROR(read_matcher_into(reader, request.matchers)); break;
      case 7: request.without_replica_labels.emplace_back(reader.string()); break;
      case 8: request.limit = reader.int64(); break;
      default: break;
    }
  }
  if (reader.failed()) return malformed("LabelNamesRequest");
  return request;
}

std::string encode(const LabelValuesRequest& request) {
  std::string out;
  ProtoWriter writer(out);
  writer.string(1, request.label);
  writer.boolean(2, aborts(request.partial_response));
  writer.varint(3, static_cast<uint64_t>(request.partial_response));
  writer.int64(4, request.range.min);
  writer.int64(5, request.range.max);
  append_hints(out, 6, "hintspb.LabelValuesRequestHints", request.block_matchers);
  append_matchers(out, 7, request.matchers);
  append_strings(out, 8, request.without_replica_labels);
  writer.int64(9, request.limit);
  return out;
}

Result<LabelValuesRequest> decode_label_values_request(std::span<const uint8_t> data) {
  LabelValuesRequest request;
  request.range = {0, 0};
  ProtoReader reader(data);
  while (reader.next()) {
    switch (reader.field()) {
      case 1: request.label = reader.string(); break;
      case 2:
      case 3: read_partial_response(reader.varint(), request.partial_response); break;
      case 4: request.range.min = reader.int64(); break;
      case 5: request.range.max = reader.int64(); break;
      case 6:
        MNEMO_RETURN_IF_ERROR(
            read_hints(reader.bytes(), "hintspb.LabelValuesRequestHints", request.block_matchers));
        break;
      case 7: MNEMO_RETURN_IF_ERROR(read_matcher_into(reader, request.matchers)); break;
      case 8: request.without_replica_labels.emplace_back(reader.string()); break;
      case 9: request.limit = reader.int64(); break;
      default: break;
    }
  }
  if (reader.failed()) return malformed("LabelValuesRequest");
  return request;
}

std::string encode(const LabelsResponse& response) {
  std::string out;
  append_strings(out, 1, response.values);
  append_strings(out, 2, response.warnings);
  return out;
}

Result<LabelsResponse> decode_labels_response(std::span<const uint8_t> data) {
  LabelsResponse response;
  ProtoReader reader(data);
  while (reader.next()) {
    if (reader.field() == 1) response.values.emplace_back(reader.string());
    if (reader.field() == 2) response.warnings.emplace_back(reader.string());
  }
  if (reader.failed()) return Status::data_loss("malformed answer to a labels call");
  return response;
}

}  // namespace mnemo::rpc
