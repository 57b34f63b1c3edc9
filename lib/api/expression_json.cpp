// SPDX-License-Identifier: Apache-2.0
#include "api/expression_json.hpp"

#include "api/result_json.hpp"
#include "base/json_text.hpp"
#include "base/number_text.hpp"
#include "promql/syntax/functions.hpp"

#include <cmath>
#include <optional>
#include <string_view>
#include <vector>

namespace mnemo::api {
namespace {

using namespace promql;

/// An object, member by member; what is appended after a `name` is its value.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  ~Object() { out_ += '}'; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  std::string& name(std::string_view name) {
    if (any_) out_ += ',';
    any_ = true;
    append_json_string(out_, name);
    out_ += ':';
    return out_;
  }
  void text(std::string_view name, std::string_view value) {
    append_json_string(this->name(name), value);
  }
  void flag(std::string_view name, bool value) { this->name(name) += value ? "true" : "false"; }
  void number(std::string_view name, int64_t value) { this->name(name) += std::to_string(value); }
  void null(std::string_view name) { this->name(name) += "null"; }

 private:
  std::string& out_;
  bool any_ = false;
};

std::string_view cardinality_name(MatchCardinality cardinality) {
  switch (cardinality) {
    case MatchCardinality::kOneToOne: return "one-to-one";
    case MatchCardinality::kManyToOne: return "many-to-one";
    case MatchCardinality::kOneToMany: return "one-to-many";
    case MatchCardinality::kManyToMany: return "many-to-many";
  }
  return "";
}

void append_number(std::string& out, const DurationExpr& expr) {
  Object object(out);
  object.flag("duration", expr.is_duration);
  object.text("type", "numberLiteral");
  object.text("val", float_fixed(expr.seconds));
}

void append_duration(std::string& out, const DurationExpr* expr) {
  if (expr == nullptr) {
    out += "null";
    return;
  }
  bool is_number = expr->op == DurationOp::kNumber;
  if (is_number && !expr->parenthesized) return append_number(out, *expr);
  Object object(out);
  append_duration(object.name("lhs"), expr->left.get());
  object.text("op", is_number ? "+" : operator_name(expr->op));
  if (is_number) {
    append_number(object.name("rhs"), *expr);  // Prometheus keeps parentheses with a sign only
  } else {
    append_duration(object.name("rhs"), expr->right.get());
  }
  object.text("type", "durationExpr");
  object.flag("wrapped", expr->parenthesized);
}

void append_matchers(std::string& out, const std::vector<Matcher>& matchers) {
  out += '[';
  for (size_t i = 0; i < matchers.size(); ++i) {
    if (i > 0) out += ',';
    Object object(out);
    object.text("name", matchers[i].name());
    object.text("type", match_operator(matchers[i].type()));
    object.text("value", matchers[i].value());
  }
  out += ']';
}

void add_edge(Object& object, AtEdge edge) {
  if (edge == AtEdge::kNone) return object.null("startOrEnd");
  object.text("startOrEnd", edge == AtEdge::kStart ? "start" : "end");
}

void add_timestamp(Object& object, const std::optional<int64_t>& at_ms) {
  if (!at_ms) return object.null("timestamp");
  object.number("timestamp", *at_ms);
}

/// With the range of `matrix`, where there is one.
void append_selector(std::string& out, const VectorSelector& selector,
                     const MatrixSelector* matrix) {
  Object object(out);
  object.flag("anchored", selector.anchored);
  append_matchers(object.name("matchers"), selector.matchers);
  object.text("name", selector.name);
  object.number("offset", selector.modifiers.offset_ms);
  append_duration(object.name("offsetExpr"), selector.modifiers.offset_expr.get());
  if (matrix != nullptr) {
    object.number("range", matrix->range_ms);
    append_duration(object.name("rangeExpr"), matrix->range_expr.get());
  }
  object.flag("smoothed", selector.smoothed);
  add_edge(object, selector.modifiers.at_edge);
  add_timestamp(object, selector.modifiers.at_ms);
  object.text("type", matrix != nullptr ? "matrixSelector" : "vectorSelector");
}

