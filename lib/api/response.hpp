// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"

#include <mnemo/status.hpp>

#include <string>
#include <vector>

namespace mnemo::api {

/// What an API call gives: its data as JSON, and warnings.
struct Answer {
  std::string data;
  std::vector<std::string> warnings;
};

/// The envelope around an answer or a failure, with the HTTP status that Prometheus has for it:
/// InvalidArgument bad_data (400), Cancelled canceled and DeadlineExceeded timeout (503), Internal
/// internal (500), everything else execution (422). Failures and answers with warnings that don't
/// come from PromQL must not be cached, and say so.
ServerResponse to_response(const Result<Answer>& result);

/// Lets scripts of other sites call the API.
void add_cors_headers(ServerResponse& response);

/// A failure of what answers a valid request, so that it isn't taken for a bad request.
Status execution_failure(Status status);

}  // namespace mnemo::api
