// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/s3/client.hpp"
#include "objstore/s3/encryption.hpp"

#include <cstdint>
#include <string>

namespace mnemo::s3 {

/// The size of the parts in which an object is sent: `part_size`, or as much more as keeps them to
/// 10,000. Errors: InvalidArgument (more than 5 TiB).
Result<uint64_t> part_size_of(uint64_t object_size, uint64_t part_size);

/// Sends an object in parts, several at once where the environment has an executor. On failure the
/// upload is aborted, so that no part of it is left; where that fails too, the error says so.
/// `create`: the headers of the object.
Status put_in_parts(const Context& context, Client& client, const std::string& object,
                    const UploadSource& source, const std::vector<HttpHeader>& create,
                    const EncryptionHeaders& encryption);

}  // namespace mnemo::s3
