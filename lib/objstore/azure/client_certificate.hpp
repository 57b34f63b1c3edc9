// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

namespace mnemo::azure {

/// What an application proves who it is with: an RSA key, and the certificate that Azure knows.
struct ClientCertificate {
  std::shared_ptr<EVP_PKEY> key;
  std::vector<std::string> chain;  // DER; the key's own first, then the others as the file has them
};

/// Reads a file of PEM blocks in any order, or of PKCS#12, as Azure's SDK for Go does; `password`
/// opens the latter alone. Errors: FailedPrecondition; they name the file and hold neither its
/// content nor the password.
Result<ClientCertificate> read_client_certificate(const std::string& file,
                                                  const std::string& password);

}  // namespace mnemo::azure
