// SPDX-License-Identifier: Apache-2.0
#include <mnemo/log.hpp>

#include "base/json_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <unistd.h>

#include <chrono>

namespace mnemo {
namespace {

class NullLogger final : public Logger {
 public:
  bool enabled(LogLevel) const override { return false; }
  void log(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return "debug";
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarn: return "warn";
    case LogLevel::kError: return "error";
  }
  return "unknown";
}

std::string timestamp() {
  auto now =
      std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  auto seconds = std::chrono::time_point_cast<std::chrono::seconds>(now);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), (now - seconds).count());
}

bool needs_quotes(std::string_view value) {
  if (value.empty()) return true;
  for (unsigned char c : value) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return true;
  }
  return false;
}

class StreamLogger final : public Logger {
 public:
  StreamLogger(int descriptor, LogLevel least, LogFormat format)
      : descriptor_(descriptor), least_(least), format_(format) {}

  bool enabled(LogLevel level) const override { return level >= least_; }

  void log(LogLevel level, std::string_view message,
           std::initializer_list<LogField> fields) override {
    std::string line = format_ == LogFormat::kJson ? "{" : "";
    append(line, "ts", timestamp());
    append(line, "level", level_name(level));
    append(line, "msg", message);
    for (const auto& field : fields) append(line, field.key, field.value);
    line += format_ == LogFormat::kJson ? "}\n" : "\n";
    // A log that can't be written has nowhere to be reported.
    [[maybe_unused]] auto written = ::write(descriptor_, line.data(), line.size());
  }

 private:
  void append(std::string& line, std::string_view key, std::string_view value) const {
    if (format_ == LogFormat::kJson) {
      if (line.size() > 1) line += ',';
      append_json_string(line, key);
      line += ':';
      append_json_string(line, value);
      return;
    }
    if (!line.empty()) line += ' ';
    line += key;
    line += '=';
    if (needs_quotes(value)) {
      append_json_string(line, value);
    } else {
      line += value;
    }
  }

  int descriptor_;
  LogLevel least_;
  LogFormat format_;
};

}  // namespace

std::shared_ptr<Logger> null_logger() { return std::make_shared<NullLogger>(); }

std::shared_ptr<Logger> make_stream_logger(int descriptor, LogLevel least, LogFormat format) {
  return std::make_shared<StreamLogger>(descriptor, least, format);
}

}  // namespace mnemo
