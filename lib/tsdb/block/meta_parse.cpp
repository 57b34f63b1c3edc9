// SPDX-License-Identifier: Apache-2.0
#include <mnemo/block_meta.hpp>

#include "tsdb/block/json_fields.hpp"

#include <fmt/format.h>

#include <utility>

namespace mnemo {
namespace {

using tsdb::Json;
using tsdb::JsonFields;

constexpr int kVersion = 1;

Status parse_ulid(const Json& text, const std::string& path, Ulid& to) {
  if (!text.is_string()) return Status::data_loss(path + " is not a string");
  auto ulid = Ulid::parse(text.get_ref<const std::string&>());
  if (!ulid.ok()) return Status::data_loss(path + ": " + ulid.status().message());
  to = *ulid;
  return {};
}

Status parse_texts(const Json& text, const std::string& path, std::vector<std::string>& to) {
  if (!text.is_string()) return Status::data_loss(path + " is not a string");
  to.push_back(text.get<std::string>());
  return {};
}

Status parse_stats(const Json& object, const std::string& path, BlockStats& stats) {
  JsonFields fields(object, path);
  fields.integer("numSamples", stats.num_samples);
  fields.integer("numFloatSamples", stats.num_float_samples);
  fields.integer("numHistogramSamples", stats.num_histogram_samples);
  fields.integer("numSeries", stats.num_series);
  fields.integer("numChunks", stats.num_chunks);
  fields.integer("numTombstones", stats.num_tombstones);
  return fields.status();
}

Status parse_parent(const Json& object, const std::string& path, BlockParent& parent) {
  JsonFields fields(object, path);
  if (const Json* ulid = fields.find("ulid")) {
    MNEMO_RETURN_IF_ERROR(parse_ulid(*ulid, fields.path_of("ulid"), parent.ulid));
  }
  fields.integer("minTime", parent.min_time);
  fields.integer("maxTime", parent.max_time);
  return fields.status();
}

Status parse_compaction(const Json& object, const std::string& path, BlockCompaction& compaction) {
  JsonFields fields(object, path);
  fields.integer("level", compaction.level);
  fields.array("sources", [&](const Json& element, const std::string& at) {
    return parse_ulid(element, at, compaction.sources.emplace_back());
  });
  fields.boolean("deletable", compaction.deletable);
  fields.array("parents", [&](const Json& element, const std::string& at) {
    return parse_parent(element, at, compaction.parents.emplace_back());
  });
  fields.boolean("failed", compaction.failed);
  fields.array("hints", [&](const Json& element, const std::string& at) {
    return parse_texts(element, at, compaction.hints);
  });
  return fields.status();
}

Status parse_labels(const Json& object, const std::string& path, Labels& labels) {
  if (!object.is_object()) return Status::data_loss(path + " is not an object");
  LabelsBuilder builder;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) return Status::data_loss(path + "." + name + " is not a string");
    builder.set(name, value.get_ref<const std::string&>());
  }
  labels = builder.build();
  return {};
}

Status parse_file(const Json& object, const std::string& path, BlockFile& file) {
  JsonFields fields(object, path);
  fields.text("rel_path", file.rel_path);
  fields.integer("size_bytes", file.size_bytes);
  fields.object("hash", [&](const Json& hash, const std::string& at) {
    JsonFields hash_fields(hash, at);
    hash_fields.text("hashFunc", file.hash_func);
    hash_fields.text("value", file.hash);
    return hash_fields.status();
  });
  return fields.status();
}

Status parse_thanos(const Json& object, const std::string& path, ThanosMeta& thanos) {
  JsonFields fields(object, path);
  thanos.version = 0;  // absent in the oldest blocks
  fields.integer("version", thanos.version);
  fields.object("labels", [&](const Json& labels, const std::string& at) {
    return parse_labels(labels, at, thanos.labels);
  });
  fields.object("downsample", [&](const Json& downsample, const std::string& at) {
    JsonFields downsample_fields(downsample, at);
    downsample_fields.integer("resolution", thanos.resolution);
    return downsample_fields.status();
  });
  fields.text("source", thanos.source);
  fields.array("segment_files", [&](const Json& element, const std::string& at) {
    return parse_texts(element, at, thanos.segment_files);
  });
  fields.array("files", [&](const Json& element, const std::string& at) {
    return parse_file(element, at, thanos.files.emplace_back());
  });
  fields.object("index_stats", [&](const Json& stats, const std::string& at) {
    JsonFields stats_fields(stats, at);
    stats_fields.integer("series_max_size", thanos.index_max_series_size);
    stats_fields.integer("chunk_max_size", thanos.index_max_chunk_size);
    return stats_fields.status();
  });
  fields.text("upload_time", thanos.upload_time);
  auto replace = Json::error_handler_t::replace;
  if (const Json* rewrites = fields.find("rewrites")) {
    thanos.rewrites_json = rewrites->dump(-1, ' ', false, replace);
  }
  if (const Json* extensions = fields.find("extensions")) {
    thanos.extensions_json = extensions->dump(-1, ' ', false, replace);
  }
  MNEMO_RETURN_IF_ERROR(fields.status());
  if (thanos.version != 0 && thanos.version != kVersion) {
    return Status::unimplemented(
        fmt::format("{}.version {} is not supported", path, thanos.version));
  }
  return {};
}

}  // namespace

Result<BlockMeta> BlockMeta::parse(std::string_view json) {
  MNEMO_TRY(auto document, tsdb::parse_json(json));
  BlockMeta meta;
  JsonFields fields(document, "");
  meta.version = 0;
  fields.integer("version", meta.version);
  if (fields.status().ok() && meta.version != kVersion) {
    return Status::unimplemented(fmt::format("version {} is not supported", meta.version));
  }
  if (const Json* ulid = fields.find("ulid")) {
    MNEMO_RETURN_IF_ERROR(parse_ulid(*ulid, "ulid", meta.ulid));
  }
  fields.integer("minTime", meta.min_time);
  fields.integer("maxTime", meta.max_time);
  fields.object("stats", [&](const Json& member, const std::string& at) {
    return parse_stats(member, at, meta.stats);
  });
  fields.object("compaction", [&](const Json& member, const std::string& at) {
    return parse_compaction(member, at, meta.compaction);
  });
  fields.object("thanos", [&](const Json& member, const std::string& at) {
    return parse_thanos(member, at, meta.thanos.emplace());
  });
  MNEMO_RETURN_IF_ERROR(fields.status());
  return meta;
}

}  // namespace mnemo
