// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace mnemo::testing {

/// Writes `name`.crt and `name`.key into a folder: an authority of its own, or (with `ca`) signed
/// by `ca`.crt of the same folder, for the host `host`. Valid until `hours` from now.
void write_certificate(const std::filesystem::path& dir, const std::string& name,
                       const std::string& ca = {}, const std::string& host = {}, long hours = 1);

}  // namespace mnemo::testing
