// SPDX-License-Identifier: Apache-2.0
#include "objstore/azure/xml.hpp"

#include "http/client_url.hpp"
#include "objstore/retries.hpp"

#include <pugixml.hpp>

#include <algorithm>

namespace mnemo::azure {
namespace {

/// Names that XML can't hold come percent-encoded.
std::string name_of(const pugi::xml_node& node) {
  auto name = node.child("Name");
  if (std::string_view(name.attribute("Encoded").value()) != "true") return name.child_value();
  return percent_decode(name.child_value());
}

}  // namespace

ErrorText parse_error(std::string_view body) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return {};
  auto error = document.child("Error");
  std::string message = error.child_value("Message");
  // The lines after the first one are for Azure's support.
  return {error.child_value("Code"), message.substr(0, message.find('\n'))};
}

Result<ListPage> parse_list(std::string_view body) {
  pugi::xml_document document;
  // Names may consist of spaces.
  auto options = pugi::parse_default | pugi::parse_ws_pcdata_single;
  auto result = document.load_buffer(body.data(), body.size(), options);
  auto root = document.child("EnumerationResults");
  if (!result || !root) return Status::data_loss("Azure answered with a malformed listing");
  ListPage page;
  for (auto node : root.child("Blobs").children()) {
    std::string_view kind = node.name();
    if (kind == "BlobPrefix") page.entries.push_back({name_of(node), true, {}});
    if (kind != "Blob") continue;
    BucketEntry entry{name_of(node), false, {}};
    auto properties = node.child("Properties");
    auto modified = parse_http_date_ms(properties.child_value("Last-Modified"));
    if (!modified) return Status::data_loss("Azure's listing: no time of " + entry.name);
    entry.attributes.size = properties.child("Content-Length").text().as_ullong();
    entry.attributes.last_modified_ms = *modified;
    page.entries.push_back(std::move(entry));
  }
  std::sort(page.entries.begin(), page.entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  page.next = root.child_value("NextMarker");
  return page;
}

std::string block_list_body(const std::vector<std::string>& ids) {
  std::string body = R"(<?xml version="1.0" encoding="utf-8"?><BlockList>)";
  for (const auto& id : ids) body += "<Latest>" + id + "</Latest>";
  return body + "</BlockList>";
}

}  // namespace mnemo::azure
