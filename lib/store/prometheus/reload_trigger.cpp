// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/reload_trigger.hpp"

#include "base/file.hpp"

#include <nlohmann/json.hpp>

#include <signal.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>

namespace mnemo {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::milliseconds kPoll{200};
constexpr size_t kMaxNameSize = 15;  // the kernel cuts names

/// How the server's last attempt to read its configuration went.
struct ConfigStatus {
  bool is_good = false;
  std::string last_time;  // of the last that went well, RFC 3339
};

Result<ConfigStatus> config_status(const Context& context, const PrometheusApi& api) {
  MNEMO_TRY(auto body, api.get(context, "/api/v1/status/runtimeinfo"));
  auto parsed = nlohmann::json::parse(body, nullptr, false);
  auto data = parsed.is_object() ? parsed.find("data") : parsed.end();
  if (!parsed.is_object() || data == parsed.end() || !data->is_object()) {
    return Status::data_loss("Prometheus' runtime information: not of its form");
  }
  auto good = data->find("reloadConfigSuccess");
  auto time = data->find("lastConfigTime");
  ConfigStatus status;
  status.is_good = good != data->end() && good->is_boolean() && good->get<bool>();
  if (time != data->end() && time->is_string()) status.last_time = time->get<std::string>();
  return status;
}

std::optional<pid_t> find_process(const std::string& name) {
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    auto folder = entry->path().filename().string();
    pid_t pid = 0;
    auto [end, bad] = std::from_chars(folder.data(), folder.data() + folder.size(), pid);
    if (bad != std::errc() || end != folder.data() + folder.size()) continue;
    auto comm = read_file(entry->path() / "comm", 4096);
    if (comm && *comm == name.substr(0, kMaxNameSize) + "\n") return pid;
  }
  return std::nullopt;
}

}  // namespace

Status reload_by_http(const Context& context, const PrometheusApi& api) {
  auto status = api.post(context, "/-/reload", {}).status();
  if (status.ok()) return status;
  return {status.code(), "trigger reload: " + status.message() +
                             "; have you set `--web.enable-lifecycle` Prometheus flag?"};
}

Status reload_by_signal(const Context& context, const PrometheusApi& api,
                        const std::string& process_name) {
  MNEMO_TRY(auto before, config_status(context, api).with_context("pre-reload check failed"));
  auto pid = find_process(process_name);
  if (!pid) return Status::not_found("failed to find process matching \"" + process_name + "\"");
  if (::kill(*pid, SIGHUP) != 0) {
    return Status::permission_denied("failed to send SIGHUP to pid " + std::to_string(*pid) + ": " +
                                     std::generic_category().message(errno));
  }
  for (;;) {
    MNEMO_TRY(auto now, config_status(context, api).with_context("post-reload check failed"));
    if (now.is_good && (now.last_time > before.last_time || !before.is_good)) return {};
    if (before.is_good && !now.is_good) {
      return Status::failed_precondition("configuration reload has failed");
    }
    MNEMO_RETURN_IF_ERROR(context.sleep_for(kPoll).with_context(
        "last successful configuration reload at " + now.last_time));
  }
}

}  // namespace mnemo
