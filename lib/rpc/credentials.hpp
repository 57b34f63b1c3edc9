// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/pem_files.hpp"
#include "rpc/tls.hpp"

#include <mnemo/log.hpp>
#include <mnemo/status.hpp>

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <optional>

namespace mnemo::rpc {

/// Without options: plain text. With them, each new connection gets the newest good certificates.
/// The credentials must outlive the server that uses them. Errors: InvalidArgument that names the
/// file which is missing, or isn't PEM of its kind, or the pair that doesn't belong together.
Result<std::shared_ptr<grpc::ServerCredentials>> make_server_credentials(
    const std::optional<TlsServerOptions>& options, const std::shared_ptr<Logger>& logger = {});

/// The files of a client. Errors: as above.
Result<std::shared_ptr<PemWatch>> watch_client_files(const TlsClientOptions& options,
                                                     std::shared_ptr<Logger> logger = {});

/// Without options: plain text.
std::shared_ptr<grpc::ChannelCredentials> make_channel_credentials(
    const std::optional<TlsClientOptions>& options, const PemTexts& texts);

}  // namespace mnemo::rpc
