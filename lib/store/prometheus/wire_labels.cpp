// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/wire_labels.hpp"

#include "base/proto_wire.hpp"

#include <string>
#include <utility>

namespace mnemo {
namespace {

constexpr uint32_t kName = 1;
constexpr uint32_t kValue = 2;

}  // namespace

Status WireLabels::add(std::span<const uint8_t> message) {
  ProtoReader reader(message);
  LabelView label;
  while (reader.next()) {
    if (reader.field() == kName) label.name = reader.string();
    if (reader.field() == kValue) label.value = reader.string();
  }
  if (reader.failed() || label.name.empty()) {
    return Status::data_loss("remote read: malformed label");
  }
  if (label.value.empty()) return {};
  sorted_ = sorted_ && (labels_.empty() || labels_.back().name < label.name);
  labels_.push_back(label);
  return {};
}

Labels WireLabels::take() const {
  if (!sorted_) {
    std::vector<std::pair<std::string, std::string>> pairs;
    for (const auto& label : labels_) pairs.emplace_back(label.name, label.value);
    return Labels::from_pairs(std::move(pairs));
  }
  LabelsAppender appender;
  for (const auto& label : labels_) appender.append(label.name, label.value);
  return appender.take();
}

}  // namespace mnemo
