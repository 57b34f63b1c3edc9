// SPDX-License-Identifier: Apache-2.0
#include "cache/config_fields.hpp"

#include "base/duration.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace mnemo::cache {
namespace {

template <typename Number>
bool read_number(std::string_view text, Number& number) {
  const auto* end = text.data() + text.size();
  auto result = std::from_chars(text.data(), end, number);
  return !text.empty() && result.ec == std::errc() && result.ptr == end;
}

}  // namespace

Result<uint64_t> parse_bytes(std::string_view text) {
  auto malformed = [&] {
    return Status::invalid_argument("not a number of bytes: \"" + std::string(text) +
                                    "\"; give one as 250MB or 1GiB");
  };
  auto number_end = text.find_first_not_of("0123456789.");
  auto digits = text.substr(0, number_end);
  auto unit = number_end == std::string_view::npos ? "" : std::string(text.substr(number_end));
  double number = 0;
  if (!read_number(digits, number)) return malformed();
  constexpr std::string_view kPowers = "KMGTPE";
  double factor = 1;
  if (!unit.empty() && unit != "B") {
    auto power = kPowers.find(unit[0]);
    bool is_known =
        power != std::string_view::npos && (unit.substr(1) == "B" || unit.substr(1) == "iB");
    if (!is_known) return malformed();
    for (size_t i = 0; i <= power; ++i) factor *= 1024;
  }
  if (number * factor >= 1.8e19) return malformed();
  return static_cast<uint64_t>(number * factor);
}

ConfigFields::ConfigFields(std::string what, const YAML::Node& map)
    : what_(std::move(what)), map_(map) {
  if (!map_ || map_.IsNull()) return;
  if (!map_.IsMap()) fail(map_, "not a map of fields");
  if (!failure_.ok()) return;
  std::set<std::string> seen;
  for (const auto& field : map_) {
    if (!field.first.IsScalar()) {
      fail(field.first, "a field's name is no text");
    } else if (!seen.insert(field.first.Scalar()).second) {
      fail(field.first, "field \"" + field.first.Scalar() + "\" is set twice");
    }
  }
}

void ConfigFields::fail(const YAML::Node& node, const std::string& what) {
  if (!failure_.ok()) return;
  failure_ = Status::invalid_argument(what_ + ": line " + std::to_string(node.Mark().line + 1) +
                                      ": " + what);
}

bool ConfigFields::find(const char* name, YAML::Node& value) {
  known_.insert(name);
  if (!failure_.ok() || !map_ || !map_.IsMap()) return false;
  value.reset(map_[name]);
  return value && !value.IsNull();
}

YAML::Node ConfigFields::take(const char* name) {
  YAML::Node value;
  return find(name, value) ? value : YAML::Node(YAML::NodeType::Undefined);
}

void ConfigFields::scalar(const char* name, const char* kind,
                          const std::function<bool(const std::string&)>& read) {
  YAML::Node value;
  if (!find(name, value)) return;
  if (!value.IsScalar() || !read(value.Scalar())) {
    fail(value, "field \"" + std::string(name) + "\" is no " + kind);
  }
}

void ConfigFields::text(const char* name, std::string& target) {
  scalar(name, "text", [&](const std::string& value) {
    target = value;
    return true;
  });
}

void ConfigFields::texts(const char* name, std::vector<std::string>& target) {
  YAML::Node value;
  if (!find(name, value)) return;
  if (!value.IsSequence()) return fail(value, "field \"" + std::string(name) + "\" is no list");
  target.clear();
  for (const auto& item : value) {
    if (!item.IsScalar())
      return fail(item, "field \"" + std::string(name) + "\" is no list of texts");
    target.push_back(item.Scalar());
  }
}

void ConfigFields::number(const char* name, uint64_t& target) {
  scalar(name, "number", [&](const std::string& value) { return read_number(value, target); });
}

void ConfigFields::fraction(const char* name, double& target) {
  scalar(name, "number", [&](const std::string& value) { return read_number(value, target); });
}

void ConfigFields::boolean(const char* name, bool& target) {
  scalar(name, "true or false", [&](const std::string& value) {
    target = value == "true";
    return value == "true" || value == "false";
  });
}

void ConfigFields::duration(const char* name, std::chrono::milliseconds& target) {
  scalar(name, "duration", [&](const std::string& value) {
    auto ms = parse_duration_ms(value);
    if (ms.ok()) target = std::chrono::milliseconds(*ms);
    return ms.ok() && *ms >= 0;
  });
}

void ConfigFields::bytes(const char* name, uint64_t& target) {
  scalar(name, "number of bytes", [&](const std::string& value) {
    auto bytes = parse_bytes(value);
    if (bytes.ok()) target = *bytes;
    return bytes.ok();
  });
}

Status ConfigFields::finish() {
  if (!failure_.ok() || !map_ || !map_.IsMap()) return failure_;
  for (const auto& field : map_) {
    if (!field.first.IsScalar()) continue;
    const auto& name = field.first.Scalar();
    if (known_.count(name) == 0) fail(field.first, "unknown field \"" + name + "\"");
  }
  return failure_;
}

Status read_yaml(const std::string& what, std::string_view yaml,
                 const std::function<Status(const YAML::Node&)>& read) {
  try {
    return read(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& error) {
    return Status::invalid_argument(what + ": line " + std::to_string(error.mark.line + 1) + ": " +
                                    error.msg);
  }
}

}  // namespace mnemo::cache
