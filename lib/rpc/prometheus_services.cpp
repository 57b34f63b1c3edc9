// SPDX-License-Identifier: Apache-2.0
#include "rpc/prometheus_services.hpp"

#include "base/proto_wire.hpp"
#include "http/client_url.hpp"
#include "rpc/prometheus_json.hpp"
#include "rpc/wire_parts.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

namespace mnemo::rpc {
namespace {

using Messages = Result<std::vector<std::string>>;
using Parameters = PrometheusApi::Parameters;

Status malformed(std::string_view request) {
  return Status::invalid_argument("malformed " + std::string(request));
}

/// What the services share.
struct Server {
  std::shared_ptr<PrometheusApi> api;
  std::function<Labels()> external_labels;

  Result<std::string> ask(const Context& context, std::string path,
                          const Parameters& parameters) const {
    if (!parameters.empty()) path += "?" + encode_form(parameters);
    return api->get(context, path);
  }
};

/// An enumeration that is field 1 of a request, as the API's parameter; nothing for its zero.
Result<Parameters> choice_of(const Bytes& request, const char* parameter, const char* first,
                             const char* second, std::string_view name) {
  uint64_t choice = 0;
  ProtoReader reader(request);
  while (reader.next()) {
    if (reader.field() == 1) choice = reader.varint();
  }
  if (reader.failed()) return malformed(name);
  if (choice == 0) return Parameters();
  if (choice > 2) return Status::invalid_argument(std::string(name) + ": unknown " + parameter);
  return Parameters{{parameter, choice == 1 ? first : second}};
}

Messages rules(const Server& server, const Context& context, const Bytes& request) {
  MNEMO_TRY(auto parameters, choice_of(request, "type", "alert", "record", "RulesRequest"));
  MNEMO_TRY(auto body, server.ask(context, "/api/v1/rules", parameters));
  return rules_messages(body, server.external_labels());
}

Messages targets(const Server& server, const Context& context, const Bytes& request) {
  MNEMO_TRY(auto parameters, choice_of(request, "state", "active", "dropped", "TargetsRequest"));
  MNEMO_TRY(auto body, server.ask(context, "/api/v1/targets", parameters));
  return targets_messages(body, server.external_labels());
}

Messages metadata(const Server& server, const Context& context, const Bytes& request) {
  std::string metric;
  int64_t limit = 0;
  ProtoReader reader(request);
  while (reader.next()) {
    if (reader.field() == 1) metric = reader.string();
    if (reader.field() == 2) limit = reader.int64();
  }
  if (reader.failed()) return malformed("MetricMetadataRequest");
  Parameters parameters;
  if (!metric.empty()) parameters.emplace_back("metric", metric);
  if (limit >= 0) parameters.emplace_back("limit", std::to_string(limit));
  MNEMO_TRY(auto body, server.ask(context, "/api/v1/metadata", parameters));
  return metadata_messages(body);
}

Messages exemplars(const Server& server, const Context& context, const Bytes& request) {
  std::string query;
  int64_t start = 0;
  int64_t end = 0;
  ProtoReader reader(request);
  while (reader.next()) {
    if (reader.field() == 1) query = reader.string();
    if (reader.field() == 2) start = reader.int64();
    if (reader.field() == 3) end = reader.int64();
  }
  if (reader.failed()) return malformed("ExemplarsRequest");
  Parameters parameters = {{"query", query},
                           {"start", PrometheusApi::time_text(start)},
                           {"end", PrometheusApi::time_text(end)}};
  MNEMO_TRY(auto body, server.ask(context, "/api/v1/query_exemplars", parameters));
  return exemplars_messages(body, server.external_labels());
}

Messages tsdb_statistics(const Server& server, const Context& context, const Bytes& request) {
  std::string tenant;
  int64_t limit = 0;
  std::vector<Matcher> matchers;
  ProtoReader reader(request);
  while (reader.next()) {
    if (reader.field() == 1) tenant = reader.string();
    if (reader.field() == 2) limit = reader.int64();
    if (reader.field() != 4) continue;
    MNEMO_TRY(auto matcher, read_matcher(reader.bytes()));
    matchers.push_back(std::move(matcher));
  }
  if (reader.failed()) return malformed("TSDBStatisticsRequest");
  auto external = server.external_labels();
  bool is_meant = tenant.empty() && std::all_of(matchers.begin(), matchers.end(), [&](auto& one) {
                    return one.matches(external.get(one.name()));
                  });
  if (!is_meant) return std::vector<std::string>{std::string("\x0a\x00", 2)};  // no statistics
  Parameters parameters;
  if (limit > 0) parameters.emplace_back("limit", std::to_string(limit));
  MNEMO_TRY(auto body, server.ask(context, "/api/v1/status/tsdb", parameters));
  // Older servers have no limit of their own.
  return tsdb_statistics_messages(body, limit > 0 ? limit : -1);
}

}  // namespace

std::vector<ServiceMethod> prometheus_services(std::shared_ptr<PrometheusApi> api,
                                               std::function<Labels()> external_labels) {
  auto server = std::make_shared<Server>(Server{std::move(api), std::move(external_labels)});
  auto bound = [&](Messages (*method)(const Server&, const Context&, const Bytes&)) -> ListMethod {
    return [server, method](const Context& context, const Bytes& request) {
      return method(*server, context, request);
    };
  };
  return {{"/thanos.Rules/Rules", bound(&rules)},
          {"/thanos.Targets/Targets", bound(&targets)},
          {"/thanos.Metadata/MetricMetadata", bound(&metadata)},
          {"/thanos.Exemplars/Exemplars", bound(&exemplars)},
          {"/thanos.Status/TSDBStatistics", bound(&tsdb_statistics)}};
}

}  // namespace mnemo::rpc
