// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/printer.hpp"

#include "base/duration.hpp"
#include "base/number_text.hpp"
#include "base/quote.hpp"
#include "promql/syntax/functions.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mnemo::promql {
namespace {

/// Prints no further part once `out` is longer than `enough`.
void print(std::string& out, const Expr& expr, size_t enough = std::string::npos);
void print(std::string& out, const DurationExpr& expr);

std::string number_text(double value, bool is_duration) {
  if (!is_duration) return float_fixed(value);
  auto ms = static_cast<int64_t>(value * 1e9) / 1'000'000;
  return format_duration_ms(ms);
}

void print_labels(std::string& out, const std::vector<std::string>& labels) {
  out += '(';
  for (size_t i = 0; i < labels.size(); ++i) {
    if (i > 0) out += ", ";
    if (is_legacy_label_name(labels[i])) {
      out += labels[i];
    } else {
      append_go_quoted(out, labels[i]);
    }
  }
  out += ')';
}

void print_inner(std::string& out, const DurationExpr& expr) {
  switch (expr.op) {
    case DurationOp::kNumber: out += number_text(expr.seconds, expr.is_duration); return;
    case DurationOp::kStep:
    case DurationOp::kRange:
      out += operator_name(expr.op);
      out += "()";
      return;
    case DurationOp::kMinOf:
    case DurationOp::kMaxOf:
      out += operator_name(expr.op);
      out += '(';
      print(out, *expr.left);
      out += ", ";
      print(out, *expr.right);
      out += ')';
      return;
    default: break;
  }
  if (expr.left) {
    print(out, *expr.left);
    out += ' ';
    out += operator_name(expr.op);
    out += ' ';
  } else if (expr.op == DurationOp::kSub) {
    out += '-';
  }
  print(out, *expr.right);
}

void print(std::string& out, const DurationExpr& expr) {
  if (expr.parenthesized) out += '(';
  print_inner(out, expr);
  if (expr.parenthesized) out += ')';
}

void print_offset(std::string& out, const TimeModifiers& modifiers) {
  if (!modifiers.has_offset()) return;
  out += " offset ";
  if (modifiers.offset_expr) {
    print(out, *modifiers.offset_expr);
  } else {
    out += format_duration_ms(modifiers.offset_ms);
  }
}

void print_at(std::string& out, const TimeModifiers& modifiers) {
  if (modifiers.at_ms) {
    out += fmt::format(" @ {:.3f}", static_cast<double>(*modifiers.at_ms) / 1000);
  } else if (modifiers.at_edge != AtEdge::kNone) {
    out += modifiers.at_edge == AtEdge::kStart ? " @ start()" : " @ end()";
  }
}

void print_extension(std::string& out, const VectorSelector& selector) {
  if (selector.anchored) {
    out += " anchored";
  } else if (selector.smoothed) {
    out += " smoothed";
  }
}

/// The name and the matchers, these in order of their text.
void print_matchers(std::string& out, const VectorSelector& selector) {
  std::vector<std::string> texts;
  for (const auto& matcher : selector.matchers) {
    bool is_name = matcher.name() == kMetricName && matcher.type() == MatchType::kEqual &&
                   matcher.value() == selector.name && !matcher.value().empty();
    if (!is_name) texts.push_back(matcher.to_string());
  }
  std::sort(texts.begin(), texts.end());
  out += selector.name;
  if (!texts.empty()) out += fmt::format("{{{}}}", fmt::join(texts, ","));
}

void print(std::string& out, const VectorSelector& selector) {
  print_matchers(out, selector);
  print_at(out, selector.modifiers);
  print_extension(out, selector);
  print_offset(out, selector.modifiers);
}

void print_duration(std::string& out, int64_t ms, const DurationExprPtr& expr) {
  if (expr) {
    print(out, *expr);
  } else {
    out += format_duration_ms(ms);
  }
}

void print(std::string& out, const MatrixSelector& matrix) {
  print_matchers(out, *matrix.selector);
  out += '[';
  print_duration(out, matrix.range_ms, matrix.range_expr);
  out += ']';
  print_extension(out, *matrix.selector);
  print_at(out, matrix.selector->modifiers);
  print_offset(out, matrix.selector->modifiers);
}

/// What comes after the expression.
void print_suffix(std::string& out, const SubqueryExpr& subquery) {
  out += '[';
  print_duration(out, subquery.range_ms, subquery.range_expr);
  out += ':';
  if (subquery.step_ms != 0 || subquery.step_expr) {
    print_duration(out, subquery.step_ms, subquery.step_expr);
  }
  out += ']';
  print_at(out, subquery.modifiers);
  print_offset(out, subquery.modifiers);
}

void print(std::string& out, const SubqueryExpr& subquery, size_t enough) {
  print(out, *subquery.expr, enough);
  print_suffix(out, subquery);
}

void print_fill(std::string& out, const VectorMatching& matching) {
  const auto& left = matching.fill_left;
  const auto& right = matching.fill_right;
  if (left && right && *left == *right) {
    out += " fill (" + float_general(*left) + ")";
    return;
  }
  if (left) out += " fill_left (" + float_general(*left) + ")";
  if (right) out += " fill_right (" + float_general(*right) + ")";
}

void print_matching(std::string& out, const VectorMatching& matching) {
  bool many_to_one = matching.cardinality == MatchCardinality::kManyToOne;
  bool grouped = many_to_one || matching.cardinality == MatchCardinality::kOneToMany;
  if (!matching.labels.empty() || matching.on || grouped) {
    out += matching.on ? " on " : " ignoring ";
    print_labels(out, matching.labels);
  }
  if (grouped) {
    out += many_to_one ? " group_left " : " group_right ";
    print_labels(out, matching.include);
  }
  print_fill(out, matching);
}

/// What comes between the sides.
void print_operator(std::string& out, const BinaryExpr& binary) {
  out += operator_name(binary.op);
  if (binary.return_bool) out += " bool";
  if (binary.matching) print_matching(out, *binary.matching);
}

void print(std::string& out, const BinaryExpr& binary, size_t enough) {
  print(out, *binary.left, enough);
  out += ' ';
  print_operator(out, binary);
  out += ' ';
  print(out, *binary.right, enough);
}

/// What comes before the parenthesis.
void print_head(std::string& out, const AggregateExpr& aggregate) {
  out += operator_name(aggregate.op);
  if (aggregate.without || !aggregate.grouping.empty()) {
    out += aggregate.without ? " without " : " by ";
    print_labels(out, aggregate.grouping);
    out += ' ';
  }
}

void print(std::string& out, const AggregateExpr& aggregate, size_t enough) {
  print_head(out, aggregate);
  out += '(';
  if (aggregate.parameter) {
    print(out, *aggregate.parameter, enough);
    out += ", ";
  }
  print(out, *aggregate.expr, enough);
  out += ')';
}

void print(std::string& out, const Call& call, size_t enough) {
  out += call.function->name;
  out += '(';
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    if (i > 0) out += ", ";
    print(out, *call.arguments[i], enough);
  }
  out += ')';
}

