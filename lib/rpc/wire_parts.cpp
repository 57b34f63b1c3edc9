// SPDX-License-Identifier: Apache-2.0
#include "rpc/wire_parts.hpp"

namespace mnemo::rpc {
namespace {

constexpr std::string_view kTypePrefix = "type.googleapis.com/";

size_t text_size(std::string_view text) {
  return text.empty() ? 0 : 1 + uvarint_size(text.size()) + text.size();
}

size_t label_size(const LabelView& label) { return text_size(label.name) + text_size(label.value); }

}  // namespace

size_t labels_size(const Labels& labels) {
  size_t size = 0;
  for (const auto& label : labels) {
    size_t one = label_size(label);
    size += 1 + uvarint_size(one) + one;
  }
  return size;
}

void append_labels(std::string& out, const Labels& labels) {
  ProtoWriter writer(out);
  for (const auto& label : labels) {
    writer.length_prefix(1, label_size(label));
    writer.string(1, label.name);
    writer.string(2, label.value);
  }
}

bool read_label(std::span<const uint8_t> data, LabelView& label) {
  label = {};
  ProtoReader reader(data);
  while (reader.next()) {
    if (reader.field() == 1) label.name = reader.string();
    if (reader.field() == 2) label.value = reader.string();
  }
  return !reader.failed();
}

bool read_label_set(std::span<const uint8_t> data, Labels& labels) {
  std::vector<std::pair<std::string, std::string>> pairs;
  ProtoReader reader(data);
  LabelView label;
  while (reader.next()) {
    if (reader.field() != 1) continue;
    if (!read_label(reader.bytes(), label)) return false;
    pairs.emplace_back(label.name, label.value);
  }
  labels = Labels::from_pairs(std::move(pairs));
  return !reader.failed();
}

void append_matchers(std::string& out, uint32_t field, const std::vector<Matcher>& matchers) {
  std::string one;
  for (const auto& matcher : matchers) {
    one.clear();
    ProtoWriter inner(one);
    inner.varint(1, static_cast<uint64_t>(matcher.type()));
    inner.string(2, matcher.name());
    inner.string(3, matcher.value());
    ProtoWriter(out).string_always(field, one);
  }
}

Result<Matcher> read_matcher(std::span<const uint8_t> data) {
  uint64_t type = 0;
  std::string_view name;
  std::string_view value;
  ProtoReader reader(data);
  while (reader.next()) {
    if (reader.field() == 1) type = reader.varint();
    if (reader.field() == 2) name = reader.string();
    if (reader.field() == 3) value = reader.string();
  }
  if (reader.failed()) return Status::invalid_argument("malformed label matcher");
  if (type > static_cast<uint64_t>(MatchType::kNotRegex)) {
    return Status::invalid_argument("unrecognized label matcher type " + std::to_string(type));
  }
  return Matcher::make(static_cast<MatchType>(type), name, value);
}

void append_any(std::string& out, uint32_t field, std::string_view name, std::string_view message) {
  std::string any;
  ProtoWriter writer(any);
  writer.string(1, std::string(kTypePrefix).append(name));
  writer.string(2, message);
  ProtoWriter(out).string_always(field, any);
}

Result<std::span<const uint8_t>> read_any(std::span<const uint8_t> data, std::string_view name) {
  std::string_view type;
  std::span<const uint8_t> message;
  ProtoReader reader(data);
  while (reader.next()) {
    if (reader.field() == 1) type = reader.string();
    if (reader.field() == 2) message = reader.bytes();
  }
  if (reader.failed()) return Status::invalid_argument("malformed hints");
  if (type.substr(type.rfind('/') + 1) != name) {
    return Status::invalid_argument("hints are a '" + std::string(type) + "', want a '" +
                                    std::string(name) + "'");
  }
  return message;
}

}  // namespace mnemo::rpc
