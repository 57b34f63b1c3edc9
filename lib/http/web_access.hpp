// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file_stamp.hpp"
#include "http/basic_auth.hpp"
#include "http/message.hpp"
#include "http/web_config.hpp"

#include <mnemo/log.hpp>
#include <mnemo/status.hpp>

#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mnemo {

/// Who may use an HTTP server, and how, as Prometheus' web configuration file says: TLS, client
/// certificates, passwords, headers. The file and those that it names are read again when they
/// change, for connections and requests from then on; what can't be used is logged and not taken.
/// Whether TLS is spoken at all stays as it was at the start.
///
/// Thread-safe.
class WebAccess {
 public:
  /// Errors: InvalidArgument, names the file and the field or certificate.
  static Result<std::shared_ptr<WebAccess>> open(std::string file, std::shared_ptr<Logger> logger);

  /// What a new connection speaks; null: no TLS.
  std::shared_ptr<boost::asio::ssl::context> tls();

  /// The answer to a request that is not let in; nothing for one that is. May take as long as a
  /// password's hash.
  std::optional<ServerResponse> refusal(const ServerRequest& request);

  /// To be sent with every answer.
  HttpHeaders headers();

 private:
  struct State {
    WebConfig config;
    std::shared_ptr<boost::asio::ssl::context> tls;
  };

  WebAccess(std::string file, std::shared_ptr<Logger> logger)
      : file_(std::move(file)), logger_(std::move(logger)) {}
  Result<std::shared_ptr<const State>> load() const;
  std::vector<FileStamp> stamps(const State* state) const;
  std::shared_ptr<const State> current();

  const std::string file_;
  const std::shared_ptr<Logger> logger_;
  PasswordChecker passwords_;
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<const State> state_;
  std::vector<FileStamp> stamps_;
  std::chrono::steady_clock::time_point looked_{};
};

}  // namespace mnemo
