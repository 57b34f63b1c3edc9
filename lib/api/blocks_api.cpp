// SPDX-License-Identifier: Apache-2.0
#include "api/blocks_api.hpp"

#include "api/response.hpp"
#include "base/duration.hpp"
#include "base/json_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace mnemo::api {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (char c : text) {
    switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      default: result += c;
    }
  }
  return result;
}

std::string to_json(const BlocksInfo& info, const std::string& label) {
  std::string json = "{\"label\":";
  append_json_string(json, label);
  json += ",\"blocks\":[";
  for (size_t i = 0; i < info.blocks.size(); ++i) {
    if (i > 0) json += ',';
    json += info.blocks[i]->to_json();
  }
  json += "],\"refreshedAt\":";
  append_json_string(json, info.refreshed_at_ms == 0 ? "0001-01-01T00:00:00Z"
                                                     : format_rfc3339(info.refreshed_at_ms));
  json += ",\"err\":";
  if (info.error.ok()) {
    json += "null";
  } else {
    append_json_string(json, info.error.message());
  }
  return json + "}";
}

Labels labels_of(const BlockMeta& meta) { return meta.thanos ? meta.thanos->labels : Labels(); }

std::string to_page(BlocksInfo info, const std::string& label) {
  auto group = [&](const BlockMeta& meta) { return std::string(labels_of(meta).get(label)); };
  std::sort(info.blocks.begin(), info.blocks.end(), [&](const auto& a, const auto& b) {
    return std::forward_as_tuple(group(*a), labels_of(*a), a->min_time, a->ulid) <
           std::forward_as_tuple(group(*b), labels_of(*b), b->min_time, b->ulid);
  });
  std::string page =
      "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Blocks</title><style>"
      "body{font-family:sans-serif}table{border-collapse:collapse}td,th{padding:2px 8px;"
      "text-align:left;border-bottom:1px solid #ccc}</style></head><body><h1>Blocks</h1>";
  if (!info.error.ok()) page += "<p>" + escaped(info.error.message()) + "</p>";
  page +=
      "<table><tr><th>Block</th><th>From</th><th>To</th><th>Resolution</th><th>Level</th>"
      "<th>Series</th><th>Samples</th><th>Source</th><th>Labels</th></tr>";
  for (const auto& meta : info.blocks) {
    auto thanos = meta->thanos.value_or(ThanosMeta());
    page += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}"
        "</td><td>{}</td></tr>",
        meta->ulid.to_string(), format_rfc3339(meta->min_time), format_rfc3339(meta->max_time),
        thanos.resolution == 0 ? "raw" : std::to_string(thanos.resolution / 1000) + "s",
        meta->compaction.level, meta->stats.num_series, meta->stats.num_samples,
        escaped(thanos.source), escaped(thanos.labels.to_string()));
  }
  return page + "</table></body></html>\n";
}

}  // namespace

void add_block_routes(HttpRouter& router, std::string label, std::function<BlocksInfo()> info) {
  router.get("/api/v1/blocks", [label, info](const Context&, const ServerRequest&) {
    auto response = to_response(Answer{to_json(info(), label), {}});
    add_cors_headers(response);
    return response;
  });
  router.get("/blocks", [label, info](const Context&, const ServerRequest&) {
    ServerResponse response;
    response.content_type = "text/html; charset=utf-8";
    response.body = to_page(info(), label);
    return response;
  });
}

}  // namespace mnemo::api
