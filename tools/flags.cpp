// SPDX-License-Identifier: Apache-2.0
#include "flags.hpp"

#include "base/duration.hpp"
#include "base/expand_environment.hpp"
#include "base/file.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>

namespace mnemo::tools {
namespace {

constexpr uint64_t kMaxConfigBytes = 16 << 20;

LogLevel log_level(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warn") return LogLevel::kWarn;
  if (name == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

}  // namespace

void CommonFlags::declare(CommandLine& line) {
  line.choice("log.level", log_level, {"debug", "info", "warn", "error"}, "Least level to log.");
  line.choice("log.format", log_format, {"logfmt", "json"}, "Format of log lines.");
  line.text("http-address", http_address, "Where HTTP is served, host:port.");
  line.text("http.config", http_config,
            "File that turns on TLS or passwords for all of HTTP: Prometheus' web configuration.");
  line.duration("http-grace-period", http_grace_ms,
                "How long open HTTP requests may take to end after SIGTERM.");
  line.tolerate({"tracing.config", "tracing.config-file", "auto-gomemlimit.ratio", "debug.name",
                 "request.logging-config", "request.logging-config-file"});
  line.tolerate_switches({"enable-auto-gomemlimit"});
}

std::shared_ptr<Logger> CommonFlags::make_logger() const {
  auto format = log_format == "json" ? LogFormat::kJson : LogFormat::kLogfmt;
  return make_stream_logger(STDERR_FILENO, tools::log_level(log_level), format);
}

void GrpcServerFlags::declare(CommandLine& line) {
  line.text("grpc-address", address, "Where the StoreAPI is served over gRPC, host:port.");
  line.text("grpc-server-tls-cert", tls_cert, "The server's certificate; empty: no TLS.");
  line.text("grpc-server-tls-key", tls_key, "The server's private key.");
  line.text("grpc-server-tls-client-ca", tls_client_ca,
            "CA that client certificates must be signed by; empty: clients need none.");
  line.choice("grpc-server-tls-min-version", tls_min_version, {"1.2", "1.3"},
              "Least TLS version that clients may use.");
  line.duration("grpc-server-max-connection-age", max_connection_age_ms,
                "Age at which a connection is closed and made anew.");
  line.duration("grpc-grace-period", grace_ms,
                "How long open gRPC calls may take to end after SIGTERM.");
  line.texts("grpc-server-tls-ciphers", tls_ciphers,
             "Cipher suite that TLS 1.2 may use (Go's name). Those of 1.3 are fixed.");
  line.refuse({"grpc-server-tls-curves"}, "gRPC offers CurveP256 alone", "CurveP256");
}

void ContentFlags::declare(CommandLine& line, const std::string& flag, std::string_view what) {
  line.text(flag + "-file", file, "File with the " + std::string(what) + " (YAML).");
  line.text(flag, content, "The " + std::string(what) + " itself, instead of a file.");
}

Result<std::string> ContentFlags::read(const std::string& flag) const {
  if (!content.empty() && !file.empty()) {
    return Status::invalid_argument("--" + flag + " and --" + flag +
                                    "-file are both given; give one of them");
  }
  if (!given()) {
    return Status::invalid_argument("--" + flag + " or --" + flag + "-file must be given");
  }
  if (!content.empty()) return expand_environment(content).with_context("--" + flag);
  MNEMO_TRY(auto text, read_file(file, kMaxConfigBytes).with_context("--" + flag + "-file"));
  return expand_environment(text).with_context("--" + flag + "-file");
}

Result<int64_t> parse_time_or_duration(std::string_view text, int64_t now) {
  if (auto time = parse_rfc3339_ms(text)) return time;
  auto duration = parse_duration_ms(text);
  if (duration) return now + *duration;
  return Status::invalid_argument(
      "not a time: \"" + std::string(text) +
      "\"; give one in RFC 3339 form (2026-06-01T00:00:00Z) or a duration relative to now (-2w)");
}

std::vector<std::string> split_commas(const std::vector<std::string>& values) {
  std::vector<std::string> result;
  for (std::string_view value : values) {
    while (!value.empty()) {
      auto part = value.substr(0, value.find(','));
      if (!part.empty()) result.emplace_back(part);
      value.remove_prefix(std::min(value.size(), part.size() + 1));
    }
  }
  return result;
}

int64_t now_ms() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

int report(std::string_view command, const Status& status) {
  std::fprintf(stderr, "mnemo %.*s: error: %s\n", static_cast<int>(command.size()), command.data(),
               status.message().c_str());
  return status.code() == Code::kInvalidArgument ? kWrongUsage : kFailed;
}

}  // namespace mnemo::tools
