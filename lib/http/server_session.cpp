// SPDX-License-Identifier: Apache-2.0
#include "http/server_session.hpp"

#include "http/gzip.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <ctime>

namespace mnemo::http_server {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using std::chrono::milliseconds;

constexpr size_t kReadAheadBytes = 512;
constexpr size_t kLeastGzipBytes = 1024;
constexpr milliseconds kLingerTimeout{1000};

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string response_head(const ServerResponse& response, bool keep_alive) {
  auto reason = http::obsolete_reason(http::int_to_status(static_cast<unsigned>(response.status)));
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", response.status,
                  std::string_view(reason.data(), reason.size()), fmt::gmtime(std::time(nullptr)));
  auto add = [&](std::string_view name, std::string_view value) {
    head += name;
    head += ": ";
    head += value;
    head += "\r\n";
  };
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) add(name, value);
  if (may_have_body(response.status)) add("Content-Length", std::to_string(response.body.size()));
  add("Connection", keep_alive ? "keep-alive" : "close");
  head += "\r\n";
  return head;
}

/// Compresses where that is worth it and the client takes it.
void encode(ServerResponse& response, std::string_view accept_encoding) {
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (response.body.size() < kLeastGzipBytes || !accepts_gzip(accept_encoding)) return;
  auto compressed = gzip_compress(response.body);
  if (!compressed) return;
  response.body = *std::move(compressed);
  response.headers.emplace_back("Content-Encoding", "gzip");
}

/// The handler's answer, to those who may have one.
ServerResponse answer(Shared& shared, const Context& context, ServerRequest& request) {
  auto* access = shared.options.access.get();
  if (access == nullptr) return shared.handler(context, request);
  auto refusal = access->refusal(request);
  auto response = refusal ? *std::move(refusal) : shared.handler(context, request);
  for (auto& header : access->headers()) response.headers.push_back(std::move(header));
  return response;
}

bool is_form(std::string_view content_type) {
  return content_type.substr(0, 33) == "application/x-www-form-urlencoded";
}

int refusal_status(const boost::system::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  return 400;
}

}  // namespace

std::vector<std::shared_ptr<Session>> Shared::live_sessions() {
  std::lock_guard lock(mutex);
  std::vector<std::shared_ptr<Session>> live;
  for (auto& [key, weak] : sessions) {
    if (auto session = weak.lock()) live.push_back(std::move(session));
  }
  return live;
}

bool Shared::is_stopping() {
  std::lock_guard lock(mutex);
  return stopping;
}

Session::Session(std::shared_ptr<Shared> shared, asio::ip::tcp::socket socket)
    : shared_(std::move(shared)),
      stream_(std::move(socket),
              shared_->options.access ? shared_->options.access->tls() : nullptr),
      timer_(stream_.get_executor()) {}

Session::~Session() {
  std::lock_guard lock(shared_->mutex);
  shared_->sessions.erase(this);
  shared_->session_ended.notify_all();
}

void Session::start() {
  {
    std::lock_guard lock(shared_->mutex);
    if (shared_->stopping) return;
    shared_->sessions.emplace(this, weak_from_this());
  }
  asio::dispatch(stream_.get_executor(), [self = shared_from_this()] {
    return self->stream_.has_tls() ? self->shake_hands() : self->wait_for_request();
  });
}

void Session::shake_hands() {
  phase_ = Phase::kReading;
  arm(shared_->options.read_timeout);
  stream_.async_handshake([self = shared_from_this()](ErrorCode error) {
    if (self->is_closed_) return;
    if (!error) return self->wait_for_request();
    ErrorCode ignored;
    auto remote = self->stream_.socket().remote_endpoint(ignored);
    self->shared_->options.logger->warn(
        "TLS handshake failed",
        {{"remote", ignored ? "" : remote.address().to_string()}, {"err", error.message()}});
    self->close();
  });
}

void Session::finish_soon() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->phase_ == Phase::kIdle) self->close();
  });
}

void Session::cancel() {
  stop_.request_stop();
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->close(); });
}

void Session::wait_for_request() {
  if (is_closed_) return;
  phase_ = Phase::kIdle;
  if (shared_->is_stopping()) return close();
  if (is_reading_ahead_) return arm(shared_->options.idle_timeout);
  if (buffer_.size() > 0) return read_head();
  buffer_.shrink_to_fit();
  arm(shared_->options.idle_timeout);
  read_ahead();
}

void Session::read_ahead() {
  is_reading_ahead_ = true;
  stream_.async_read_some(buffer_.prepare(kReadAheadBytes),
                          [self = shared_from_this()](ErrorCode error, size_t count) {
                            self->on_read_ahead(error, count);
                          });
}

void Session::on_read_ahead(ErrorCode error, size_t count) {
  is_reading_ahead_ = false;
  if (is_closed_) return;
  if (error) return close();
  buffer_.commit(count);
  if (phase_ == Phase::kIdle) read_head();
}

void Session::read_head() {
  phase_ = Phase::kReading;
  arm(shared_->options.read_timeout);
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(shared_->options.max_header_bytes));
  parser_->body_limit(shared_->options.max_body_bytes);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, size_t) { self->on_head(error); });
}

