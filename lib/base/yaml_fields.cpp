// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_fields.hpp"

#include "base/byte_size.hpp"
#include "base/duration.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace mnemo::yaml {
namespace {

constexpr std::string_view kPlace = "line ";

/// What a reader said, with the field's name and place.
Status place(Status status, const YAML::Node& value, const std::string& name) {
  if (status.ok() || status.message().starts_with(kPlace)) return status;
  auto field = "field \"" + name + "\"";
  if (status.code() == Code::kUnknown) return error_at(value, field + " is no " + status.message());
  return {status.code(), error_at(value, field + ": " + status.message()).message()};
}

Status unknown_field(const YAML::Node& key, const Fields& fields) {
  std::string known;
  for (const auto& field : fields) known += (known.empty() ? "" : ", ") + field.name;
  return error_at(key, "unknown field \"" + key.Scalar() + "\"; known are " + known);
}

Status read_field(const Field& field, const YAML::Node& value) {
  try {
    return place(field.read(value), value, field.name);
  } catch (const YAML::Exception&) {
    return error_at(value, "field \"" + field.name + "\" is of another kind");
  }
}

template <typename Value>
Reader converted(Value& out, const char* kind) {
  return [&out, kind](const YAML::Node& node) {
    return YAML::convert<Value>::decode(node, out) ? Status() : Status::unknown(kind);
  };
}

}  // namespace

Status error_at(const YAML::Node& node, const std::string& what) {
  return Status::invalid_argument(std::string(kPlace) + std::to_string(node.Mark().line + 1) +
                                  ": " + what);
}

Status read(const YAML::Node& map, const Fields& fields) {
  if (!map || map.IsNull()) return {};
  if (!map.IsMap()) return error_at(map, "not a map of fields");
  std::set<std::string> seen;
  for (const auto& entry : map) {
    if (!entry.first.IsScalar()) return error_at(entry.first, "a field's name is no text");
    const auto& name = entry.first.Scalar();
    auto field = std::find_if(fields.begin(), fields.end(),
                              [&](const Field& known) { return known.name == name; });
    if (field == fields.end()) return unknown_field(entry.first, fields);
    if (!seen.insert(name).second) {
      return error_at(entry.first, "field \"" + name + "\" is set twice");
    }
    if (!entry.second.IsNull()) MNEMO_RETURN_IF_ERROR(read_field(*field, entry.second));
  }
  return {};
}

Status read_document(const std::string& what, std::string_view text,
                     const std::function<Status(const YAML::Node&)>& read) {
  try {
    return read(YAML::Load(std::string(text))).with_context(what);
  } catch (const YAML::Exception& error) {
    return Status::invalid_argument(what + ": " + std::string(kPlace) +
                                    std::to_string(error.mark.line + 1) + ": " + error.msg);
  }
}

Reader text(std::string& out) {
  return [&out](const YAML::Node& node) {
    if (!node.IsScalar()) return Status::unknown("text");
    out = node.Scalar();
    return Status();
  };
}

Reader texts(std::vector<std::string>& out) {
  return [&out](const YAML::Node& node) {
    if (!node.IsSequence()) return Status::unknown("list of texts");
    out.clear();
    for (const auto& item : node) {
      if (!item.IsScalar()) return Status::unknown("list of texts");
      out.push_back(item.Scalar());
    }
    return Status();
  };
}

Reader flag(bool& out) { return converted(out, "true or false"); }

Reader integer(int64_t& out) { return converted(out, "whole number"); }

Reader count(uint64_t& out) {
  return [&out](const YAML::Node& node) {
    int64_t number = 0;
    bool is_count = YAML::convert<int64_t>::decode(node, number) && number >= 0;
    if (!is_count) return Status::unknown("number");
    out = static_cast<uint64_t>(number);
    return Status();
  };
}

Reader fraction(double& out) { return converted(out, "number"); }

Reader duration(std::chrono::milliseconds& out) {
  return [&out](const YAML::Node& node) {
    auto ms = node.IsScalar() ? parse_duration_ms(node.Scalar()) : Status::unknown("");
    if (!ms.ok() || *ms < 0) return Status::unknown("duration");
    out = std::chrono::milliseconds(*ms);
    return Status();
  };
}

Reader bytes(uint64_t& out) {
  return [&out](const YAML::Node& node) {
    auto size = node.IsScalar() ? parse_byte_size(node.Scalar()) : Status::unknown("");
    if (!size.ok()) return Status::unknown("number of bytes");
    out = *size;
    return Status();
  };
}

Reader text_map(std::map<std::string, std::string>& out) {
  return [&out](const YAML::Node& node) {
    if (!node.IsMap()) return Status::unknown("map of texts");
    for (const auto& entry : node) {
      if (!entry.first.IsScalar() || !(entry.second.IsScalar() || entry.second.IsNull())) {
        return Status::unknown("map of texts");
      }
      out[entry.first.Scalar()] = entry.second.Scalar();
    }
    return Status();
  };
}

Reader section(Fields fields) {
  return [fields = std::move(fields)](const YAML::Node& node) {
    return node.IsMap() ? read(node, fields) : Status::unknown("map of fields");
  };
}

Reader keep(YAML::Node& out) {
  return [&out](const YAML::Node& node) {
    out.reset(node);
    return Status();
  };
}

}  // namespace mnemo::yaml
