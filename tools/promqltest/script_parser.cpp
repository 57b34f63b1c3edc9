// SPDX-License-Identifier: Apache-2.0
#include "script.hpp"

#include "promql/syntax/lex_number.hpp"
#include "promql/syntax/lex_text.hpp"
#include "promql/syntax/parser.hpp"

#include <fmt/format.h>

#include <utility>

namespace mnemo::promqltest {
namespace {

constexpr std::string_view kRangeVector = "expect range vector";
constexpr std::string_view kString = "expect string";

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// Lines without the space around them; comments are empty lines.
std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (true) {
    size_t end = text.find('\n');
    std::string_view line = trim(text.substr(0, end));
    lines.push_back(line.starts_with('#') ? std::string_view() : line);
    if (end == std::string_view::npos) return lines;
    text.remove_prefix(end + 1);
  }
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

Result<int64_t> parse_time(std::string_view text, std::string_view what) {
  return promql::parse_duration_literal(text).with_context(
      fmt::format("invalid {} definition \"{}\"", what, text));
}

Result<std::shared_ptr<const re2::RE2>> compile(const std::string& pattern) {
  auto regex = std::make_shared<re2::RE2>(pattern, re2::RE2::Quiet);
  if (!regex->ok()) return Status::invalid_argument("invalid regex " + pattern);
  return std::shared_ptr<const re2::RE2>(std::move(regex));
}

/// Reads a script line by line; a blank line ends a command.
class ScriptParser {
 public:
  explicit ScriptParser(std::string_view text) : lines_(split_lines(text)) {}

  Result<std::vector<Command>> parse();

 private:
  Result<Command> parse_command();
  Result<LoadCommand> parse_load();
  Result<EvalCommand> parse_eval();
  Status parse_eval_header(EvalCommand& eval);
  Status parse_instant_header(EvalCommand& eval, const std::string& at);
  Status parse_range(EvalCommand& eval, const std::string& from, const std::string& to,
                     const std::string& step);
  Status parse_eval_line(EvalCommand& eval, size_t& position);
  Status parse_expectation(EvalCommand& eval);
  Status parse_expected_string(EvalCommand& eval);
  Status parse_range_vector(EvalCommand& eval);
  Status parse_expected_series(EvalCommand& eval, size_t position);
  void set_modifier(EvalCommand& eval, std::string_view modifier);

  std::string_view line() const { return lines_[index_]; }
  bool next_line_belongs() {
    if (index_ + 1 >= lines_.size() || lines_[index_ + 1].empty()) return false;
    ++index_;
    return true;
  }

