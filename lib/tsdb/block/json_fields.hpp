// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

namespace mnemo::tsdb {

using Json = nlohmann::ordered_json;

/// Parses a JSON document of moderate nesting. Errors: DataLoss with the offset.
Result<Json> parse_json(std::string_view text);

/// Takes the members of one JSON object with their types checked, as Go's decoder does: absent and
/// null members leave the target as it is. The first failure is kept and names the member.
class JsonFields {
 public:
  /// `path` is what the object is called in errors ("" for the document).
  JsonFields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) fail("", "is not an object");
  }

  const Status& status() const { return status_; }

  /// The member, or null where it is absent, null, or something failed before.
  const Json* find(const char* name) const;

  template <typename Integer>
  void integer(const char* name, Integer& to) {
    static_assert(std::is_integral_v<Integer>);
    const Json* member = find(name);
    if (member == nullptr) return;
    if (!fits<Integer>(*member)) return fail(name, "is not an integer in range");
    to = member->get<Integer>();
  }
  void boolean(const char* name, bool& to);
  void text(const char* name, std::string& to);

  /// Calls `each(element, path)` for the elements of an array; it returns a Status.
  template <typename Each>
  void array(const char* name, const Each& each) {
    const Json* member = find(name);
    if (member == nullptr) return;
    if (!member->is_array()) return fail(name, "is not an array");
    for (size_t i = 0; i < member->size() && status_.ok(); ++i) {
      status_ = each((*member)[i], path_of(name) + "[" + std::to_string(i) + "]");
    }
  }

  /// Calls `take(object, path)` for an object; it returns a Status.
  template <typename Take>
  void object(const char* name, const Take& take) {
    const Json* member = find(name);
    if (member != nullptr) status_ = take(*member, path_of(name));
  }

  void fail(std::string_view name, std::string_view reason);
  std::string path_of(std::string_view name) const;

 private:
  template <typename Integer>
  static bool fits(const Json& number) {
    if (number.is_number_unsigned()) {
      return number.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<Integer>::max());
    }
    if (!number.is_number_integer() || std::is_unsigned_v<Integer>) return false;
    auto value = number.get<int64_t>();
    return value >= static_cast<int64_t>(std::numeric_limits<Integer>::min());
  }

  const Json& object_;
  std::string path_;
  Status status_;
};

}  // namespace mnemo::tsdb
