// SPDX-License-Identifier: Apache-2.0
#include "objstore/config.hpp"

#include "base/file.hpp"
#include "objstore/prefix_bucket.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <set>
#include <string>

namespace mnemo {
namespace {

constexpr uint64_t kMaxConfigBytes = 1 << 20;

constexpr std::array<std::string_view, 9> kTypesNotBuilt = {
    "GCS", "S3", "AZURE", "SWIFT", "COS", "ALIYUNOSS", "BOS", "OCI", "OBS"};

Status config_error(const YAML::Node& node, const std::string& what) {
  return Status::invalid_argument("bucket configuration: line " +
                                  std::to_string(node.Mark().line + 1) + ": " + what);
}

/// Whether `node` is a map (or nothing) of only these fields, each at most once.
Status check_fields(const YAML::Node& node, std::initializer_list<std::string_view> fields) {
  if (!node || node.IsNull()) return {};
  if (!node.IsMap()) return config_error(node, "not a map of fields");
  std::set<std::string> seen;
  for (const auto& field : node) {
    if (!field.first.IsScalar()) return config_error(field.first, "a field's name is no text");
    const auto& name = field.first.Scalar();
    if (std::find(fields.begin(), fields.end(), name) == fields.end()) {
      return config_error(field.first, "unknown field \"" + name + "\"");
    }
    if (!seen.insert(name).second) {
      return config_error(field.first, "field \"" + name + "\" is set twice");
    }
  }
  return {};
}

/// The text of a field, empty where it is absent or null.
Result<std::string> text_field(const YAML::Node& map, const char* name) {
  if (!map || !map.IsMap()) return std::string();
  auto value = map[name];
  if (!value || value.IsNull()) return std::string();
  if (!value.IsScalar()) {
    return config_error(value, "field \"" + std::string(name) + "\" is no text");
  }
  return value.Scalar();
}

std::string upper(std::string text) {
  for (auto& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

Result<std::shared_ptr<Bucket>> make_filesystem_bucket(const YAML::Node& config) {
  MNEMO_RETURN_IF_ERROR(check_fields(config, {"directory"}));
  MNEMO_TRY(auto directory, text_field(config, "directory"));
  MNEMO_TRY(auto bucket, open_filesystem_bucket({directory}));
  return std::shared_ptr<Bucket>(std::move(bucket));
}

Result<std::shared_ptr<Bucket>> make_bucket_of_type(const std::string& type,
                                                    const YAML::Node& config) {
  auto wanted = upper(type);
  if (wanted == "FILESYSTEM") return make_filesystem_bucket(config);
  if (std::find(kTypesNotBuilt.begin(), kTypesNotBuilt.end(), wanted) != kTypesNotBuilt.end()) {
    return Status::unimplemented("bucket configuration: type " + wanted + " is not built in");
  }
  return Status::invalid_argument("bucket configuration: bucket with type " + type +
                                  " is not supported");
}

Result<std::shared_ptr<Bucket>> make_bucket(const YAML::Node& root) {
  MNEMO_RETURN_IF_ERROR(check_fields(root, {"type", "config", "prefix"}));
  MNEMO_TRY(auto type, text_field(root, "type"));
  MNEMO_TRY(auto prefix, text_field(root, "prefix"));
  if (type.empty()) return Status::invalid_argument("bucket configuration: missing type");
  MNEMO_TRY(auto bucket, make_bucket_of_type(type, root["config"]));
  return make_prefix_bucket(std::move(bucket), prefix);
}

}  // namespace

Result<std::shared_ptr<Bucket>> make_bucket_from_config(std::string_view yaml) {
  try {
    return make_bucket(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& error) {
    return Status::invalid_argument("bucket configuration: line " +
                                    std::to_string(error.mark.line + 1) + ": " + error.msg);
  }
}

Result<std::shared_ptr<Bucket>> make_bucket_from_config_file(const std::filesystem::path& file) {
  MNEMO_TRY(auto yaml, read_file(file, kMaxConfigBytes));
  return make_bucket_from_config(yaml).with_context(file.string());
}

}  // namespace mnemo
