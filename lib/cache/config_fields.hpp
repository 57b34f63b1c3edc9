// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::cache {

/// Reads the fields of a map of a configuration; a field that is absent or null leaves its target
/// as it is. The first problem is told by `finish`, as is a field that nobody has asked for.
///
/// Not thread-safe. yaml-cpp's exceptions pass through; see `read_yaml`.
class ConfigFields {
 public:
  /// `what` is the configuration's name in errors.
  ConfigFields(std::string what, const YAML::Node& map);

  void text(const char* name, std::string& target);
  void texts(const char* name, std::vector<std::string>& target);
  void number(const char* name, uint64_t& target);
  void fraction(const char* name, double& target);
  void boolean(const char* name, bool& target);
  void duration(const char* name, std::chrono::milliseconds& target);
  /// "250MB", "1GiB" (both of 1024s, as Thanos has it), or a plain number.
  void bytes(const char* name, uint64_t& target);
  /// The node of a field, for whoever reads it; not defined where it is absent.
  YAML::Node take(const char* name);

  /// Errors: InvalidArgument, with the field's name and line; values are never told.
  Status finish();

 private:
  bool find(const char* name, YAML::Node& value);
  void fail(const YAML::Node& node, const std::string& what);
  void scalar(const char* name, const char* kind,
              const std::function<bool(const std::string&)>& read);

  std::string what_;
  YAML::Node map_;
  std::set<std::string> known_;
  Status failure_;
};

/// A number of bytes with a unit of 1024s (B, KB, KiB, ... EB), or without one. Errors:
/// InvalidArgument.
Result<uint64_t> parse_bytes(std::string_view text);

/// Hands the document to `read`, and turns what yaml-cpp throws into InvalidArgument.
Status read_yaml(const std::string& what, std::string_view yaml,
                 const std::function<Status(const YAML::Node&)>& read);

}  // namespace mnemo::cache
