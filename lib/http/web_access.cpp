// SPDX-License-Identifier: Apache-2.0
#include "http/web_access.hpp"

#include "base/file.hpp"
#include "http/server_tls.hpp"

#include <utility>

namespace mnemo {
namespace {

constexpr uint64_t kMaxConfigBytes = 16 << 20;
constexpr std::chrono::milliseconds kLookInterval{500};

}  // namespace

Result<std::shared_ptr<WebAccess>> WebAccess::open(std::string file,
                                                   std::shared_ptr<Logger> logger) {
  std::shared_ptr<WebAccess> access(new WebAccess(std::move(file), std::move(logger)));
  auto stamp = access->stamps(nullptr);
  MNEMO_TRY(access->state_, access->load());
  access->stamps_ = access->stamps(access->state_.get());
  access->stamps_[0] = stamp[0];
  return access;
}

Result<std::shared_ptr<const WebAccess::State>> WebAccess::load() const {
  auto yaml = read_file(file_, kMaxConfigBytes);
  if (!yaml) return Status::invalid_argument(yaml.status().message());
  auto state = std::make_shared<State>();
  std::filesystem::path folder = std::filesystem::path(file_).parent_path();
  MNEMO_TRY(state->config, parse_web_config(*yaml, folder).with_context(file_));
  if (state->config.tls) {
    MNEMO_TRY(state->tls, make_server_tls(*state->config.tls).with_context(file_));
  }
  return std::shared_ptr<const State>(std::move(state));
}

std::vector<FileStamp> WebAccess::stamps(const State* state) const {
  std::vector<FileStamp> stamps = {stamp_of(file_)};
  if (state == nullptr || !state->config.tls) return stamps;
  const auto& files = state->config.tls->files;
  for (const auto* file : {&files.cert_file, &files.key_file, &files.ca_file}) {
    stamps.push_back(stamp_of(*file));
  }
  return stamps;
}

std::shared_ptr<const WebAccess::State> WebAccess::current() {
  std::lock_guard lock(mutex_);
  auto now = std::chrono::steady_clock::now();
  if (now - looked_ < kLookInterval) return state_;
  looked_ = now;
  auto found = stamps(state_.get());
  if (found == stamps_) return state_;
  auto loaded = load();
  auto status = loaded.status();
  if (status.ok() && ((*loaded)->tls == nullptr) != (state_->tls == nullptr)) {
    status = Status::invalid_argument(file_ + ": TLS is turned on or off by a restart only");
  }
  if (!status.ok()) {
    stamps_ = std::move(found);
    logger_->error("changed web configuration is not usable, the old one stays",
                   {{"err", status.message()}});
    return state_;
  }
  state_ = *std::move(loaded);
  auto newest = stamps(state_.get());
  newest[0] = found[0];  // a change since then is seen next time
  stamps_ = std::move(newest);
  logger_->info("web configuration was read again", {{"file", file_}});
  return state_;
}

std::shared_ptr<boost::asio::ssl::context> WebAccess::tls() { return current()->tls; }

HttpHeaders WebAccess::headers() { return current()->config.headers; }

std::optional<ServerResponse> WebAccess::refusal(const ServerRequest& request) {
  auto state = current();
  const auto& users = state->config.users;
  if (users.empty()) return std::nullopt;
  auto given = parse_basic_auth(request.header("Authorization"));
  if (given && passwords_.check(users, given->first, given->second)) return std::nullopt;
  auto response = ServerResponse::text(401, "Unauthorized\n");
  response.headers.emplace_back("WWW-Authenticate", "Basic");
  return response;
}

}  // namespace mnemo
