// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "discovery/dns.hpp"

#include <mnemo/context.hpp>
#include <mnemo/log.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/status.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mnemo::discovery {

struct Target {
  std::string address;      // "host:port"
  std::string server_name;  // the host it was found under; empty for a plain address
  bool strict = false;      // always used, up or down
};

struct TargetSourceOptions {
  std::vector<std::string> addresses = {};  // "host:port", "dns+...", "dnssrv+...", "dnssrvnoa+..."
  std::vector<std::string> strict_addresses = {};  // plain only
  /// Files in Prometheus' file SD form, JSON or YAML; `*` and `?` in the last part of a path.
  std::vector<std::string> files = {};
  std::chrono::nanoseconds dns_interval = std::chrono::seconds(30);
  Resolver resolver = {};               // empty: DNS as the system is configured
  std::shared_ptr<Logger> logger = {};  // may be null
  Metrics* metrics = nullptr;           // dns_* after the prefix; must outlive the source
  std::string metric_prefix = {};       // "thanos_query_endpoints_"
  Metrics::LabelMap metric_labels = {};
  Counter* duplicates = nullptr;  // of addresses; may be null
};

/// The addresses of endpoints from flags, files and DNS.
///
/// Thread-safe. Starts no thread: files that have changed are read again, and names whose interval
/// has passed looked up again, when somebody asks. What can't be read or looked up now keeps its
/// last good result.
class TargetSource {
 public:
  /// Errors: InvalidArgument (a strict address that needs a lookup).
  static Result<std::unique_ptr<TargetSource>> create(TargetSourceOptions options);

  /// Each address once, in order of address.
  std::vector<Target> targets(const Context& context);

  /// The same without what is known of them. Errors: Unavailable, where there is none.
  Result<std::vector<std::string>> addresses(const Context& context);

 private:
  struct Cached {
    std::vector<ResolvedAddress> found;
    Context::Clock::time_point looked_up;
  };
  struct File {
    std::filesystem::file_time_type changed;
    uintmax_t size = 0;
    std::vector<std::string> addresses;
  };

  explicit TargetSource(TargetSourceOptions options);
  void add(std::map<std::string, Target>& all, Target target) const;
  void read_files();
  void read_one(const std::filesystem::path& path, File& file);
  const std::vector<ResolvedAddress>& look_up(const Context& context, const std::string& address,
                                              const AddressSpec& spec);

  TargetSourceOptions options_;
  Counter* lookups_ = nullptr;
  Counter* failures_ = nullptr;
  std::mutex mutex_;
  std::map<std::string, Cached> cache_;
  std::map<std::filesystem::path, File> files_;
};

/// The addresses in a file SD document (`[{"targets": ["a:1"], "labels": {...}}]`), JSON or YAML.
/// Errors: InvalidArgument.
Result<std::vector<std::string>> parse_target_file(const std::string& text);

}  // namespace mnemo::discovery
