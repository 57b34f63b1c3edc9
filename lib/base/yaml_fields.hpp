// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <yaml-cpp/yaml.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Reads configurations, strictly: what isn't known, is there twice or is of another kind is an
/// error. Errors are InvalidArgument with the line and the field's name; none quotes a value, which
/// may be a secret.
namespace mnemo::yaml {

/// Takes the value of one field, which isn't null. May throw YAML's exceptions. A status of
/// Code::kUnknown says what kind of value was wanted ("duration"); others say more.
using Reader = std::function<Status(const YAML::Node&)>;

struct Field {
  std::string name;
  Reader read;
};
using Fields = std::vector<Field>;

/// "line N: what".
Status error_at(const YAML::Node& node, const std::string& what);

/// Reads a map whose fields are all known and there once; nothing or null is an empty map. Fields
/// that are absent or null leave what they would have set.
Status read(const YAML::Node& map, const Fields& fields);

/// Hands a document to `read`. Errors: InvalidArgument where it is no YAML, what `read` says; all
/// with `what` before them.
Status read_document(const std::string& what, std::string_view text,
                     const std::function<Status(const YAML::Node&)>& read);

/// Readers of the usual kinds, into what they are given.
Reader text(std::string& out);
Reader texts(std::vector<std::string>& out);
/// YAML's: true, yes, on, y and their opposites.
Reader flag(bool& out);
Reader integer(int64_t& out);
/// Not negative.
Reader count(uint64_t& out);
Reader fraction(double& out);
/// As Prometheus writes durations: "1m30s", "0s".
Reader duration(std::chrono::milliseconds& out);
/// "250MB", "1GiB" (both of 1024s), or a plain number.
Reader bytes(uint64_t& out);
Reader text_map(std::map<std::string, std::string>& out);
Reader section(Fields fields);
/// The node itself, for whoever reads it later.
Reader keep(YAML::Node& out);

}  // namespace mnemo::yaml
