// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http/client.hpp"
#include "objstore/environment.hpp"
#include "objstore/s3/credentials.hpp"

#include <mnemo/status.hpp>

#include <memory>
#include <optional>
#include <string>

namespace mnemo::s3 {

/// How services that give out credentials are reached.
struct ServiceOptions {
  HttpClientOptions http;    // of the bucket; for sts_endpoint
  std::string region;        // empty: AWS_REGION, AWS_DEFAULT_REGION
  std::string sts_endpoint;  // a URL; empty: AWS' own
  BucketEnvironment environment;
};

/// AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN: a role for a pod (IRSA), from STS.
Result<std::unique_ptr<CredentialSource>> web_identity_source(const ServiceOptions& options);

/// AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI: ECS, EKS Pod Identity.
Result<std::unique_ptr<CredentialSource>> container_source(const ServiceOptions& options);

/// The role of the machine, from its metadata service (version 2, version 1 where that times out).
/// As in Thanos' client, sts_endpoint is asked instead where it is set.
Result<std::unique_ptr<CredentialSource>> machine_source(const ServiceOptions& options);

/// A role to take on, and how: with a token from a file, or as somebody who may.
struct AssumedRole {
  std::string arn;
  std::string session_name;  // empty: our own
  std::string external_id;
  std::string web_identity_token_file;
  std::optional<Credentials> as;
};

/// Asks STS for the role's credentials.
Result<Credentials> assume_role(const Context& context, const ServiceOptions& options,
                                const AssumedRole& role);

/// Reads AWS' JSON of credentials. Errors: DataLoss, or what a `Code` other than Success says.
Result<Credentials> parse_credentials_json(std::string_view body);

}  // namespace mnemo::s3
