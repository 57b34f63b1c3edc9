// SPDX-License-Identifier: Apache-2.0
#include "discovery/target_source.hpp"

#include "base/file.hpp"

#include <fnmatch.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

namespace mnemo::discovery {
namespace {

constexpr uint64_t kMaxFileBytes = 16 << 20;

/// The files that a path with `*` or `?` in its last part stands for.
std::vector<std::filesystem::path> expand(const std::string& pattern) {
  std::filesystem::path path(pattern);
  auto last = path.filename().string();
  if (last.find_first_of("*?[") == std::string::npos) return {path};
  auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::vector<std::filesystem::path> found;
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    auto name = entry->path().filename().string();
    if (fnmatch(last.c_str(), name.c_str(), FNM_PERIOD) == 0) found.push_back(entry->path());
  }
  return found;
}

Result<std::vector<std::string>> targets_of(const YAML::Node& document) {
  std::vector<std::string> addresses;
  if (document.IsNull()) return addresses;
  if (!document.IsSequence()) return Status::invalid_argument("want a list of target groups");
  for (const auto& group : document) {
    if (!group.IsMap() || !group["targets"].IsDefined()) {
      return Status::invalid_argument("want a list of maps with 'targets'");
    }
    for (const auto& target : group["targets"]) addresses.push_back(target.as<std::string>());
  }
  return addresses;
}

}  // namespace

Result<std::vector<std::string>> parse_target_file(const std::string& text) {
  try {  // JSON is YAML
    return targets_of(YAML::Load(text));
  } catch (const std::exception& error) {
    return Status::invalid_argument(error.what());
  }
}

Result<std::unique_ptr<TargetSource>> TargetSource::create(TargetSourceOptions options) {
  for (const auto& address : options.strict_addresses) {
    if (parse_address(address).lookup != Lookup::kNone) {
      return Status::invalid_argument(
          address +
          " is a dynamically specified endpoint i.e. it uses SD and that is not permitted under "
          "strict mode.");
    }
  }
  if (!options.resolver) options.resolver = make_dns_resolver();
  if (!options.logger) options.logger = null_logger();
  return std::unique_ptr<TargetSource>(new TargetSource(std::move(options)));
}

TargetSource::TargetSource(TargetSourceOptions options) : options_(std::move(options)) {
  if (options_.metrics == nullptr) return;
  lookups_ = &options_.metrics->counter(options_.metric_prefix + "dns_lookups_total",
                                        "The number of DNS lookups resolutions attempts",
                                        options_.metric_labels);
  failures_ =
      &options_.metrics->counter(options_.metric_prefix + "dns_failures_total",
                                 "The number of DNS lookup failures", options_.metric_labels);
}

void TargetSource::add(std::map<std::string, Target>& all, Target target) const {
  auto address = target.address;
  bool is_new = all.try_emplace(std::move(address), std::move(target)).second;
  if (!is_new && options_.duplicates != nullptr) options_.duplicates->increment();
}

std::vector<Target> TargetSource::targets(const Context& context) {
  std::lock_guard lock(mutex_);
  std::map<std::string, Target> all;
  for (const auto& address : options_.strict_addresses) add(all, {address, {}, true});
  read_files();
  auto names = options_.addresses;
  for (const auto& [path, file] : files_) {
    names.insert(names.end(), file.addresses.begin(), file.addresses.end());
  }
  for (const auto& name : names) {
    auto spec = parse_address(name);
    if (spec.lookup == Lookup::kNone) {
      add(all, {name, {}, false});
      continue;
    }
    for (const auto& found : look_up(context, name, spec)) {
      add(all, {found.address, found.server_name, false});
    }
  }
  std::vector<Target> targets;
  targets.reserve(all.size());
  for (auto& [address, target] : all) targets.push_back(std::move(target));
  return targets;
}

Result<std::vector<std::string>> TargetSource::addresses(const Context& context) {
  std::vector<std::string> all;
  for (const auto& target : targets(context)) all.push_back(target.address);
  if (all.empty()) return Status::unavailable("no address is known, nor found by DNS");
  return all;
}

void TargetSource::read_files() {
  std::map<std::filesystem::path, File> now;
  for (const auto& pattern : options_.files) {
    for (const auto& path : expand(pattern)) {
      auto& file = now[path] = files_[path];
      read_one(path, file);
    }
  }
  files_ = std::move(now);
}

void TargetSource::read_one(const std::filesystem::path& path, File& file) {
  std::error_code error;
  auto changed = std::filesystem::last_write_time(path, error);
  auto size = error ? 0 : std::filesystem::file_size(path, error);
  if (error) {
    options_.logger->warn("can't read targets", {{"file", path}, {"err", error.message()}});
    return;
  }
  if (changed == file.changed && size == file.size) return;
  file.changed = changed;
  file.size = size;
  auto text = read_file(path, kMaxFileBytes);
  auto addresses = text ? parse_target_file(*text) : text.status();
  if (addresses) {
    file.addresses = *std::move(addresses);
  } else {
    options_.logger->warn("can't read targets",
                          {{"file", path}, {"err", addresses.status().to_string()}});
  }
}

const std::vector<ResolvedAddress>& TargetSource::look_up(const Context& context,
                                                          const std::string& address,
                                                          const AddressSpec& spec) {
  auto [entry, is_new] = cache_.try_emplace(address);
  auto& cached = entry->second;
  auto now = Context::Clock::now();
  if (!is_new && now - cached.looked_up < options_.dns_interval) return cached.found;
  auto found = options_.resolver(context, spec);
  if (lookups_ != nullptr) lookups_->increment();
  if (!found && failures_ != nullptr) failures_->increment();
  if (found) {
    cached.found = *std::move(found);
  } else {
    options_.logger->warn("dns resolution failed",
                          {{"address", address}, {"err", found.status().message()}});
    if (found.status().code() == Code::kNotFound) cached.found.clear();
  }
  if (options_.metrics != nullptr) {
    auto labels = options_.metric_labels;
    labels["addr"] = address;
    options_.metrics
        ->gauge(options_.metric_prefix + "dns_provider_results",
                "The number of resolved endpoints for each configured address", labels)
        .set(static_cast<double>(cached.found.size()));
  }
  cached.looked_up = Context::Clock::now();
  return cached.found;
}

}  // namespace mnemo::discovery