  std::vector<std::string_view> lines_;
  size_t index_ = 0;
  bool is_range_vector_ = false;  // of the eval at hand
};

Result<std::vector<Command>> ScriptParser::parse() {
  std::vector<Command> commands;
  for (; index_ < lines_.size(); ++index_) {
    if (line().empty()) continue;
    size_t first_line = index_ + 1;
    auto command = parse_command();
    if (!command) {
      return std::move(command).status().with_context(fmt::format("line {}", index_ + 1));
    }
    command->line = first_line;
    commands.push_back(*std::move(command));
  }
  return commands;
}

Result<Command> ScriptParser::parse_command() {
  Command command;
  if (line() == "clear") {
    command.what = ClearCommand{};
  } else if (line().starts_with("load")) {
    MNEMO_TRY(command.what, parse_load());
  } else if (line().starts_with("eval")) {
    MNEMO_TRY(command.what, parse_eval());
  } else {
    return Status::invalid_argument(fmt::format("invalid command \"{}\"", line()));
  }
  return command;
}

Result<LoadCommand> ScriptParser::parse_load() {
  static constexpr char kPattern[] = R"(load(_with_nhcb)?\s+(.+?))";
  std::string suffix;
  std::string interval;
  if (!re2::RE2::FullMatch(piece(line()), kPattern, &suffix, &interval)) {
    return Status::invalid_argument("invalid load command");
  }
  LoadCommand load;
  load.with_custom_buckets = !suffix.empty();
  MNEMO_TRY(load.interval_ms, parse_time(interval, "step"));
  std::optional<SeriesLine> starts;
  while (next_line_belongs()) {
    MNEMO_TRY(SeriesLine series, parse_series_line(line()));
    if (!series.start_offsets_ms.empty()) {
      starts = std::move(series);
      continue;
    }
    if (starts) {
      if (starts->labels != series.labels ||
          starts->start_offsets_ms.size() != series.values.size()) {
        return Status::invalid_argument("@st line does not fit the sample line after it");
      }
      series.start_offsets_ms = std::move(starts->start_offsets_ms);
      starts.reset();
    }
    load.series.push_back(std::move(series));
  }
  if (starts) return Status::invalid_argument("@st line has no following sample line");
  return load;
}

Result<EvalCommand> ScriptParser::parse_eval() {
  EvalCommand eval;
  is_range_vector_ = false;
  MNEMO_RETURN_IF_ERROR(parse_eval_header(eval));
  auto expr = promql::parse_expression(eval.expression, promql::ParserOptions::all_enabled());
  if (!expr) return std::move(expr).status();
  size_t position = 0;
  while (next_line_belongs()) MNEMO_RETURN_IF_ERROR(parse_eval_line(eval, position));
  return eval;
}

Status ScriptParser::parse_eval_header(EvalCommand& eval) {
  static constexpr char kInstant[] =
      R"(eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+))";
  static constexpr char kRange[] =
      R"(eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+))";
  std::string modifier;
  std::string from;
  std::string to;
  std::string step;
  if (re2::RE2::FullMatch(piece(line()), kInstant, &modifier, &from, &eval.expression)) {
    MNEMO_RETURN_IF_ERROR(parse_instant_header(eval, from));
  } else if (re2::RE2::FullMatch(piece(line()), kRange, &modifier, &from, &to, &step,
                                 &eval.expression)) {
    eval.is_range = true;
    MNEMO_RETURN_IF_ERROR(parse_range(eval, from, to, step));
  } else {
    return Status::invalid_argument("invalid evaluation command");
  }
  set_modifier(eval, modifier);
  return {};
}

Status ScriptParser::parse_instant_header(EvalCommand& eval, const std::string& at) {
  MNEMO_TRY(eval.eval_ms, parse_time(at, "timestamp"));
  eval.start_ms = eval.eval_ms;
  eval.end_ms = eval.eval_ms;
  return {};
}

Status ScriptParser::parse_range(EvalCommand& eval, const std::string& from, const std::string& to,
                                 const std::string& step) {
  MNEMO_TRY(eval.start_ms, parse_time(from, "start timestamp"));
  MNEMO_TRY(eval.end_ms, parse_time(to, "end timestamp"));
  MNEMO_TRY(eval.step_ms, parse_time(step, "step"));
  if (eval.end_ms >= eval.start_ms) return {};
  return Status::invalid_argument("end timestamp is before start timestamp");
}

/// `eval_fail` and the like, from before there were `expect` lines.
void ScriptParser::set_modifier(EvalCommand& eval, std::string_view modifier) {
  static const std::map<std::string_view, ExpectKind> kModifiers = {
      {"fail", ExpectKind::kFail},
      {"warn", ExpectKind::kWarn},
      {"info", ExpectKind::kInfo},
      {"ordered", ExpectKind::kOrdered}};
  auto found = kModifiers.find(modifier);
  if (found == kModifiers.end()) return;
  Expectation anything;
  anything.pattern = std::make_shared<re2::RE2>("(?s).*");
  eval.expectations[found->second].push_back(std::move(anything));
}

Status ScriptParser::parse_eval_line(EvalCommand& eval, size_t& position) {
  std::string_view text = line();
  if (text.starts_with("expected_fail_message") || text.starts_with("expected_fail_regexp")) {
    bool regex = text.starts_with("expected_fail_regexp");
    std::string rest(trim(text.substr(text.find_first_of(" \t"))));
    Expectation expectation;
    expectation.message = rest;
    if (regex) {
      MNEMO_TRY(expectation.pattern, compile(rest));
    }
    eval.expectations[ExpectKind::kFail] = {expectation};
    return {};
  }
  if (text.starts_with(kRangeVector)) return parse_range_vector(eval);
  if (text.starts_with(kString)) return parse_expected_string(eval);
  if (text.substr(0, text.find(' ')) == "expect") return parse_expectation(eval);
  return parse_expected_series(eval, ++position);
}

Status ScriptParser::parse_range_vector(EvalCommand& eval) {
  std::string from;
  std::string to;
  std::string step;
  if (!re2::RE2::FullMatch(piece(line()),
                           R"(expect range vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+))", &from,
                           &to, &step)) {
    return Status::invalid_argument("invalid range vector definition");
  }
  MNEMO_RETURN_IF_ERROR(parse_range(eval, from, to, step));
  eval.eval_ms = eval.end_ms;
  eval.only_instant = true;
  is_range_vector_ = true;
  return {};
}

Status ScriptParser::parse_expected_string(EvalCommand& eval) {
  std::string_view quoted = trim(line().substr(kString.size()));
  if (!promql::unquote(quoted, eval.expected_string)) {
    return Status::invalid_argument("expected string literal is not correctly quoted");
  }
  eval.only_instant = true;
  return {};
}

Status ScriptParser::parse_expectation(EvalCommand& eval) {
  static const std::map<std::string, ExpectKind> kKinds = {
      {"ordered", ExpectKind::kOrdered}, {"fail", ExpectKind::kFail},
      {"warn", ExpectKind::kWarn},       {"no_warn", ExpectKind::kNoWarn},
      {"info", ExpectKind::kInfo},       {"no_info", ExpectKind::kNoInfo}};
  std::string kind;
  std::string match;
  std::string text;
  if (!re2::RE2::FullMatch(piece(line()),
                           R"(expect\s+(ordered|fail|warn|no_warn|info|no_info)"
                           R"()(?:\s+(regex|msg):(.+))?)",
                           &kind, &match, &text)) {
    return Status::invalid_argument("invalid expect statement");
  }
  Expectation expectation;
  expectation.message = std::string(trim(text));
  if (match != "msg") {
    MNEMO_TRY(expectation.pattern, compile(match.empty() ? "(?s).*" : expectation.message));
  }
  eval.expectations[kKinds.at(kind)].push_back(std::move(expectation));
  return {};
}

Status ScriptParser::parse_expected_series(EvalCommand& eval, size_t position) {
  std::string_view digits = line();
  bool minus = digits.starts_with('-');
  if (minus || digits.starts_with('+')) digits.remove_prefix(1);
  if (auto number = promql::parse_number(digits)) {
    eval.expected_scalar = minus ? -*number : *number;
    return {};
  }
  MNEMO_TRY(SeriesLine series, parse_series_line(line()));
  if (series.values.size() > 1 && !eval.is_range && !is_range_vector_) {
    return Status::invalid_argument("expecting multiple values in instant evaluation not allowed");
  }
  eval.expected_scalar.reset();
  eval.expected[series.labels] = {position, std::move(series.values)};
  return {};
}

}  // namespace

bool Expectation::matches(std::string_view text) const {
  if (!pattern) return text == message;
  return re2::RE2::PartialMatch(piece(text), *pattern);
}

Result<std::vector<Command>> parse_script(std::string_view text) {
  return ScriptParser(text).parse();
}

}  // namespace mnemo::promqltest
