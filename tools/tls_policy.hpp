// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <string>
#include <vector>

namespace mnemo::tools {

/// Forbids, in this whole process, TLS versions older than `version` ("1.2" or "1.3").
///
/// gRPC has no setting for it, so it is done by OpenSSL's process-wide configuration. To be called
/// before the first TLS context is made. Errors: InvalidArgument (another version), Internal
/// (OpenSSL refuses).
Status demand_tls_version(const std::string& version);

/// Restricts gRPC, in this whole process, to these cipher suites (Go's names, as Thanos' flags have
/// them) where TLS 1.2 is spoken; those of 1.3 can't be chosen, in Go neither. To be called before
/// gRPC makes its first credentials. Errors: InvalidArgument (an unknown name).
Status demand_ciphers(const std::vector<std::string>& names);

}  // namespace mnemo::tools
