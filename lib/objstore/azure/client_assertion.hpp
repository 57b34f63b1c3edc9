// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/azure/client_certificate.hpp"

#include <cstdint>
#include <string>

namespace mnemo::azure {

/// What an assertion says, and to whom.
struct AssertionClaims {
  std::string token_url;
  std::string client_id;
  int64_t now_ms = 0;
  bool sends_chain = false;  // for Azure to go by the certificate's names and issuer
};

/// A JWT, good for ten minutes, that `certificate`'s key has signed (PS256), as Azure's SDK for Go
/// makes it. Errors: FailedPrecondition where OpenSSL can't sign with the key.
Result<std::string> client_assertion(const ClientCertificate& certificate,
                                     const AssertionClaims& claims);

}  // namespace mnemo::azure
