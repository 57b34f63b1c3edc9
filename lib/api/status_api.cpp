// SPDX-License-Identifier: Apache-2.0
#include "api/query_api.hpp"
#include "api/result_json.hpp"
#include "base/json_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <map>

namespace mnemo::api {
namespace {

/// RFC 3339 with nanoseconds as Go prints it; the epoch stands for Go's zero time.
std::string go_time(std::chrono::system_clock::time_point time) {
  if (time.time_since_epoch().count() == 0) return "0001-01-01T00:00:00Z";
  auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(time - seconds).count();
  std::string fraction = fmt::format(".{:09}", nanoseconds);
  fraction.erase(fraction.find_last_not_of('0') + 1);
  if (fraction == ".") fraction.clear();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}{}Z", fmt::gmtime(seconds), fraction);
}

void append_store(std::string& out, const StoreStatus& store) {
  out += "{\"name\":";
  append_json_string(out, store.name);
  out += ",\"lastCheck\":\"" + go_time(store.last_check) + "\",\"lastError\":";
  if (store.last_error) {
    append_json_string(out, *store.last_error);
  } else {
    out += "null";
  }
  out += ",\"labelSets\":[";
  for (size_t i = 0; i < store.label_sets.size(); ++i) {
    if (i > 0) out += ',';
    append_labels(out, store.label_sets[i]);
  }
  out += fmt::format("],\"minTime\":{},\"maxTime\":{}}}", store.range.min, store.range.max);
}

template <typename Map>
std::string texts_json(const Map& texts) {
  std::string out = "{";
  for (const auto& [name, text] : texts) {
    if (out.size() > 1) out += ',';
    append_json_string(out, name);
    out += ':';
    append_json_string(out, text);
  }
  return out + "}";
}

}  // namespace

Result<Answer> QueryApi::stores(const Context&, const ServerRequest&) {
  std::map<std::string, std::string> by_type;
  for (const auto& store : options_.stores ? options_.stores() : std::vector<StoreStatus>()) {
    if (store.component_type.empty()) continue;
    auto& list = by_type[store.component_type];
    list += list.empty() ? '[' : ',';
    append_store(list, store);
  }
  Answer answer;
  answer.data = "{";
  for (const auto& [type, list] : by_type) {
    if (answer.data.size() > 1) answer.data += ',';
    append_json_string(answer.data, type);
    answer.data += ":" + list + "]";
  }
  answer.data += "}";
  return answer;
}

Result<Answer> QueryApi::build_info(const Context&, const ServerRequest&) {
  const auto& build = options_.build;
  std::vector<std::pair<std::string, std::string>> members = {
      {"version", build.version},      {"revision", build.revision},    {"branch", build.branch},
      {"buildUser", build.build_user}, {"buildDate", build.build_date}, {"goVersion", ""}};
  return Answer{texts_json(members), {}};
}

Result<Answer> QueryApi::flags(const Context&, const ServerRequest&) {
  return Answer{texts_json(options_.flags), {}};
}

}  // namespace mnemo::api
