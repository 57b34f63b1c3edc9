// SPDX-License-Identifier: Apache-2.0
#include "api/parameters.hpp"
#include "api/query_api.hpp"
#include "api/result_json.hpp"
#include "base/quote.hpp"
#include "base/utf8.hpp"

#include <utility>

namespace mnemo::api {
namespace {

/// One more than is shown, to see whether there is more.
int64_t hint_limit(int64_t limit) { return limit > 0 && limit < kMaxTime ? limit + 1 : limit; }

template <typename T>
void truncate(std::vector<T>& values, int64_t limit, std::vector<std::string>& warnings) {
  if (limit <= 0 || values.size() <= static_cast<size_t>(limit)) return;
  values.resize(static_cast<size_t>(limit));
  warnings.emplace_back("results truncated due to limit");
}

Answer texts_answer(LabelsResponse response, int64_t limit) {
  Answer answer;
  answer.warnings = std::move(response.warnings);
  truncate(response.values, limit, answer.warnings);
  append_strings(answer.data, response.values);
  return answer;
}

}  // namespace

Result<StoreQueryOptions> QueryApi::label_call_options(const FormValues& form) const {
  StoreQueryOptions options;
  MNEMO_TRY(bool partial, bool_parameter(form, "partial_response", options_.partial_response));
  options.partial_response = partial ? PartialResponse::kWarn : PartialResponse::kAbort;
  MNEMO_TRY(options.store_matchers, selectors_parameter(form, "storeMatch[]"));
  return options;
}

Result<Answer> QueryApi::label_names(const Context& context, const ServerRequest& request) {
  MNEMO_TRY(auto range, metadata_range(request.form, now(), options_.metadata_range_ms));
  MNEMO_TRY(auto options, label_call_options(request.form));
  MNEMO_TRY(int64_t limit, limit_parameter(request.form));
  MNEMO_TRY(auto matcher_sets, selectors_parameter(request.form, "match[]"));
  StoreQueryable queryable(options_.store, std::move(options));
  auto names = queryable.label_names(context, range, matcher_sets, hint_limit(limit));
  if (!names) return execution_failure(names.status());
  return texts_answer(*std::move(names), limit);
}

Result<Answer> QueryApi::label_values(const Context& context, const ServerRequest& request) {
  const auto& label = request.path_values.get("name");
  if (label.empty() || !is_valid_utf8(label)) {
    return Status::invalid_argument("invalid label name: " + go_quoted(label));
  }
  MNEMO_TRY(auto range, metadata_range(request.form, now(), options_.metadata_range_ms));
  MNEMO_TRY(auto options, label_call_options(request.form));
  MNEMO_TRY(int64_t limit, limit_parameter(request.form));
  MNEMO_TRY(auto matcher_sets, selectors_parameter(request.form, "match[]"));
  StoreQueryable queryable(options_.store, std::move(options));
  auto values = queryable.label_values(context, label, range, matcher_sets, hint_limit(limit));
  if (!values) return execution_failure(values.status());
  return texts_answer(*std::move(values), limit);
}

Result<Answer> QueryApi::series(const Context& context, const ServerRequest& request) {
  if (request.form.all("match[]").empty()) {
    return Status::invalid_argument("no match[] parameter provided");
  }
  MNEMO_TRY(auto range, metadata_range(request.form, now(), options_.metadata_range_ms));
  MNEMO_TRY(auto matcher_sets, selectors_parameter(request.form, "match[]"));
  MNEMO_TRY(auto options, label_call_options(request.form));
  MNEMO_TRY(options.deduplicate, bool_parameter(request.form, "dedup", true));
  options.replica_labels = request.form.all("replicaLabels[]");
  if (options.replica_labels.empty()) options.replica_labels = options_.replica_labels;
  MNEMO_TRY(int64_t limit, limit_parameter(request.form));
  StoreQueryable queryable(options_.store, std::move(options));
  auto found = queryable.series(context, range, matcher_sets, hint_limit(limit));
  if (!found) return execution_failure(found.status());

  Answer answer;
  answer.warnings = std::move(found->warnings);
  truncate(found->series, limit, answer.warnings);
  answer.data = "[";
  for (size_t i = 0; i < found->series.size(); ++i) {
    if (i > 0) answer.data += ',';
    append_labels(answer.data, found->series[i]);
  }
  answer.data += ']';
  return answer;
}

}  // namespace mnemo::api
