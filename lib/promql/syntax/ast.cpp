// SPDX-License-Identifier: Apache-2.0
#include "promql/syntax/ast.hpp"

namespace mnemo::promql {

std::string_view operator_name(UnaryOp op) { return op == UnaryOp::kPlus ? "+" : "-"; }

std::string_view operator_name(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd: return "+";
    case BinaryOp::kSub: return "-";
    case BinaryOp::kMul: return "*";
    case BinaryOp::kDiv: return "/";
    case BinaryOp::kMod: return "%";
    case BinaryOp::kPow: return "^";
    case BinaryOp::kAtan2: return "atan2";
    case BinaryOp::kTrimUpper: return "</";
    case BinaryOp::kTrimLower: return ">/";
    case BinaryOp::kEqual: return "==";
    case BinaryOp::kNotEqual: return "!=";
    case BinaryOp::kLess: return "<";
    case BinaryOp::kLessEqual: return "<=";
    case BinaryOp::kGreater: return ">";
    case BinaryOp::kGreaterEqual: return ">=";
    case BinaryOp::kAnd: return "and";
    case BinaryOp::kOr: return "or";
    case BinaryOp::kUnless: return "unless";
  }
  return "?";
}

std::string_view operator_name(DurationOp op) {
  switch (op) {
    case DurationOp::kNumber: return "";
    case DurationOp::kAdd: return "+";
    case DurationOp::kSub: return "-";
    case DurationOp::kMul: return "*";
    case DurationOp::kDiv: return "/";
    case DurationOp::kMod: return "%";
    case DurationOp::kPow: return "^";
    case DurationOp::kStep: return "step";
    case DurationOp::kRange: return "range";
    case DurationOp::kMinOf: return "min_of";
    case DurationOp::kMaxOf: return "max_of";
  }
  return "";
}

std::string_view operator_name(AggregateOp op) {
  switch (op) {
    case AggregateOp::kSum: return "sum";
    case AggregateOp::kAvg: return "avg";
    case AggregateOp::kCount: return "count";
    case AggregateOp::kMin: return "min";
    case AggregateOp::kMax: return "max";
    case AggregateOp::kGroup: return "group";
    case AggregateOp::kStddev: return "stddev";
    case AggregateOp::kStdvar: return "stdvar";
    case AggregateOp::kTopk: return "topk";
    case AggregateOp::kBottomk: return "bottomk";
    case AggregateOp::kCountValues: return "count_values";
    case AggregateOp::kQuantile: return "quantile";
    case AggregateOp::kLimitk: return "limitk";
    case AggregateOp::kLimitRatio: return "limit_ratio";
  }
  return "?";
}

bool is_comparison(BinaryOp op) { return op >= BinaryOp::kEqual && op <= BinaryOp::kGreaterEqual; }

bool is_set_operator(BinaryOp op) { return op >= BinaryOp::kAnd; }

bool has_parameter(AggregateOp op) { return op >= AggregateOp::kTopk; }

std::vector<const Expr*> children(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kNumber:
    case ExprKind::kString:
    case ExprKind::kVectorSelector: return {};
    case ExprKind::kMatrixSelector: return {as<MatrixSelector>(expr).selector.get()};
    case ExprKind::kSubquery: return {as<SubqueryExpr>(expr).expr.get()};
    case ExprKind::kUnary: return {as<UnaryExpr>(expr).expr.get()};
    case ExprKind::kParen: return {as<ParenExpr>(expr).expr.get()};
    case ExprKind::kBinary: {
      const auto& binary = as<BinaryExpr>(expr);
      return {binary.left.get(), binary.right.get()};
    }
    case ExprKind::kAggregate: {
      const auto& aggregate = as<AggregateExpr>(expr);
      if (!aggregate.parameter) return {aggregate.expr.get()};
      return {aggregate.expr.get(), aggregate.parameter.get()};
    }
    case ExprKind::kCall: {
      std::vector<const Expr*> arguments;
      for (const auto& argument : as<Call>(expr).arguments) arguments.push_back(argument.get());
      return arguments;
    }
  }
  return {};
}

const Expr& without_parens(const Expr& expr) {
  const Expr* inner = &expr;
  while (inner->kind == ExprKind::kParen) inner = as<ParenExpr>(*inner).expr.get();
  return *inner;
}

}  // namespace mnemo::promql
