// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::tools {

/// What a command returns to the shell.
enum ExitStatus : int { kDone = 0, kFailed = 1, kWrongUsage = 2 };

/// The flags and arguments of one command, in the conventions of Thanos' command line:
/// `--flag=value` or `--flag value`, `--flag=` for an empty value, `--[no-]switch`, repeatable
/// flags. The value that a target has when its flag is declared is the default that `--help` shows.
///
/// Not thread-safe. Targets are borrowed and must outlive `parse`.
class CommandLine {
 public:
  /// `name` is the command's, "tools tsdb dump".
  CommandLine(const std::string& name, std::string summary);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  /// `flag` may begin with a letter and a comma: "o,output" is `-o` and `--output`.
  void text(std::string_view flag, std::string& target, std::string_view help);
  void texts(std::string_view flag, std::vector<std::string>& target, std::string_view help);
  void number(std::string_view flag, uint64_t& target, std::string_view help);
  void boolean(std::string_view flag, bool& target, std::string_view help);
  /// Milliseconds, written as a duration.
  void duration(std::string_view flag, int64_t& target_ms, std::string_view help);
  /// A text that must be one of `choices`.
  void choice(std::string_view flag, std::string& target, std::vector<std::string> choices,
              std::string_view help);
  /// A positional argument that must be given, or any number of them (at least one).
  void argument(std::string_view name, std::string& target, std::string_view help);
  void arguments(std::string_view name, std::vector<std::string>& target, std::string_view help);
  /// One that may be left out; declared after those that must be given.
  void optional_argument(std::string_view name, std::string& target, std::string_view help);

  /// Makes a flag declared before one that must be given.
  void require(std::string_view flag);

  /// Flags of Thanos that only tune what Mnemo doesn't have: accepted with one warning each.
  void tolerate(std::initializer_list<std::string_view> flags);
  void tolerate_switches(std::initializer_list<std::string_view> flags);
  /// Flags of Thanos that would change answers or safety if they were ignored: an error that says
  /// why, unless the value is `harmless` (what Mnemo does anyway).
  void refuse(std::initializer_list<std::string_view> flags, std::string_view why,
              std::string_view harmless = {});
  /// The same for switches; turned off they are harmless.
  void refuse_switches(std::initializer_list<std::string_view> flags, std::string_view why);

  /// Reads `arguments` (without the command's name). Returns nothing when the command shall run,
  /// else the exit status: help was printed, or the error was written to standard error.
  std::optional<int> parse(const std::vector<std::string>& arguments);

  /// One for each tolerated flag that was given.
  const std::vector<std::string>& warnings() const;
  bool given(std::string_view flag) const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace mnemo::tools
