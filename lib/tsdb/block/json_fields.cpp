// SPDX-License-Identifier: Apache-2.0
#include "tsdb/block/json_fields.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace mnemo::tsdb {
namespace {

/// Deeper nesting is refused: printing recurses. So are objects of more members, since each is
/// looked for among all that came before it.
constexpr size_t kMaxDepth = 200;
constexpr int kMaxMembers = 1000;

/// What is wrong with the shape of a document; empty if nothing is.
std::string_view fault_of_shape(std::string_view text) {
  std::array<int, kMaxDepth + 1> members{};
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') {
      if (depth == kMaxDepth) return "is nested too deeply";
      members[++depth] = 0;
    }
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (c == ':' && ++members[depth] > kMaxMembers) return "has an object of too many members";
  }
  return {};
}

/// Finds where a document that doesn't parse goes wrong.
struct ErrorFinder final : nlohmann::json_sax<Json> {
  size_t offset = 0;
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    offset = position > 0 ? position - 1 : 0;
    return false;
  }
};

}  // namespace

Result<Json> parse_json(std::string_view text) {
  if (auto fault = fault_of_shape(text); !fault.empty()) {
    return Status::data_loss(fmt::format("JSON {}", fault));
  }
  auto document = Json::parse(text.begin(), text.end(), nullptr, false);
  if (!document.is_discarded()) return document;
  ErrorFinder finder;
  Json::sax_parse(text.begin(), text.end(), &finder);
  return Status::data_loss(fmt::format("malformed JSON at offset {}", finder.offset));
}

const Json* JsonFields::find(const char* name) const {
  if (!status_.ok()) return nullptr;
  auto at = object_.find(name);
  return at == object_.end() || at->is_null() ? nullptr : &*at;
}

void JsonFields::boolean(const char* name, bool& to) {
  const Json* member = find(name);
  if (member == nullptr) return;
  if (!member->is_boolean()) return fail(name, "is not a boolean");
  to = member->get<bool>();
}

void JsonFields::text(const char* name, std::string& to) {
  const Json* member = find(name);
  if (member == nullptr) return;
  if (!member->is_string()) return fail(name, "is not a string");
  to = member->get<std::string>();
}

void JsonFields::fail(std::string_view name, std::string_view reason) {
  auto path = path_of(name);
  if (status_.ok()) {
    status_ = Status::data_loss(fmt::format("{} {}", path.empty() ? "the document" : path, reason));
  }
}

std::string JsonFields::path_of(std::string_view name) const {
  if (path_.empty() || name.empty()) return path_ + std::string(name);
  return path_ + "." + std::string(name);
}

}  // namespace mnemo::tsdb
