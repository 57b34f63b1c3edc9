// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/web_config.hpp"

#include <mnemo/status.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace mnemo {

/// Reads the certificates that `config` names and makes of them what a server's connections need.
/// Errors: InvalidArgument (certificates, ciphers).
Result<std::shared_ptr<boost::asio::ssl::context>> make_server_tls(const WebTlsConfig& config);

}  // namespace mnemo
