// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <string>

namespace mnemo::tools {

/// Forbids, in this whole process, TLS versions older than `version` ("1.2" or "1.3").
///
/// gRPC has no setting for it, so it is done by OpenSSL's process-wide configuration. To be called
/// before the first TLS context is made. Errors: InvalidArgument (another version), Internal
/// (OpenSSL refuses).
Status demand_tls_version(const std::string& version);

}  // namespace mnemo::tools
