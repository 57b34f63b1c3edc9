// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include "http/client_pool.hpp"
#include "http/client_transfer.hpp"

#include <algorithm>
#include <utility>

namespace mnemo {
namespace {

constexpr size_t kErrorBodyBytes = 1024;

Status check_options(const HttpClientOptions& options) {
  bool basic =
      !options.username.empty() || !options.password.empty() || !options.password_file.empty();
  bool bearer = !options.bearer_token.empty() || !options.bearer_token_file.empty();
  if (basic && bearer) {
    return Status::invalid_argument(
        "at most one of basic_auth, bearer_token & bearer_token_file must be configured");
  }
  if (!options.password.empty() && !options.password_file.empty()) {
    return Status::invalid_argument(
        "at most one of basic_auth password & password_file must be configured");
  }
  if (!options.bearer_token.empty() && !options.bearer_token_file.empty()) {
    return Status::invalid_argument(
        "at most one of bearer_token & bearer_token_file must be configured");
  }
  if (options.tls.cert_file.empty() != options.tls.key_file.empty()) {
    return Status::invalid_argument("exactly one of tls cert_file and key_file is configured");
  }
  return {};
}

/// Takes the first bytes of a body and ends the transfer.
std::string first_bytes(HttpTransfer::State& state, size_t max_bytes) {
  std::string body;
  auto sink = [&](std::string_view data) {
    body += data.substr(0, max_bytes - std::min(max_bytes, body.size()));
    return Status();
  };
  while (body.size() < max_bytes) {
    auto more = state.pull(sink);
    if (!more || !*more) break;
  }
  return body;
}

}  // namespace

HttpTransfer::HttpTransfer(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpTransfer::~HttpTransfer() = default;

const HttpResponse& HttpTransfer::head() const { return state_->head(); }

Result<bool> HttpTransfer::pull(const HttpSink& sink) { return state_->pull(sink); }

Result<std::string> HttpTransfer::read_all(size_t max_bytes) {
  std::string body;
  auto sink = [&](std::string_view data) {
    if (data.size() > max_bytes - body.size()) {
      return Status::resource_exhausted(state_->what() + ": the answer is larger than " +
                                        std::to_string(max_bytes) + " bytes");
    }
    body += data;
    return Status();
  };
  for (;;) {
    MNEMO_TRY(bool more, state_->pull(sink));
    if (!more) return body;
  }
}

Status HttpTransfer::unexpected_status() {
  int status = head().status;
  Code code = code_of_http_status(status);
  std::string text = state_->what() + ": HTTP status " + std::to_string(status);
  std::string body = body_excerpt(first_bytes(*state_, kErrorBodyBytes));
  if (!body.empty()) text += ": " + body;
  return {code == Code::kOk ? Code::kUnknown : code, std::move(text)};
}

HttpClient::HttpClient(std::shared_ptr<Pool> pool) : pool_(std::move(pool)) {}
HttpClient::~HttpClient() = default;

Result<std::shared_ptr<HttpClient>> HttpClient::make(const HttpClientOptions& options) {
  MNEMO_RETURN_IF_ERROR(check_options(options));
  return std::shared_ptr<HttpClient>(new HttpClient(std::make_shared<Pool>(options)));
}

Result<std::unique_ptr<HttpTransfer>> HttpClient::start(const Context& context,
                                                        const HttpRequest& request,
                                                        bool compressed) {
  MNEMO_TRY(auto handle, pool_->acquire());
  auto state = std::make_unique<HttpTransfer::State>(pool_, std::move(handle), context);
  MNEMO_RETURN_IF_ERROR(state->begin(request, compressed));
  MNEMO_RETURN_IF_ERROR(state->receive_head());
  return std::make_unique<HttpTransfer>(std::move(state));
}

Result<std::unique_ptr<HttpTransfer>> HttpClient::open(const Context& context,
                                                       const HttpRequest& request) {
  return start(context, request, false);
}

Result<HttpResponse> HttpClient::perform(const Context& context, const HttpRequest& request,
                                         size_t max_body_bytes) {
  MNEMO_TRY(auto transfer, start(context, request, pool_->options().accept_compressed));
  MNEMO_TRY(auto body, transfer->read_all(max_body_bytes));
  HttpResponse response = transfer->head();
  response.body = std::move(body);
  return response;
}

Result<HttpResponse> HttpClient::stream(const Context& context, const HttpRequest& request,
                                        const HttpSink& sink) {
  MNEMO_TRY(auto transfer, start(context, request, false));
  HttpResponse response = transfer->head();
  if (!response.ok()) {
    auto keep_first = [&](std::string_view data) {
      response.body += data.substr(0, kErrorBodyBytes - response.body.size());
      return Status();
    };
    while (response.body.size() < kErrorBodyBytes) {
      MNEMO_TRY(bool more, transfer->pull(keep_first));
      if (!more) break;
    }
    return response;
  }
  for (;;) {
    MNEMO_TRY(bool more, transfer->pull(sink));
    if (!more) return response;
  }
}

Code code_of_http_status(int status) {
  if (status >= 200 && status < 300) return Code::kOk;
  switch (status) {
    case 400: return Code::kInvalidArgument;
    case 401: return Code::kUnauthenticated;
    case 403: return Code::kPermissionDenied;
    case 404: return Code::kNotFound;
    case 408: return Code::kDeadlineExceeded;
    case 412: return Code::kFailedPrecondition;
    case 413:
    case 429: return Code::kResourceExhausted;
    case 416: return Code::kOutOfRange;
    case 405:
    case 501: return Code::kUnimplemented;
    case 422:
    case 500: return Code::kInternal;
    case 502:
    case 503:
    case 504: return Code::kUnavailable;
    default: return Code::kUnknown;
  }
}

std::string body_excerpt(std::string_view body, size_t max_bytes) {
  std::string text;
  for (char c : body.substr(0, max_bytes)) {
    bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    if (!control) {
      text += c;
    } else if (!text.empty() && text.back() != ' ') {
      text += ' ';
    }
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  if (body.size() > max_bytes) text += "...";
  return text;
}

}  // namespace mnemo
