// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/api_answer.hpp"

#include "base/duration.hpp"
#include "base/utf8.hpp"
#include "http/client_url.hpp"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace mnemo {
namespace {

using Json = nlohmann::json;

/// Receives an answer whose data is a list of texts or of flat objects, token by token.
class ListHandler : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool binary(binary_t&) override { return false; }

  bool string(string_t& value) override {
    if (depth_ == 1 && member_ == "status") {
      status = std::move(value);
    } else if (depth_ == 1 && member_ == "error") {
      error = std::move(value);
    } else if (depth_ == 2 && member_ == "warnings") {
      warnings.push_back(std::move(value));
    } else if (depth_ == 2 && member_ == "data") {
      texts.push_back(std::move(value));
    } else if (depth_ == 3 && member_ == "data") {
      pairs_.emplace_back(std::move(key_), std::move(value));
    }
    return true;
  }

  bool key(string_t& name) override {
    if (depth_ == 1) {
      member_ = std::move(name);
    } else {
      key_ = std::move(name);
    }
    return true;
  }

  bool start_object(size_t) override {
    pairs_.clear();
    return ++depth_ <= kMaxDepth;
  }

  bool end_object() override {
    if (depth_-- == 3 && member_ == "data") {
      objects.push_back(Labels::from_pairs(std::exchange(pairs_, {})));
    }
    return true;
  }

  bool start_array(size_t) override { return ++depth_ <= kMaxDepth; }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(size_t, const std::string&, const Json::exception&) override { return false; }

  std::string status;
  std::string error;
  std::vector<std::string> texts;
  std::vector<Labels> objects;
  std::vector<std::string> warnings;

 private:
  static constexpr int kMaxDepth = 64;

  int depth_ = 0;
  std::string member_;  // of the outermost object
  std::string key_;
  std::vector<std::pair<std::string, std::string>> pairs_;
};

Status check_answer(bool parsed, const std::string& status, const std::string& error) {
  if (!parsed || (status != "success" && status != "error")) {
    return Status::data_loss("not an answer of Prometheus' API");
  }
  return status == "success" ? Status() : Status::unknown(error);
}

Result<ListHandler> parse_list(std::string_view json) {
  ListHandler handler;
  bool parsed = Json::sax_parse(json.begin(), json.end(), &handler);
  MNEMO_RETURN_IF_ERROR(check_answer(parsed, handler.status, handler.error));
  return handler;
}

std::string text_member(const Json& object, const char* name) {
  auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

}  // namespace

Result<PrometheusList> parse_list_answer(std::string_view json) {
  MNEMO_TRY(auto handler, parse_list(json));
  return PrometheusList{std::move(handler.texts), std::move(handler.warnings)};
}

Result<PrometheusSeriesList> parse_series_answer(std::string_view json) {
  MNEMO_TRY(auto handler, parse_list(json));
  return PrometheusSeriesList{std::move(handler.objects), std::move(handler.warnings)};
}

Result<std::map<std::string, std::string>> parse_object_answer(std::string_view json) {
  auto document = Json::parse(json, nullptr, false);
  bool parsed = document.is_object();
  MNEMO_RETURN_IF_ERROR(check_answer(parsed, parsed ? text_member(document, "status") : "",
                                     parsed ? text_member(document, "error") : ""));
  std::map<std::string, std::string> members;
  auto data = document.find("data");
  if (data == document.end() || !data->is_object()) {
    return Status::data_loss("an answer of Prometheus' API without data");
  }
  for (const auto& [name, value] : data->items()) {
    if (value.is_string()) members[name] = value.get<std::string>();
  }
  return members;
}

Result<Labels> parse_external_labels(const std::string& yaml) {
  try {
    const YAML::Node document = YAML::Load(yaml);
    if (!document.IsMap()) return Labels();
    const YAML::Node global = document["global"];
    if (!global || !global.IsMap()) return Labels();
    const YAML::Node labels = global["external_labels"];
    std::vector<std::pair<std::string, std::string>> pairs;
    if (!labels || labels.IsNull()) return Labels();
    for (const auto& label : labels) {
      pairs.emplace_back(label.first.as<std::string>(), label.second.as<std::string>());
    }
    return Labels::from_pairs(std::move(pairs));
  } catch (const YAML::Exception& error) {
    return Status::data_loss(std::string("Prometheus' configuration: ") + error.what());
  }
}

Result<PrometheusFlags> parse_flags(const std::map<std::string, std::string>& flags) {
  auto text = [&](const char* name) {
    auto flag = flags.find(name);
    return flag == flags.end() ? std::string() : flag->second;
  };
  auto duration = [&](const char* name) -> Result<int64_t> {
    auto value = text(name);
    if (value.empty()) return int64_t{0};
    return parse_duration_ms(value).with_context(std::string("flag ") + name);
  };
  PrometheusFlags parsed;
  parsed.tsdb_path = text("storage.tsdb.path");
  parsed.delay_compact_file = text("storage.tsdb.delay-compact-file.path");
  parsed.admin_api = text("web.enable-admin-api") == "true";
  parsed.lifecycle = text("web.enable-lifecycle") == "true";
  MNEMO_TRY(parsed.min_block_duration, duration("storage.tsdb.min-block-duration"));
  MNEMO_TRY(parsed.max_block_duration, duration("storage.tsdb.max-block-duration"));
  MNEMO_TRY(parsed.retention, duration("storage.tsdb.retention.time"));
  if (parsed.retention == 0) {
    MNEMO_TRY(parsed.retention, duration("storage.tsdb.retention"));
  }
  return parsed;
}

int64_t parse_lowest_time(std::string_view exposition) {
  static constexpr std::string_view kLine = "\nprometheus_tsdb_lowest_timestamp_seconds ";
  size_t at = exposition.find(kLine);
  if (at == exposition.npos) return kMinTime;
  auto value = exposition.substr(at + kLine.size());
  double seconds =
      std::strtod(std::string(value.substr(0, value.find_first_of("\r\n"))).c_str(), nullptr);
  double milliseconds = seconds * 1000;
  // An empty TSDB has the largest number of milliseconds here.
  if (!(std::abs(milliseconds) < 9.2e18)) return kMinTime;
  return static_cast<int64_t>(milliseconds);
}

std::string label_name_in_path(std::string_view name) {
  if (is_legacy_label_name(name)) return std::string(name);
  std::string out = "U__";
  while (!name.empty()) {
    size_t length = std::max<size_t>(utf8_sequence_length(name), 1);
    char c = name[0];
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ':';
    bool is_digit = c >= '0' && c <= '9' && out.size() > 3;
    if (c == '_') {
      out += "__";
    } else if (is_letter || is_digit) {
      out += c;
    } else {
      // The code point: the payload bits of the lead byte and of each continuation byte.
      auto lead = static_cast<unsigned char>(c);
      uint32_t point = length == 1 ? lead : lead & (0xffU >> (length + 1));
      for (size_t i = 1; i < length; ++i) {
        point = point << 6 | (static_cast<unsigned char>(name[i]) & 0x3f);
      }
      char digits[16];
      auto end = std::to_chars(digits, digits + sizeof(digits), point, 16).ptr;
      out += '_' + std::string(digits, end) + '_';
    }
    name.remove_prefix(length);
  }
  return out;
}

}  // namespace mnemo
