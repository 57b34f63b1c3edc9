// SPDX-License-Identifier: Apache-2.0
#include "base/proto_wire.hpp"
#include "rpc/messages.hpp"
#include "rpc/wire_parts.hpp"

namespace mnemo::rpc {
namespace {

std::string label_set(const Labels& labels) {
  std::string out;
  append_labels(out, labels);
  return out;
}

std::string encode_store(const StoreInfo& info) {
  std::string out;
  ProtoWriter writer(out);
  writer.int64(1, info.range.min);
  writer.int64(2, info.range.max);
  writer.boolean(3, info.supports_sharding);
  writer.boolean(5, info.supports_without_replica_labels);
  std::string one;
  for (const auto& tsdb : info.tsdb_infos) {
    one.clear();
    ProtoWriter inner(one);
    inner.string_always(1, label_set(tsdb.labels));
    inner.int64(2, tsdb.range.min);
    inner.int64(3, tsdb.range.max);
    writer.string_always(6, one);
  }
  return out;
}

bool read_tsdb_info(std::span<const uint8_t> data, TsdbInfo& info) {
  info.range = {0, 0};
  ProtoReader reader(data);
  bool good = true;
  while (good && reader.next()) {
    switch (reader.field()) {
      case 1: good = read_label_set(reader.bytes(), info.labels); break;
      case 2: info.range.min = reader.int64(); break;
      case 3: info.range.max = reader.int64(); break;
      default: break;
    }
  }
  return good && !reader.failed();
}

bool read_store(std::span<const uint8_t> data, StoreInfo& info) {
  info.range = {0, 0};
  ProtoReader reader(data);
  bool good = true;
  while (good && reader.next()) {
    switch (reader.field()) {
      case 1: info.range.min = reader.int64(); break;
      case 2: info.range.max = reader.int64(); break;
      case 3: info.supports_sharding = reader.varint() != 0; break;
      case 5: info.supports_without_replica_labels = reader.varint() != 0; break;
      case 6: good = read_tsdb_info(reader.bytes(), info.tsdb_infos.emplace_back()); break;
      default: break;
    }
  }
  return good && !reader.failed();
}

bool read_info(std::span<const uint8_t> data, EndpointInfo& info) {
  ProtoReader reader(data);
  bool good = true;
  Labels labels;
  while (good && reader.next()) {
    switch (reader.field()) {
      case 1:
        good = read_label_set(reader.bytes(), labels);
        if (!labels.empty()) info.store.label_sets.push_back(labels);
        break;
      case 2: info.store.component_type = reader.string(); break;
      case 3:
        info.serves_store = true;
        good = read_store(reader.bytes(), info.store);
        break;
      case 4: info.apis.rules = true; break;
      case 5: info.apis.metric_metadata = true; break;
      case 6: info.apis.targets = true; break;
      case 7: info.apis.exemplars = true; break;
      case 9: info.apis.status = true; break;
      default: break;
    }
  }
  return good && !reader.failed();
}

}  // namespace

std::string encode(const EndpointInfo& info) {
  std::string out;
  ProtoWriter writer(out);
  for (const auto& labels : info.store.label_sets) writer.string_always(1, label_set(labels));
  writer.string(2, info.store.component_type);
  if (info.serves_store) writer.string_always(3, encode_store(info.store));
  // An API is served when its message is there, empty as it is.
  if (info.apis.rules) writer.string_always(4, "");
  if (info.apis.metric_metadata) writer.string_always(5, "");
  if (info.apis.targets) writer.string_always(6, "");
  if (info.apis.exemplars) writer.string_always(7, "");
  if (info.apis.status) writer.string_always(9, "");
  return out;
}

Result<EndpointInfo> decode_endpoint_info(std::span<const uint8_t> data) {
  EndpointInfo info;
  if (!read_info(data, info)) return Status::data_loss("malformed answer to an Info call");
  return info;
}

}  // namespace mnemo::rpc
