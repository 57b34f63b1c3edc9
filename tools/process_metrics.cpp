// SPDX-License-Identifier: Apache-2.0
#include "process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace mnemo::tools {
namespace {

// Fields of proc(5)'s stat, counted from the state, which follows the name in brackets.
constexpr size_t kUserTicks = 11;
constexpr size_t kSystemTicks = 12;
constexpr size_t kStartTicks = 19;
constexpr size_t kVirtualBytes = 20;
constexpr size_t kResidentPages = 21;

std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  auto end_of_name = text.rfind(')');
  if (end_of_name == std::string::npos || end_of_name + 4 > text.size()) return {};
  std::istringstream rest(text.substr(end_of_name + 4));
  std::vector<double> fields = {0};  // the state is a letter
  for (double field; rest >> field;) fields.push_back(field);
  return fields;
}

double boot_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

/// A number of /proc/self/net/netstat, whose lines come in pairs: names, then values.
double network_bytes(const std::string& name) {
  std::ifstream file("/proc/self/net/netstat");
  for (std::string names, values; std::getline(file, names) && std::getline(file, values);) {
    if (!names.starts_with("IpExt:")) continue;
    std::istringstream name_words(names.substr(6));
    std::istringstream value_words(values.substr(6));
    double value = 0;
    for (std::string word; name_words >> word && value_words >> value;) {
      if (word == name) return value;
    }
  }
  return 0;
}

double limit(int resource) {
  rlimit found{};
  ::getrlimit(resource, &found);
  return static_cast<double>(found.rlim_cur);
}

void raise(Counter& counter, double to) {
  if (to > counter.value()) counter.increment(to - counter.value());
}

}  // namespace

ProcessMetrics::ProcessMetrics(Metrics& metrics)
    : cpu_seconds_(metrics.counter("process_cpu_seconds_total",
                                   "Total user and system CPU time spent in seconds.")),
      open_fds_(metrics.gauge("process_open_fds", "Number of open file descriptors.")),
      max_fds_(metrics.gauge("process_max_fds", "Maximum number of open file descriptors.")),
      virtual_bytes_(
          metrics.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.")),
      max_virtual_bytes_(metrics.gauge("process_virtual_memory_max_bytes",
                                       "Maximum amount of virtual memory available in bytes.")),
      resident_bytes_(
          metrics.gauge("process_resident_memory_bytes", "Resident memory size in bytes.")),
      start_seconds_(metrics.gauge("process_start_time_seconds",
                                   "Start time of the process since unix epoch in seconds.")),
      received_bytes_(metrics.counter("process_network_receive_bytes_total",
                                      "Number of bytes received by the process over the network.")),
      sent_bytes_(metrics.counter("process_network_transmit_bytes_total",
                                  "Number of bytes sent by the process over the network.")) {}

void ProcessMetrics::update() {
  std::lock_guard lock(mutex_);
  auto fields = stat_fields();
  if (fields.size() > kResidentPages) {
    auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    raise(cpu_seconds_, (fields[kUserTicks] + fields[kSystemTicks]) / ticks);
    start_seconds_.set(boot_seconds() + fields[kStartTicks] / ticks);
    virtual_bytes_.set(fields[kVirtualBytes]);
    resident_bytes_.set(fields[kResidentPages] * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  }
  std::error_code error;
  std::filesystem::directory_iterator open("/proc/self/fd", error);
  if (!error) open_fds_.set(static_cast<double>(std::distance(begin(open), end(open))));
  max_fds_.set(limit(RLIMIT_NOFILE));
  max_virtual_bytes_.set(limit(RLIMIT_AS));
  raise(received_bytes_, network_bytes("InOctets"));
  raise(sent_bytes_, network_bytes("OutOctets"));
}

}  // namespace mnemo::tools
