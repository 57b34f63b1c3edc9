// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct ares_channeldata;

namespace mnemo::discovery {

struct SrvRecord {
  std::string host;  // without the final dot
  uint16_t port = 0;
};

/// Asks DNS, one question at a time, on the calling thread. Not thread-safe.
class AresChannel {
 public:
  /// `servers` as "host:port,...", or empty for the system's.
  static Result<std::unique_ptr<AresChannel>> open(const std::string& servers);
  AresChannel(const AresChannel&) = delete;
  AresChannel& operator=(const AresChannel&) = delete;
  ~AresChannel();

  /// The IP addresses of a host as text, IPv6 without brackets. Errors: NotFound, Unavailable.
  Result<std::vector<std::string>> addresses(const Context& context, const std::string& host);
  Result<std::vector<SrvRecord>> srv(const Context& context, const std::string& name);

 private:
  explicit AresChannel(ares_channeldata* channel) : channel_(channel) {}
  Status drive(const Context& context, const bool& done);

  ares_channeldata* channel_;
};

}  // namespace mnemo::discovery
