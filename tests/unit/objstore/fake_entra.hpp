// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fake_s3.hpp"

#include <string>

namespace mnemo::testing {

/// No variable of Azure's, unless a test sets them.
inline ScopedVariables& clear(ScopedVariables& variables) {
  for (auto name :
       {"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET",
        "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PASSWORD",
        "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_AUTHORITY_HOST",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"}) {
    variables.unset(name);
  }
  return variables;
}

/// Tokens "T0", "T1" and so on, each good for an hour.
inline FakeServer::Handler tokens() {
  return [](size_t number, const PeerRequest&, PeerConnection& connection) {
    connection.answer("200 OK", R"({"token_type":"Bearer","expires_in":"3600","access_token":"T)" +
                                    std::to_string(number) + "\"}");
  };
}

}  // namespace mnemo::testing