void print(std::string& out, const Expr& expr, size_t enough) {
  if (out.size() > enough) return;
  switch (expr.kind) {
    case ExprKind::kNumber: {
      const auto& number = as<NumberLiteral>(expr);
      out += number_text(number.value, number.is_duration);
      return;
    }
    case ExprKind::kString: append_go_quoted(out, as<StringLiteral>(expr).value); return;
    case ExprKind::kVectorSelector: print(out, as<VectorSelector>(expr)); return;
    case ExprKind::kMatrixSelector: print(out, as<MatrixSelector>(expr)); return;
    case ExprKind::kSubquery: print(out, as<SubqueryExpr>(expr), enough); return;
    case ExprKind::kUnary:
      out += operator_name(as<UnaryExpr>(expr).op);
      print(out, *as<UnaryExpr>(expr).expr, enough);
      return;
    case ExprKind::kBinary: print(out, as<BinaryExpr>(expr), enough); return;
    case ExprKind::kAggregate: print(out, as<AggregateExpr>(expr), enough); return;
    case ExprKind::kCall: print(out, as<Call>(expr), enough); return;
    case ExprKind::kParen:
      out += '(';
      print(out, *as<ParenExpr>(expr).expr, enough);
      out += ')';
      return;
  }
}

/// Parts of an expression that is too long for a line, each at its depth.
class PrettyPrinter {
 public:
  void print(const Expr& expr, size_t depth) {
    constexpr size_t kLongestLine = 100;
    std::string line;
    mnemo::promql::print(line, expr, kLongestLine);
    bool splits = line.size() > kLongestLine;
    switch (expr.kind) {
      case ExprKind::kSubquery:
        // On one line it isn't indented, in Prometheus.
        if (splits) {
          print(*as<SubqueryExpr>(expr).expr, depth);
          print_suffix(out_, as<SubqueryExpr>(expr));
        } else {
          out_ += line;
        }
        return;
      case ExprKind::kUnary: print_unary(as<UnaryExpr>(expr), depth); return;
      case ExprKind::kBinary:
        if (splits) return print_parts(as<BinaryExpr>(expr), depth);
        break;
      case ExprKind::kAggregate:
        if (splits) return print_parts(as<AggregateExpr>(expr), depth);
        break;
      case ExprKind::kCall:
        if (splits) return print_parts(as<Call>(expr), depth);
        break;
      case ExprKind::kParen:
        if (splits) return print_parts(as<ParenExpr>(expr), depth);
        break;
      default: break;
    }
    indent(depth);
    out_ += line;
  }

