// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"
#include "objstore/s3/xml.hpp"

#include <mnemo/status.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace mnemo::s3 {

/// Whether a call that failed with this code of S3 may succeed the next time.
bool is_retryable_code(std::string_view code);

/// Whether the credentials are no longer good, so that new ones may be.
bool is_expiry_code(std::string_view code);

/// The status for an answer that is an error, with what to do about the usual ones. `what`: the
/// request, for the message. `is_of_object`: a 404 that says nothing else means the object.
/// `now_ms`: when the request was signed.
Status error_status(std::string_view what, bool is_of_object, const HttpResponse& answer,
                    const ErrorText& error, int64_t now_ms);

}  // namespace mnemo::s3
