// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"

#include "base/duration.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <set>

namespace mnemo::tools {
namespace {

/// "--output", and "-o,--output" for "o,output".
std::string long_name(std::string_view flag) {
  if (flag.size() < 2 || flag[1] != ',') return "--" + std::string(flag);
  return "-" + std::string(flag.substr(0, 1)) + ",--" + std::string(flag.substr(2));
}

/// Thanos' flags come with "=" and may be empty, which CLI11 takes only as an argument of its own.
std::vector<std::string> split_empty_values(const std::vector<std::string>& arguments) {
  std::vector<std::string> result;
  for (const auto& argument : arguments) {
    if (argument.size() > 3 && argument.starts_with("--") &&
        argument.find('=') + 1 == argument.size()) {
      result.push_back(argument.substr(0, argument.size() - 1));
      result.emplace_back();
    } else {
      result.push_back(argument);
    }
  }
  return result;
}

/// "--switch=false", as scripts that generate arguments write it, becomes "--no-switch".
std::vector<std::string> spell_out_switches(const std::vector<std::string>& arguments,
                                            const std::set<std::string>& switches) {
  std::vector<std::string> result = arguments;
  for (auto& argument : result) {
    auto equals = argument.find('=');
    if (!argument.starts_with("--") || equals == std::string::npos) continue;
    auto name = argument.substr(2, equals - 2);
    if (!switches.contains(name)) continue;
    auto value = argument.substr(equals + 1);
    if (value == "true") argument = "--" + name;
    if (value == "false") argument = "--no-" + name;
  }
  return result;
}

/// A flag that must not be given with another value than `harmless`.
struct Refused {
  std::string flag;
  std::string why;
  std::string harmless;
  const CLI::Option* option;
};

}  // namespace

struct CommandLine::Parser {
  explicit Parser(std::string name, std::string summary)
      : app(std::move(summary), std::move(name)) {}

