// SPDX-License-Identifier: Apache-2.0
#include "http/server.hpp"

#include "base/listen_address.hpp"
#include "http/server_session.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <algorithm>
#include <thread>

namespace mnemo {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{100};

Status listen_error(const std::string& address, const char* step, const ErrorCode& error) {
  return Status::unavailable("listen tcp " + address + ": " + step + ": " + error.message());
}

Result<tcp::endpoint> resolve(asio::io_context& io, const ListenAddress& address,
                              const std::string& text) {
  ErrorCode error;
  auto ip = asio::ip::make_address(address.host, error);
  if (!error) return tcp::endpoint(ip, address.port);
  tcp::resolver resolver(io);
  auto found = resolver.resolve(address.host, std::to_string(address.port), error);
  if (error || found.empty()) {
    return Status::invalid_argument("listen tcp " + text + ": lookup " + address.host + ": " +
                                    error.message());
  }
  return found.begin()->endpoint();
}

Status bind_to(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, bool dual_stack,
               const std::string& text) {
  ErrorCode error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return listen_error(text, "socket", error);
  acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (dual_stack) acceptor.set_option(asio::ip::v6_only(false), error);
  acceptor.bind(endpoint, error);
  if (error) return listen_error(text, "bind", error);
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return listen_error(text, "listen", error);
  return {};
}

Status bind_address(asio::io_context& io, tcp::acceptor& acceptor, const std::string& text) {
  auto address = parse_listen_address(text);
  if (!address) return Status::invalid_argument("listen tcp: " + address.status().message());
  if (!address->host.empty()) {
    MNEMO_TRY(auto endpoint, resolve(io, *address, text));
    return bind_to(acceptor, endpoint, false, text);
  }
  auto status = bind_to(acceptor, tcp::endpoint(tcp::v6(), address->port), true, text);
  if (status.ok() || acceptor.is_open()) return status;
  return bind_to(acceptor, tcp::endpoint(tcp::v4(), address->port), false, text);
}

}  // namespace

struct HttpServer::State : http_server::Shared {
  /// Both are used on one strand only.
  tcp::acceptor acceptor{asio::make_strand(io)};
  asio::steady_timer pause{acceptor.get_executor()};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
  std::vector<std::thread> threads;
  tcp::endpoint bound;
  std::mutex stop_mutex;

  static void accept(const std::shared_ptr<State>& self) {
    self->acceptor.async_accept(
        asio::make_strand(self->io),
        [self](ErrorCode error, tcp::socket socket) { on_accept(self, error, std::move(socket)); });
  }

  static void on_accept(const std::shared_ptr<State>& self, ErrorCode error, tcp::socket socket) {
    if (!self->acceptor.is_open()) return;
    if (!error) {
      ErrorCode ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      std::make_shared<http_server::Session>(self, std::move(socket))->start();
      return accept(self);
    }
    self->options.logger->warn("can't accept a connection", {{"err", error.message()}});
    self->pause.expires_after(kAcceptPause);
    self->pause.async_wait([self](ErrorCode wait_error) {
      if (!wait_error && self->acceptor.is_open()) accept(self);
    });
  }

  /// Whether all sessions ended within `timeout`.
  bool wait_for_sessions(std::optional<std::chrono::milliseconds> timeout) {
    std::unique_lock lock(mutex);
    auto none = [this] { return sessions.empty(); };
    if (timeout) return session_ended.wait_for(lock, *timeout, none);
    session_ended.wait(lock, none);
    return true;
  }
};

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() { stop(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<HttpServer>> HttpServer::listen(HttpServerOptions options,
                                                       HttpServerHandler handler) {
  auto state = std::make_shared<State>();
  state->options = std::move(options);
  state->handler = std::move(handler);
  MNEMO_RETURN_IF_ERROR(bind_address(state->io, state->acceptor, state->options.address));
  ErrorCode error;
  state->bound = state->acceptor.local_endpoint(error);
  if (error) return listen_error(state->options.address, "local address", error);
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

uint16_t HttpServer::port() const { return state_->bound.port(); }

std::string HttpServer::address() const {
  return join_host_port(state_->bound.address().to_string(), port());
}

void HttpServer::start(size_t threads) {
  state_->work.emplace(state_->io.get_executor());
  asio::post(state_->acceptor.get_executor(), [state = state_] { State::accept(state); });
  for (size_t i = 0; i < std::max<size_t>(threads, 1); ++i) {
    state_->threads.emplace_back([io = &state_->io] { io->run(); });
  }
}

void HttpServer::stop(std::chrono::milliseconds grace) {
  std::lock_guard stop_lock(state_->stop_mutex);
  {
    std::lock_guard lock(state_->mutex);
    if (state_->stopping) return;
    state_->stopping = true;
  }
  ErrorCode ignored;
  if (state_->threads.empty()) {
    state_->acceptor.close(ignored);
    return;
  }
  asio::post(state_->acceptor.get_executor(), [state = state_] {
    ErrorCode close_error;
    state->acceptor.close(close_error);
    state->pause.cancel();
  });
  for (const auto& session : state_->live_sessions()) session->finish_soon();
  if (!state_->wait_for_sessions(grace)) {
    for (const auto& session : state_->live_sessions()) session->cancel();
    state_->wait_for_sessions(std::nullopt);
  }
  state_->work.reset();
  for (auto& thread : state_->threads) thread.join();
  state_->threads.clear();
  // The last thread to leave the shared part may be one of the executor: it must not end that.
  state_->handler = nullptr;
  state_->options.executor.reset();
}

}  // namespace mnemo
