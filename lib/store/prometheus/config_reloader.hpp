// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file_stamp.hpp"

#include "base/expand_environment.hpp"

#include <mnemo/context.hpp>
#include <mnemo/log.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/status.hpp>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

struct ConfigReloaderOptions {
  std::string config_file = {};  // may be gzipped; empty: none
  /// Where the configuration is written with `$(NAME)` replaced by the environment's values, for
  /// the server to read; empty: it reads `config_file` itself.
  std::string output_file = {};
  std::vector<std::string> rule_dirs = {};  // everything below them
  std::chrono::milliseconds watch_interval{180'000};
  std::chrono::milliseconds retry_interval{5'000};
  std::chrono::milliseconds look_interval{1'000};  // between looks whether files changed
  /// Makes the server read its files again.
  std::function<Status(const Context&)> reload = {};
  VariableLookup variable = {};  // empty: the process' environment
  std::string method = "http";   // for reloader_info
  Metrics* metrics = nullptr;    // thanos_sidecar_reloader_*; may be null
  std::shared_ptr<Logger> logger = null_logger();
};

/// Watches a Prometheus server's configuration and rule files, and makes the server read them again
/// when their content has changed.
///
/// Not thread-safe: one thread calls it.
class ConfigReloader {
 public:
  explicit ConfigReloader(ConfigReloaderOptions options);

  /// Whether there is anything to watch.
  bool is_needed() const { return !options_.config_file.empty() || !options_.rule_dirs.empty(); }

  /// Writes the output file for the first time. Errors: those of files; InvalidArgument (a variable
  /// that isn't set, broken gzip).
  Status write_output();

  /// Writes the output, and reloads if content has changed since the last reload that went well,
  /// trying again until the context ends. Errors: those of `write_output` and of watched files; the
  /// last failure to reload.
  Status apply(const Context& context);

  /// Applies now, whenever a file looks changed, and every `watch_interval`, until `context` ends.
  void run(const Context& context);

 private:
  struct Counters {
    Counter* applies = nullptr;
    Counter* apply_failures = nullptr;
    Counter* reloads = nullptr;
    Counter* reload_failures = nullptr;
    Counter* watch_events = nullptr;
    Gauge* expansion_errors = nullptr;
    Gauge* last_successful = nullptr;
    Gauge* last_success_time = nullptr;
    Gauge* watches = nullptr;
  };

  Result<std::string> expand(const std::string& text) const;
  Result<std::vector<std::string>> watched_files() const;
  Result<std::string> digest() const;
  std::map<std::string, FileStamp> stamps() const;
  Status reload(const Context& context);

  const ConfigReloaderOptions options_;
  Metrics own_metrics_;  // counts where the embedder gave none
  Counters counters_;
  std::optional<std::string> applied_;  // digest of what the server has read
};

}  // namespace mnemo
