// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "objstore/s3/credential_services.hpp"
#include "objstore/s3/credentials.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace mnemo::s3 {

/// Sections of an AWS file, each with its fields: "[name]" lines, then "field = value" lines.
using Profiles = std::map<std::string, std::map<std::string, std::string>>;

/// `is_config`: sections are named "profile NAME", as in ~/.aws/config. Lines that are neither are
/// skipped, as by AWS' tools.
Profiles parse_profiles(std::string_view text, bool is_config);

enum class ProfileFiles { kCredentials, kConfigAndCredentials };

/// The profile AWS_PROFILE (or "default") in ~/.aws/credentials, or wherever
/// AWS_SHARED_CREDENTIALS_FILE says; with kConfigAndCredentials also in ~/.aws/config
/// (AWS_CONFIG_FILE), where a role may be named (role_arn with source_profile or
/// web_identity_token_file). What needs a login or another program is refused by name.
std::unique_ptr<CredentialSource> profile_source(const ServiceOptions& options, ProfileFiles files);

}  // namespace mnemo::s3