void Session::on_head(ErrorCode error) {
  if (is_closed_) return;
  if (error) return refuse(error);
  auto expect = parser_->get()[http::field::expect];
  if (!boost::beast::iequals(expect, "100-continue")) return read_body();
  out_head_ = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(out_head_),
                    [self = shared_from_this()](ErrorCode write_error, size_t) {
                      if (write_error) return self->close();
                      self->read_body();
                    });
}

void Session::read_body() {
  http::async_read(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, size_t) { self->on_request(error); });
}

void Session::on_request(ErrorCode error) {
  if (is_closed_) return;
  if (error) return refuse(error);
  timer_.cancel();
  phase_ = Phase::kHandling;
  auto request = std::make_shared<ServerRequest>(take_request());
  if (buffer_.size() == 0) read_ahead();
  // The handler's thread gives the session back before it ends, so that sessions and all that they
  // keep alive end on the server's own threads; the shared part outlives the call that gives back.
  auto task = [self = shared_from_this(), shared = shared_, request,
               context = Context(stop_.get_token())]() mutable {
    std::string accept_encoding(request->header("Accept-Encoding"));
    ServerResponse response = answer(*shared, context, *request);
    encode(response, accept_encoding);
    auto strand = self->stream_.get_executor();
    asio::post(strand, [session = std::move(self), response = std::move(response)]() mutable {
      session->respond(std::move(response));
    });
  };
  if (shared_->options.executor) {
    shared_->options.executor->submit(std::move(task));
  } else {
    task();
  }
}

ServerRequest Session::take_request() {
  auto message = parser_->release();
  parser_.reset();
  keep_alive_ = message.keep_alive();
  ServerRequest request;
  request.method = std::string(message.method_string());
  is_head_ = request.method == "HEAD";
  for (const auto& field : message) {
    request.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(message.body());
  std::string_view target(message.target().data(), message.target().size());
  size_t question = std::min(target.find('?'), target.size());
  request.path = target.substr(0, question);
  if (is_form(request.header("Content-Type"))) request.form.add_encoded(request.body);
  request.form.add_encoded(target.substr(std::min(question + 1, target.size())));
  ErrorCode ignored;
  auto remote = stream_.socket().remote_endpoint(ignored);
  if (!ignored) request.remote_address = remote.address().to_string();
  return request;
}

void Session::refuse(ErrorCode error) {
  bool is_ours = error.category() == http::make_error_code(http::error::bad_version).category();
  if (!is_ours || error == http::error::end_of_stream || error == http::error::partial_message) {
    return close();
  }
  parser_.reset();
  keep_alive_ = false;
  is_head_ = false;
  is_refusal_ = true;
  respond(ServerResponse::text(refusal_status(error), error.message() + "\n"));
}

void Session::respond(ServerResponse response) {
  if (is_closed_) return;
  phase_ = Phase::kWriting;
  arm(shared_->options.write_timeout);
  keep_alive_ = keep_alive_ && !shared_->is_stopping();
  out_head_ = response_head(response, keep_alive_);
  bool has_body = !is_head_ && may_have_body(response.status);
  out_body_ = has_body ? std::move(response.body) : std::string();
  std::array<asio::const_buffer, 2> buffers{asio::buffer(out_head_), asio::buffer(out_body_)};
  asio::async_write(stream_, buffers, [self = shared_from_this()](ErrorCode error, size_t) {
    self->on_written(error);
  });
}

void Session::on_written(ErrorCode error) {
  out_head_ = std::string();
  out_body_ = std::string();
  if (is_closed_) return;
  if (error) return close();
  if (is_refusal_) return linger();
  if (!keep_alive_) return say_goodbye();
  wait_for_request();
}

/// With TLS a connection that just ends looks as if it were cut.
void Session::say_goodbye() {
  if (!stream_.has_tls()) return close();
  phase_ = Phase::kLingering;
  arm(kLingerTimeout);
  stream_.async_shutdown([self = shared_from_this()](ErrorCode) { self->close(); });
}

/// Lets the client read why it was refused: closing with unread input would reset the connection.
void Session::linger() {
  if (phase_ != Phase::kLingering) {
    phase_ = Phase::kLingering;
    ErrorCode ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    arm(kLingerTimeout);
  }
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(kReadAheadBytes),
                          [self = shared_from_this()](ErrorCode error, size_t) {
                            if (error) return self->close();
                            if (!self->is_closed_) self->linger();
                          });
}

void Session::arm(milliseconds timeout) {
  timer_.expires_after(timeout);
  timer_.async_wait([self = shared_from_this()](ErrorCode error) {
    bool is_due = self->timer_.expiry() <= asio::steady_timer::clock_type::now();
    if (!error && is_due) self->close();
  });
}

void Session::close() {
  if (is_closed_) return;
  is_closed_ = true;
  stop_.request_stop();
  timer_.cancel();
  ErrorCode ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  stream_.socket().close(ignored);
}

}  // namespace mnemo::http_server
