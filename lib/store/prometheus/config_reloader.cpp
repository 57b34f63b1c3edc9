// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/config_reloader.hpp"

#include "base/digest.hpp"
#include "base/expand_environment.hpp"
#include "base/file.hpp"
#include "http/gunzip.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace mnemo {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxFileBytes = 64 << 20;
constexpr size_t kMaxExpandedBytes = 256 << 20;
constexpr std::string_view kGzip = "\x1f\x8b\x08";

std::string sha256(std::string_view text) { return digest_of(DigestKind::kSha256, text); }

std::chrono::milliseconds at_least_one(std::chrono::milliseconds time) {
  return std::max(time, std::chrono::milliseconds(1));
}

}  // namespace

ConfigReloader::ConfigReloader(ConfigReloaderOptions options) : options_(std::move(options)) {
  auto& metrics = options_.metrics != nullptr ? *options_.metrics : own_metrics_;
  const std::string prefix = "thanos_sidecar_reloader_";
  auto counter = [&](const char* name, const char* help) {
    return &metrics.counter(prefix + name, help);
  };
  auto gauge = [&](const char* name, const char* help) {
    return &metrics.gauge(prefix + name, help);
  };
  counters_.applies =
      counter("config_apply_operations_total", "Total number of config apply operations.");
  counters_.apply_failures = counter("config_apply_operations_failed_total",
                                     "Total number of config apply operations that failed.");
  counters_.reloads = counter("reloads_total", "Total number of reload requests.");
  counters_.reload_failures =
      counter("reloads_failed_total", "Total number of reload requests that failed.");
  counters_.watch_events = counter(
      "watch_events_total", "Total number of events received by the reloader from the watcher.");
  counter("watch_errors_total",
          "Total number of errors received by the reloader from the watcher.");
  counters_.expansion_errors =
      gauge("config_environment_variable_expansion_errors",
            "Number of environment variable expansions that failed during the last operation.");
  counters_.last_successful =
      gauge("last_reload_successful", "Whether the last reload attempt was successful");
  counters_.last_success_time =
      gauge("last_reload_success_timestamp_seconds", "Timestamp of the last successful reload");
  counters_.watches = gauge("watches", "Number of resources watched by the reloader.");
  metrics
      .gauge(prefix + "info",
             "A metric with a constant '1' value labeled by reload method (either 'http' or "
             "'signal').",
             {{"method", options_.method}})
      .set(1);
}

Result<std::string> ConfigReloader::expand(const std::string& text) const {
  size_t unset = 0;
  auto expanded = expand_environment(text, options_.variable, &unset);
  counters_.expansion_errors->set(static_cast<double>(unset));
  return expanded;
}

Status ConfigReloader::write_output() {
  if (options_.config_file.empty() || options_.output_file.empty()) return {};
  MNEMO_TRY(auto text, read_file(options_.config_file, kMaxFileBytes));
  if (text.starts_with(kGzip)) {
    MNEMO_TRY(text, gunzip(text, kMaxExpandedBytes).with_context(options_.config_file));
  }
  MNEMO_TRY(text, expand(text).with_context(options_.config_file));
  // An unchanged file isn't written: others may be watching it.
  auto before = read_file(options_.output_file, kMaxExpandedBytes);
  if (before && *before == text) return {};
  return write_file_atomically(options_.output_file, text);
}

/// In order, so that a digest over them is always the same. Links are followed.
Result<std::vector<std::string>> ConfigReloader::watched_files() const {
  std::vector<std::string> files;
  if (!options_.config_file.empty()) files.push_back(options_.config_file);
  for (const auto& dir : options_.rule_dirs) {
    std::error_code error;
    fs::recursive_directory_iterator entry(dir, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      std::error_code ignored;
      if (fs::is_regular_file(entry->path(), ignored)) files.push_back(entry->path().string());
    }
    if (error) return errno_status(error.value(), "read folder", dir);
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::string> ConfigReloader::digest() const {
  MNEMO_TRY(auto files, watched_files());
  counters_.watches->set(static_cast<double>(files.size()));
  std::string parts;
  for (const auto& file : files) {
    MNEMO_TRY(auto text, read_file(file, kMaxFileBytes));
    parts += sha256(file) + sha256(text);
  }
  return sha256(parts);
}

std::map<std::string, FileStamp> ConfigReloader::stamps() const {
  std::map<std::string, FileStamp> stamps;
  auto files = watched_files();
  if (!files) return stamps;
  for (const auto& file : *files) stamps[file] = stamp_of(file);
  return stamps;
}

Status ConfigReloader::apply(const Context& context) {
  counters_.applies->increment();
  auto applied = [&]() -> Status {
    MNEMO_RETURN_IF_ERROR(write_output());
    MNEMO_TRY(auto found, digest());
    if (applied_ == found) return {};
    MNEMO_RETURN_IF_ERROR(reload(context));
    applied_ = std::move(found);
    return {};
  }();
  if (!applied.ok()) counters_.apply_failures->increment();
  return applied;
}

Status ConfigReloader::reload(const Context& context) {
  for (;;) {
    counters_.reloads->increment();
    auto status = options_.reload(context);
    counters_.last_successful->set(status.ok() ? 1 : 0);
    if (status.ok()) {
      auto now = std::chrono::system_clock::now().time_since_epoch();
      counters_.last_success_time->set(std::chrono::duration<double>(now).count());
      options_.logger->info("Reload triggered",
                            {{"cfg_in", options_.config_file}, {"cfg_out", options_.output_file}});
      return status;
    }
    counters_.reload_failures->increment();
    options_.logger->error("Failed to trigger reload. Retrying.", {{"err", status.message()}});
    if (!context.sleep_for(at_least_one(options_.retry_interval)).ok()) return status;
  }
}

void ConfigReloader::run(const Context& context) {
  if (!is_needed() || options_.watch_interval.count() <= 0) return;
  while (!context.stopped()) {
    auto seen = stamps();
    auto round = context.with_timeout(options_.watch_interval);
    auto status = apply(round);
    if (!status.ok() && !context.stopped()) {
      options_.logger->error("apply error", {{"err", status.message()}});
    }
    while (round.sleep_for(at_least_one(options_.look_interval)).ok()) {
      if (stamps() == seen) continue;
      counters_.watch_events->increment();
      break;
    }
  }
}

}  // namespace mnemo
