// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/message.hpp"

#include <mnemo/metrics.hpp>

#include <string>

namespace mnemo::api {

/// Counts and times what `handler` answers in Thanos' http_* metrics, under the label
/// handler=`name`. `metrics` must outlive the handler.
HttpHandler instrumented(Metrics& metrics, std::string name, HttpHandler handler);

}  // namespace mnemo::api
