// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/log.hpp>

#include <memory>

namespace mnemo::tools {

/// Sends what gRPC says of errors, why a TLS handshake failed above all, to `logger` instead of
/// standard error. For the whole process and until its end; the last call wins.
void log_grpc_errors(std::shared_ptr<Logger> logger);

}  // namespace mnemo::tools
