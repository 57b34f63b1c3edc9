// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mnemo {

/// `text` with its %XX escapes undone, and '+' read as a space where `plus_is_space`. Nothing when
/// an escape is malformed.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// The parameters of a query string or form, in their order; a name may come more than once.
class FormValues {
 public:
  /// Adds what `text` ("a=1&b=2") holds. Pairs that Go's url.ParseQuery refuses (malformed escapes,
  /// semicolons) are left out.
  void add_encoded(std::string_view text);
  void add(std::string name, std::string value);

  /// The first value of that name; empty without one.
  const std::string& get(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace mnemo
