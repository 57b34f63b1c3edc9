// SPDX-License-Identifier: Apache-2.0
#include "objstore/s3/credential_files.hpp"

#include "base/file.hpp"

#include <utility>

namespace mnemo::s3 {
namespace {

constexpr uint64_t kMaxFileBytes = 1 << 20;
constexpr int kMaxRoles = 5;  // of profiles that name each other

using Profile = std::map<std::string, std::string>;

std::string_view trim(std::string_view text) {
  auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string field(const Profile& profile, const char* name) {
  auto at = profile.find(name);
  return at == profile.end() ? std::string() : at->second;
}

std::string path_of(const char* variable, const char* name) {
  if (auto path = environment_text(variable); !path.empty()) return path;
  auto home = environment_text("HOME");
  return home.empty() ? home : home + "/.aws/" + name;
}

/// Adds a file's profiles over those that are there. A missing file is none.
Status add_file(Profiles& profiles, const std::string& path, bool is_config) {
  if (path.empty()) return {};
  auto text = read_file(path, kMaxFileBytes);
  if (!text.ok()) {
    if (text.status().code() == Code::kNotFound) return {};
    return Status::failed_precondition(text.status().message());
  }
  for (auto& [name, fields] : parse_profiles(*text, is_config)) {
    for (auto& [key, value] : fields) profiles[name][key] = value;
  }
  return {};
}

class ProfileSource final : public CredentialSource {
 public:
  ProfileSource(ServiceOptions options, ProfileFiles files)
      : options_(std::move(options)), files_(files) {}
  std::string_view name() const override { return "AWS' profile files"; }

  Result<Credentials> fetch(const Context& context) override {
    Profiles profiles;
    if (files_ == ProfileFiles::kConfigAndCredentials) {
      MNEMO_RETURN_IF_ERROR(add_file(profiles, path_of("AWS_CONFIG_FILE", "config"), true));
    }
    MNEMO_RETURN_IF_ERROR(
        add_file(profiles, path_of("AWS_SHARED_CREDENTIALS_FILE", "credentials"), false));
    auto wanted = environment_text("AWS_PROFILE");
    bool is_named = !wanted.empty();
    if (!is_named) wanted = "default";
    if (!profiles.contains(wanted)) {
      if (!is_named) return Status::not_found("no profile");
      return Status::failed_precondition("AWS_PROFILE: there is no profile " + wanted);
    }
    return resolve(context, profiles, wanted, kMaxRoles).with_context("profile " + wanted);
  }

 private:
  Result<Credentials> resolve(const Context& context, const Profiles& profiles,
                              const std::string& name, int roles_left) {
    auto at = profiles.find(name);
    if (at == profiles.end()) {
      return Status::failed_precondition("source_profile: there is no profile " + name);
    }
    const auto& profile = at->second;
    for (auto refused : {"credential_process", "sso_session", "sso_start_url", "mfa_serial",
                         "credential_source"}) {
      if (!field(profile, refused).empty()) {
        return Status::unimplemented(std::string(refused) + " is not supported");
      }
    }
    if (!field(profile, "role_arn").empty()) return take_role(context, profiles, name, roles_left);
    return fixed_keys(profile);
  }

  static Result<Credentials> fixed_keys(const Profile& profile) {
    Credentials found{field(profile, "aws_access_key_id"),
                      field(profile, "aws_secret_access_key"),
                      field(profile, "aws_session_token"),
                      {}};
    if (found.access_key.empty() && found.secret_key.empty()) return Status::not_found("no keys");
    if (found.access_key.empty() || found.secret_key.empty()) {
      return Status::failed_precondition(
          "only one of aws_access_key_id and aws_secret_access_key is there");
    }
    return found;
  }

  Result<Credentials> take_role(const Context& context, const Profiles& profiles,
                                const std::string& name, int roles_left) {
    if (roles_left == 0) {
      return Status::failed_precondition("source_profile: a chain of more than " +
                                         std::to_string(kMaxRoles) + " roles");
    }
    const auto& profile = profiles.at(name);
    AssumedRole role;
    role.arn = field(profile, "role_arn");
    role.session_name = field(profile, "role_session_name");
    role.external_id = field(profile, "external_id");
    role.web_identity_token_file = field(profile, "web_identity_token_file");
    if (role.web_identity_token_file.empty()) {
      auto source = field(profile, "source_profile");
      if (source.empty()) {
        return Status::failed_precondition(
            "role_arn without source_profile or web_identity_token_file");
      }
      // A profile may have keys of its own to take on the role with.
      auto keys =
          source == name ? fixed_keys(profile) : resolve(context, profiles, source, roles_left - 1);
      if (!keys.ok()) return std::move(keys).with_context("source_profile " + source);
      role.as = std::move(*keys);
    }
    auto options = options_;
    if (options.region.empty()) options.region = field(profile, "region");
    return assume_role(context, options, role);
  }

  ServiceOptions options_;
  ProfileFiles files_;
};

}  // namespace

Profiles parse_profiles(std::string_view text, bool is_config) {
  Profiles profiles;
  Profile* current = nullptr;
  while (!text.empty()) {
    auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    bool is_nested = line.starts_with(' ') || line.starts_with('\t');
    line = trim(line);
    if (line.empty() || line.front() == '#' || line.front() == ';' || is_nested) continue;
    if (line.front() == '[') {
      auto name = trim(line.substr(1, line.find(']') - 1));
      current = nullptr;
      if (is_config && name.starts_with("profile ")) {
        name = trim(name.substr(8));
      } else if (is_config && name != "default") {
        continue;
      }
      current = &profiles[std::string(name)];
      continue;
    }
    auto equals = line.find('=');
    if (!current || equals == line.npos) continue;
    auto value = line.substr(equals + 1);
    if (auto comment = value.find(" #"); comment != value.npos) value = value.substr(0, comment);
    (*current)[std::string(trim(line.substr(0, equals)))] = trim(value);
  }
  return profiles;
}

std::unique_ptr<CredentialSource> profile_source(const ServiceOptions& options,
                                                 ProfileFiles files) {
  return std::make_unique<ProfileSource>(options, files);
}

}  // namespace mnemo::s3
