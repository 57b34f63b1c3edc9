// SPDX-License-Identifier: Apache-2.0
#include "objstore/s3/xml.hpp"

#include "base/duration.hpp"
#include "http/client_url.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <string>

namespace mnemo::s3 {
namespace {

Status malformed(const std::string& what) {
  return Status::data_loss("S3 answered with a malformed " + what);
}

Status load(pugi::xml_document& document, std::string_view body, const char* root) {
  // Names may consist of spaces.
  auto result = document.load_buffer(body.data(), body.size(),
                                     pugi::parse_default | pugi::parse_ws_pcdata_single);
  if (!result) {
    return malformed(std::string(root) + " document: " + result.description() + " at byte " +
                     std::to_string(result.offset));
  }
  if (std::string_view(document.document_element().name()) != root) {
    return malformed("document where " + std::string(root) + " was expected");
  }
  return {};
}

/// Undoes encoding-type=url, in which some servers write a space as '+'.
std::string url_decoded(std::string text) {
  std::replace(text.begin(), text.end(), '+', ' ');
  return percent_decode(text);
}

/// Whole seconds: what HEAD tells of the same object.
Result<int64_t> parse_time(const char* text) {
  MNEMO_TRY(auto ms, parse_rfc3339_ms(text));
  return ms / 1000 * 1000;
}

}  // namespace

ErrorText parse_error(std::string_view body) {
  pugi::xml_document document;
  if (!document.load_buffer(body.data(), body.size())) return {};
  auto error = document.child("Error");
  // STS wraps it.
  if (!error) error = document.child("ErrorResponse").child("Error");
  return {error.child_value("Code"), error.child_value("Message"), error.child_value("Region")};
}

Result<ListPage> parse_list(std::string_view body, bool v1) {
  pugi::xml_document document;
  MNEMO_RETURN_IF_ERROR(load(document, body, "ListBucketResult"));
  auto root = document.document_element();
  bool is_encoded = std::string_view(root.child_value("EncodingType")) == "url";
  auto name_of = [&](const char* text) {
    return is_encoded ? url_decoded(text) : std::string(text);
  };
  ListPage page;
  for (auto object : root.children("Contents")) {
    BucketEntry entry{name_of(object.child_value("Key")), false, {}};
    entry.attributes.size = object.child("Size").text().as_ullong();
    auto modified = parse_time(object.child_value("LastModified"));
    if (!modified.ok()) return malformed("listing: time of \"" + entry.name + "\"");
    entry.attributes.last_modified_ms = *modified;
    page.entries.push_back(std::move(entry));
  }
  for (auto folder : root.children("CommonPrefixes")) {
    page.entries.push_back({name_of(folder.child_value("Prefix")), true, {}});
  }
  std::sort(page.entries.begin(), page.entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  if (std::string_view(root.child_value("IsTruncated")) != "true") return page;
  page.next = v1 ? name_of(root.child_value("NextMarker"))
                 : std::string(root.child_value("NextContinuationToken"));
  // Without a delimiter the first version leaves NextMarker out: the last name is the marker.
  if (v1 && page.next.empty() && !page.entries.empty()) page.next = page.entries.back().name;
  if (page.next.empty()) return malformed("listing: truncated, without saying where to go on");
  return page;
}

Result<std::string> parse_upload_id(std::string_view body) {
  pugi::xml_document document;
  MNEMO_RETURN_IF_ERROR(load(document, body, "InitiateMultipartUploadResult"));
  std::string id = document.document_element().child_value("UploadId");
  if (id.empty()) return malformed("upload without an id");
  return id;
}

Result<std::string> parse_location(std::string_view body) {
  pugi::xml_document document;
  MNEMO_RETURN_IF_ERROR(load(document, body, "LocationConstraint"));
  std::string region = document.document_element().child_value();
  if (region.empty()) return std::string("us-east-1");
  return region == "EU" ? "eu-west-1" : region;
}

std::string complete_body(const std::vector<std::string>& etags) {
  pugi::xml_document document;
  auto root = document.append_child("CompleteMultipartUpload");
  root.append_attribute("xmlns") = "http://s3.amazonaws.com/doc/2006-03-01/";
  for (size_t i = 0; i < etags.size(); ++i) {
    auto part = root.append_child("Part");
    part.append_child("PartNumber").text().set(static_cast<unsigned int>(i + 1));
    part.append_child("ETag").text().set(etags[i].c_str());
  }
  struct Text final : pugi::xml_writer {
    std::string text;
    void write(const void* data, size_t size) override {
      text.append(static_cast<const char*>(data), size);
    }
  } writer;
  document.save(writer, "", pugi::format_raw | pugi::format_no_declaration);
  return std::move(writer.text);
}

}  // namespace mnemo::s3
