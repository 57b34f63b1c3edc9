// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace mnemo {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

/// One key and value of a log line. The views need to live only during the call.
struct LogField {
  std::string_view key;
  std::string value;
};

/// Receives what the library has to tell; the embedder's hook into its own logging.
///
/// Thread-safe: implementations are called from any thread.
class Logger {
 public:
  virtual ~Logger() = default;

  /// Whether lines of this level are wanted; asked before a line is put together.
  virtual bool enabled(LogLevel level) const = 0;
  virtual void log(LogLevel level, std::string_view message,
                   std::initializer_list<LogField> fields) = 0;

  void debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::kDebug)) log(LogLevel::kDebug, message, fields);
  }
  void info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::kInfo)) log(LogLevel::kInfo, message, fields);
  }
  void warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::kWarn)) log(LogLevel::kWarn, message, fields);
  }
  void error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::kError)) log(LogLevel::kError, message, fields);
  }
};

/// A logger that drops everything.
std::shared_ptr<Logger> null_logger();

enum class LogFormat { kLogfmt, kJson };

/// A logger that writes lines to a file descriptor (not closed by it), one `write` a line.
std::shared_ptr<Logger> make_stream_logger(int descriptor, LogLevel least, LogFormat format);

}  // namespace mnemo
