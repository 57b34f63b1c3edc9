// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rpc/tls.hpp"

#include <mnemo/status.hpp>

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <optional>

namespace mnemo::rpc {

/// Without options: plain text. Errors: InvalidArgument that names the file which is missing, or
/// isn't PEM of its kind, or the pair that doesn't belong together.
Result<std::shared_ptr<grpc::ServerCredentials>> make_server_credentials(
    const std::optional<TlsServerOptions>& options);

Result<std::shared_ptr<grpc::ChannelCredentials>> make_channel_credentials(
    const std::optional<TlsClientOptions>& options);

}  // namespace mnemo::rpc
