// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace mnemo {

/// Why an operation failed. The codes are those of gRPC, with the same numbers.
enum class Code {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// The name of a code in gRPC's spelling without spaces, e.g. "NotFound". The view is static.
std::string_view code_name(Code code);

/// The outcome of an operation without a value: success, or a code and a message that names the
/// file, block, series or URL concerned.
///
/// A value type; thread-compatible. Success costs no allocation.
class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }

  /// "Code: message", or "OK".
  std::string to_string() const;

  /// This status with "context: " put before the message; success stays success.
  Status with_context(std::string_view context) const&;
  Status with_context(std::string_view context) &&;

  friend bool operator==(const Status&, const Status&) = default;

  static Status cancelled(std::string m) { return {Code::kCancelled, std::move(m)}; }
  static Status unknown(std::string m) { return {Code::kUnknown, std::move(m)}; }
  static Status invalid_argument(std::string m) { return {Code::kInvalidArgument, std::move(m)}; }
  static Status deadline_exceeded(std::string m) { return {Code::kDeadlineExceeded, std::move(m)}; }
  static Status not_found(std::string m) { return {Code::kNotFound, std::move(m)}; }
  static Status already_exists(std::string m) { return {Code::kAlreadyExists, std::move(m)}; }
  static Status permission_denied(std::string m) { return {Code::kPermissionDenied, std::move(m)}; }
  static Status resource_exhausted(std::string m) {
    return {Code::kResourceExhausted, std::move(m)};
  }
  static Status failed_precondition(std::string m) {
    return {Code::kFailedPrecondition, std::move(m)};
  }
  static Status aborted(std::string m) { return {Code::kAborted, std::move(m)}; }
  static Status out_of_range(std::string m) { return {Code::kOutOfRange, std::move(m)}; }
  static Status unimplemented(std::string m) { return {Code::kUnimplemented, std::move(m)}; }
  static Status internal(std::string m) { return {Code::kInternal, std::move(m)}; }
  static Status unavailable(std::string m) { return {Code::kUnavailable, std::move(m)}; }
  static Status data_loss(std::string m) { return {Code::kDataLoss, std::move(m)}; }
  static Status unauthenticated(std::string m) { return {Code::kUnauthenticated, std::move(m)}; }

 private:
  Code code_ = Code::kOk;
  std::string message_;
};

/// A value, or the status that says why there is none.
///
/// A value type; thread-compatible. REQUIRES: `ok()` before the value is taken.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    assert(!status_.ok());
  }

  bool ok() const { return value_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Status& status() const& { return status_; }
  Status status() && { return std::move(status_); }

  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return std::move(*value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return std::move(*value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

  /// This result with "context: " put before the message of a failure.
  Result with_context(std::string_view context) && {
    if (ok()) return std::move(*this);
    return std::move(status_).with_context(context);
  }

 private:
  Status status_;
  std::optional<T> value_;
};

#define MNEMO_CONCAT_INNER(a, b) a##b
#define MNEMO_CONCAT(a, b) MNEMO_CONCAT_INNER(a, b)

/// `MNEMO_TRY(auto block, Block::open(dir));` binds the value or returns the failure.
#define MNEMO_TRY(declaration, ...) \
  MNEMO_TRY_INNER(MNEMO_CONCAT(mnemo_try_, __LINE__), declaration, __VA_ARGS__)
#define MNEMO_TRY_INNER(result, declaration, ...)      \
  auto result = (__VA_ARGS__);                         \
  if (!result.ok()) return std::move(result).status(); \
  declaration = *std::move(result)

/// Returns from the function when the `Status` expression is a failure.
#define MNEMO_RETURN_IF_ERROR(...)                                                             \
  do {                                                                                         \
    if (::mnemo::Status mnemo_status = (__VA_ARGS__); !mnemo_status.ok()) return mnemo_status; \
  } while (false)

}  // namespace mnemo