  std::string take() { return std::move(out_); }

 private:
  void indent(size_t depth) { out_.append(2 * depth, ' '); }

  void close(size_t depth) {
    out_ += '\n';
    indent(depth);
    out_ += ')';
  }

  void print_unary(const UnaryExpr& unary, size_t depth) {
    indent(depth);
    out_ += operator_name(unary.op);
    PrettyPrinter inner;
    inner.print(*unary.expr, depth);
    std::string text = inner.take();
    out_ += std::string_view(text).substr(text.find_first_not_of(' '));
  }

  void print_parts(const BinaryExpr& binary, size_t depth) {
    print(*binary.left, depth + 1);
    out_ += '\n';
    indent(depth);
    print_operator(out_, binary);
    out_ += '\n';
    print(*binary.right, depth + 1);
  }

  void print_parts(const AggregateExpr& aggregate, size_t depth) {
    indent(depth);
    print_head(out_, aggregate);
    out_ += "(\n";
    if (aggregate.parameter) {
      print(*aggregate.parameter, depth + 1);
      out_ += ",\n";
    }
    print(*aggregate.expr, depth + 1);
    close(depth);
  }

  void print_parts(const Call& call, size_t depth) {
    indent(depth);
    out_ += call.function->name;
    out_ += "(\n";
    for (size_t i = 0; i < call.arguments.size(); ++i) {
      if (i > 0) out_ += ",\n";
      print(*call.arguments[i], depth + 1);
    }
    close(depth);
  }

  void print_parts(const ParenExpr& paren, size_t depth) {
    indent(depth);
    out_ += "(\n";
    print(*paren.expr, depth + 1);
    close(depth);
  }

  std::string out_;
};

}  // namespace

std::string to_pretty_string(const Expr& expr) {
  PrettyPrinter printer;
  printer.print(expr, 0);
  return printer.take();
}

std::string to_string(const Expr& expr) {
  std::string text;
  print(text, expr);
  return text;
}

std::string to_string(const DurationExpr& expr) {
  std::string text;
  print(text, expr);
  return text;
}

}  // namespace mnemo::promql
