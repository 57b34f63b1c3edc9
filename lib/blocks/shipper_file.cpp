// SPDX-License-Identifier: Apache-2.0
#include "blocks/shipper_file.hpp"

#include "base/file.hpp"

#include <nlohmann/json.hpp>

namespace mnemo {
namespace {

constexpr uint64_t kMaxBytes = 64 << 20;

}  // namespace

Result<ShipperFile> ShipperFile::parse(std::string_view json_text) {
  auto parsed = nlohmann::json::parse(json_text, nullptr, false);
  if (!parsed.is_object()) return Status::data_loss("not a JSON object");
  auto version = parsed.find("version");
  if (version == parsed.end() || !version->is_number_integer()) {
    return Status::data_loss("no version");
  }
  if (*version != 1) {
    return Status::unimplemented("unexpected meta file version " + version->dump());
  }
  ShipperFile file;
  auto uploaded = parsed.find("uploaded");
  if (uploaded == parsed.end() || uploaded->is_null()) return file;
  if (!uploaded->is_array()) return Status::data_loss("\"uploaded\" is no list");
  for (const auto& entry : *uploaded) {
    if (!entry.is_string()) return Status::data_loss("\"uploaded\" holds what is no text");
    MNEMO_TRY(auto block, Ulid::parse(entry.get_ref<const std::string&>()));
    file.uploaded.push_back(block);
  }
  return file;
}

std::string ShipperFile::to_json() const {
  std::string out = "{\n\t\"version\": 1,\n\t\"uploaded\": ";
  if (uploaded.empty()) return out + "null\n}\n";
  const char* separator = "[";
  for (const auto& block : uploaded) {
    out += separator;
    out += "\n\t\t\"" + block.to_string() + "\"";
    separator = ",";
  }
  return out + "\n\t]\n}\n";
}

Result<ShipperFile> ShipperFile::read(const std::filesystem::path& path) {
  MNEMO_TRY(auto json, read_file(path, kMaxBytes));
  return parse(json).with_context(path.string());
}

Status ShipperFile::write(const std::filesystem::path& path) const {
  return write_file_atomically(path, to_json());
}

}  // namespace mnemo
