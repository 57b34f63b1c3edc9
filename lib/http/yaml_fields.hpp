// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <yaml-cpp/yaml.h>

#include <functional>
#include <string>

namespace mnemo {

/// Takes the value of one field of a configuration; may throw YAML::Exception for a wrong type.
using FieldReader = std::function<Status(const YAML::Node&)>;

/// Readers of the usual kinds, into what they are given.
inline FieldReader read_text(std::string& out) {
  return [&out](const YAML::Node& node) {
    out = node.IsNull() ? std::string() : node.as<std::string>();
    return Status();
  };
}

inline FieldReader read_flag(bool& out) {
  return [&out](const YAML::Node& node) {
    out = node.as<bool>();
    return Status();
  };
}

}  // namespace mnemo