  CLI::App app;
  std::set<std::string> switches;
  std::vector<std::string> tolerated;
  std::vector<Refused> refused;
  std::vector<std::string> warnings;
};

CommandLine::CommandLine(const std::string& name, std::string summary)
    : parser_(std::make_unique<Parser>("mnemo " + name, std::move(summary))) {
  auto& app = parser_->app;
  app.set_help_flag("-h,--help", "Show this help.");
  app.set_help_all_flag("--help-long", "Show this help.");
  app.get_formatter()->column_width(44);
  app.option_defaults()->always_capture_default();
}

CommandLine::~CommandLine() = default;

void CommandLine::text(std::string_view flag, std::string& target, std::string_view help) {
  parser_->app.add_option(long_name(flag), target, std::string(help));
}

void CommandLine::texts(std::string_view flag, std::vector<std::string>& target,
                        std::string_view help) {
  parser_->app.add_option(long_name(flag), target, std::string(help) + " Repeatable.")
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->default_str("");
}

void CommandLine::number(std::string_view flag, uint64_t& target, std::string_view help) {
  parser_->app.add_option(long_name(flag), target, std::string(help));
}

void CommandLine::boolean(std::string_view flag, bool& target, std::string_view help) {
  auto name = std::string(flag.substr(flag.find(',') + 1));
  parser_->switches.insert(name);
  std::string text(help);
  if (target) text += " On by default.";
  parser_->app
      .add_flag_callback(
          long_name(flag), [&target] { target = true; }, text)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  parser_->app
      .add_flag_callback(
          "--no-" + name, [&target] { target = false; }, "Turn it off.")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
}

void CommandLine::duration(std::string_view flag, int64_t& target_ms, std::string_view help) {
  auto read = [&target_ms, name = long_name(flag)](const std::string& value) {
    auto ms = parse_duration_ms(value);
    if (!ms) throw CLI::ValidationError(name + ": " + ms.status().message());
    target_ms = *ms;
  };
  parser_->app.add_option_function<std::string>(long_name(flag), read, std::string(help))
      ->type_name("DURATION")
      ->default_str(format_duration_ms(target_ms));
}

void CommandLine::choice(std::string_view flag, std::string& target,
                         std::vector<std::string> choices, std::string_view help) {
  parser_->app.add_option(long_name(flag), target, std::string(help))
      ->check(CLI::IsMember(std::move(choices)));
}

void CommandLine::argument(std::string_view name, std::string& target, std::string_view help) {
  parser_->app.add_option(std::string(name), target, std::string(help))->required();
}

void CommandLine::arguments(std::string_view name, std::vector<std::string>& target,
                            std::string_view help) {
  parser_->app.add_option(std::string(name), target, std::string(help))->required();
}

void CommandLine::optional_argument(std::string_view name, std::string& target,
                                    std::string_view help) {
  parser_->app.add_option(std::string(name), target, std::string(help));
}

void CommandLine::require(std::string_view flag) {
  parser_->app.get_option(long_name(flag))->required();
}

void CommandLine::tolerate(std::initializer_list<std::string_view> flags) {
  for (auto flag : flags) {
    parser_->app.add_option(long_name(flag))
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group("");
    parser_->tolerated.emplace_back(flag);
  }
}

void CommandLine::tolerate_switches(std::initializer_list<std::string_view> flags) {
  for (auto flag : flags) {
    auto name = std::string(flag);
    parser_->switches.insert(name);
    parser_->app.add_flag("--" + name)->group("");
    parser_->app.add_flag("--no-" + name)->group("");
    parser_->tolerated.push_back(name);
  }
}

void CommandLine::refuse(std::initializer_list<std::string_view> flags, std::string_view why,
                         std::string_view harmless) {
  for (auto flag : flags) {
    auto* option = parser_->app.add_option(long_name(flag))
                       ->expected(1)
                       ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
                       ->group("");
    parser_->refused.push_back(
        {std::string(flag), std::string(why), std::string(harmless), option});
  }
}

void CommandLine::refuse_switches(std::initializer_list<std::string_view> flags,
                                  std::string_view why) {
  for (auto flag : flags) {
    auto name = std::string(flag);
    parser_->switches.insert(name);
    parser_->app.add_flag("--no-" + name)->group("");
    auto* option = parser_->app.add_flag("--" + name)->group("");
    parser_->refused.push_back({name, std::string(why), "", option});
  }
}

std::optional<int> CommandLine::parse(const std::vector<std::string>& arguments) {
  auto& app = parser_->app;
  auto normalised = split_empty_values(spell_out_switches(arguments, parser_->switches));
  std::reverse(normalised.begin(), normalised.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(normalised));
  } catch (const CLI::Success& success) {
    app.exit(success);
    return kDone;
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "%s: error: %s, try --help\n", app.get_name().c_str(), error.what());
    return kWrongUsage;
  }
  for (const auto& refused : parser_->refused) {
    auto values = refused.option->results();
    if (std::all_of(values.begin(), values.end(),
                    [&](const auto& value) { return value == refused.harmless; })) {
      continue;
    }
    std::fprintf(stderr, "%s: error: --%s is not supported: %s\n", app.get_name().c_str(),
                 refused.flag.c_str(), refused.why.c_str());
    return kWrongUsage;
  }
  for (const auto& flag : parser_->tolerated) {
    if (given(flag)) {
      parser_->warnings.push_back("--" + flag + " tunes what Mnemo does without; it has no effect");
    }
  }
  return std::nullopt;
}

const std::vector<std::string>& CommandLine::warnings() const { return parser_->warnings; }

bool CommandLine::given(std::string_view flag) const {
  auto count = [&](const std::string& name) {
    const auto* option = parser_->app.get_option_no_throw(name);
    return option == nullptr ? 0 : option->count();
  };
  return count(long_name(flag)) + count("--no-" + std::string(flag)) > 0;
}

}  // namespace mnemo::tools
