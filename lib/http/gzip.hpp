// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/status.hpp>

#include <string>
#include <string_view>

namespace mnemo {

/// Whether an Accept-Encoding header takes gzip.
bool accepts_gzip(std::string_view accept_encoding);

/// `data` as one gzip member, compressed for speed.
Result<std::string> gzip_compress(std::string_view data);

}  // namespace mnemo
