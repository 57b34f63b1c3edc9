// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/proto_wire.hpp"

#include <mnemo/labels.hpp>
#include <mnemo/matcher.hpp>
#include <mnemo/status.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

// Pieces that several messages share.

namespace mnemo::rpc {

/// The field of a chunk's raw part in AggrChunk; those of aggregates follow in their order.
inline constexpr uint32_t kFirstPartField = 3;

/// The bytes of thanos.Label with tag and length as field 1 of what holds it.
size_t labels_size(const Labels& labels);
void append_labels(std::string& out, const Labels& labels);

/// One thanos.Label; false when malformed. The views point into `data`.
bool read_label(std::span<const uint8_t> data, LabelView& label);

/// A thanos.LabelSet / ZLabelSet; false when malformed.
bool read_label_set(std::span<const uint8_t> data, Labels& labels);

/// Each matcher as one field number `field`.
void append_matchers(std::string& out, uint32_t field, const std::vector<Matcher>& matchers);

/// Errors: InvalidArgument (malformed, unknown type, bad regular expression).
Result<Matcher> read_matcher(std::span<const uint8_t> data);

/// A google.protobuf.Any that holds `message` of type `name` ("hintspb.SeriesRequestHints").
void append_any(std::string& out, uint32_t field, std::string_view name, std::string_view message);

/// The message inside an Any. Errors: InvalidArgument when malformed or of another type.
Result<std::span<const uint8_t>> read_any(std::span<const uint8_t> data, std::string_view name);

}  // namespace mnemo::rpc