void append_subquery(std::string& out, const SubqueryExpr& subquery) {
  Object object(out);
  append_expression(object.name("expr"), *subquery.expr);
  object.number("offset", subquery.modifiers.offset_ms);
  append_duration(object.name("offsetExpr"), subquery.modifiers.offset_expr.get());
  object.number("range", subquery.range_ms);
  append_duration(object.name("rangeExpr"), subquery.range_expr.get());
  add_edge(object, subquery.modifiers.at_edge);
  object.number("step", subquery.step_ms);
  append_duration(object.name("stepExpr"), subquery.step_expr.get());
  add_timestamp(object, subquery.modifiers.at_ms);
  object.text("type", "subquery");
}

void append_fill(std::string& out, const std::optional<double>& value) {
  // JSON has no number for the rest; Prometheus fails to answer then.
  out += value && std::isfinite(*value) ? float_general(*value) : "null";
}

void append_matching(std::string& out, const std::optional<VectorMatching>& matching) {
  if (!matching) {
    out += "null";
    return;
  }
  Object object(out);
  object.text("card", cardinality_name(matching->cardinality));
  {
    Object fill(object.name("fillValues"));
    append_fill(fill.name("lhs"), matching->fill_left);
    append_fill(fill.name("rhs"), matching->fill_right);
  }
  append_strings(object.name("include"), matching->include);
  append_strings(object.name("labels"), matching->labels);
  object.flag("on", matching->on);
}

void append_binary(std::string& out, const BinaryExpr& binary) {
  Object object(out);
  object.flag("bool", binary.return_bool);
  append_expression(object.name("lhs"), *binary.left);
  append_matching(object.name("matching"), binary.matching);
  object.text("op", operator_name(binary.op));
  append_expression(object.name("rhs"), *binary.right);
  object.text("type", "binaryExpr");
}

void append_aggregation(std::string& out, const AggregateExpr& aggregate) {
  Object object(out);
  append_expression(object.name("expr"), *aggregate.expr);
  append_strings(object.name("grouping"), aggregate.grouping);
  object.text("op", operator_name(aggregate.op));
  if (aggregate.parameter) {
    append_expression(object.name("param"), *aggregate.parameter);
  } else {
    object.null("param");
  }
  object.text("type", "aggregation");
  object.flag("without", aggregate.without);
}

void append_function(std::string& out, const Function& function) {
  Object object(out);
  std::vector<std::string> types;
  for (ValueType type : function.arguments) types.emplace_back(value_type_name(type));
  append_strings(object.name("argTypes"), types);
  object.text("name", function.name);
  object.text("returnType", value_type_name(function.result));
  object.number("variadic", function.variadic);
}

void append_call(std::string& out, const Call& call) {
  Object object(out);
  std::string& arguments = object.name("args");
  arguments += '[';
  for (size_t i = 0; i < call.arguments.size(); ++i) {
    if (i > 0) arguments += ',';
    append_expression(arguments, *call.arguments[i]);
  }
  arguments += ']';
  append_function(object.name("func"), *call.function);
  object.text("type", "call");
}

}  // namespace

void append_expression(std::string& out, const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::kVectorSelector: return append_selector(out, as<VectorSelector>(expr), nullptr);
    case ExprKind::kMatrixSelector:
      return append_selector(out, *as<MatrixSelector>(expr).selector, &as<MatrixSelector>(expr));
    case ExprKind::kSubquery: return append_subquery(out, as<SubqueryExpr>(expr));
    case ExprKind::kBinary: return append_binary(out, as<BinaryExpr>(expr));
    case ExprKind::kAggregate: return append_aggregation(out, as<AggregateExpr>(expr));
    case ExprKind::kCall: return append_call(out, as<Call>(expr));
    default: break;
  }
  Object object(out);
  switch (expr.kind) {
    case ExprKind::kNumber:
      object.text("type", "numberLiteral");
      object.text("val", float_fixed(as<NumberLiteral>(expr).value));
      return;
    case ExprKind::kString:
      object.text("type", "stringLiteral");
      object.text("val", as<StringLiteral>(expr).value);
      return;
    case ExprKind::kParen:
      append_expression(object.name("expr"), *as<ParenExpr>(expr).expr);
      object.text("type", "parenExpr");
      return;
    default:
      append_expression(object.name("expr"), *as<UnaryExpr>(expr).expr);
      object.text("op", operator_name(as<UnaryExpr>(expr).op));
      object.text("type", "unaryExpr");
  }
}

}  // namespace mnemo::api
