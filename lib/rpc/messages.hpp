// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rpc/service.hpp"

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>
#include <mnemo/store.hpp>

#include <span>
#include <string>

// The requests and small answers of thanos.Store and thanos.info.Info as protobuf bytes, both ways.
// Field by field in lib/rpc/proto. Decoders skip unknown fields and give InvalidArgument
// (requests) or DataLoss (answers) for malformed bytes. Frames of series: series_frame.hpp.

namespace mnemo::rpc {

std::string encode(const SeriesRequest& request);
std::string encode(const LabelNamesRequest& request);
std::string encode(const LabelValuesRequest& request);

Result<SeriesRequest> decode_series_request(std::span<const uint8_t> data);
Result<LabelNamesRequest> decode_label_names_request(std::span<const uint8_t> data);
Result<LabelValuesRequest> decode_label_values_request(std::span<const uint8_t> data);

/// LabelNamesResponse and LabelValuesResponse have the same form.
std::string encode(const LabelsResponse& response);
Result<LabelsResponse> decode_labels_response(std::span<const uint8_t> data);

/// What an endpoint says of itself; `store` is meaningless where it serves no StoreAPI.
struct EndpointInfo {
  StoreInfo store;
  bool serves_store = false;
  EndpointApis apis = {};
};

std::string encode(const EndpointInfo& info);
Result<EndpointInfo> decode_endpoint_info(std::span<const uint8_t> data);

}  // namespace mnemo::rpc
