// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/status.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo {

struct HttpHeader {
  std::string name;
  std::string value;
};

/// A body that is read while it is sent, and so needn't be in memory.
struct HttpUpload {
  uint64_t size = 0;
  /// Copies bytes from `offset` on to `out` and says how many: at least 1. Called with rising
  /// offsets, and from the start again when a connection has to be replaced. A failure ends the
  /// request and is what the caller gets.
  std::function<Result<size_t>(uint64_t offset, std::span<char> out)> read;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // http:// or https://, may hold a user and a password
  std::vector<HttpHeader> headers;
  std::string body;
  std::shared_ptr<const HttpUpload> upload = {};  // instead of `body`; for PUT
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;
  std::string body;

  bool ok() const { return status >= 200 && status < 300; }
  /// The value of the first header of that name (case doesn't matter); empty without one.
  std::string_view header(std::string_view name) const;
};

/// How the peer is verified and how we identify ourselves to it. Files are PEM and are read anew
/// for every connection.
struct HttpTlsOptions {
  std::string ca_file;      // trusts only these; empty: the system's
  std::string cert_file;    // the client's certificate and key, both or none
  std::string key_file;     //
  std::string server_name;  // to ask for and to verify; empty: the host of the URL
  bool insecure_skip_verify = false;
};

struct HttpClientOptions {
  std::string username;  // basic authentication where not empty
  std::string password;
  std::string password_file;  // read for every request
  std::string bearer_token;
  std::string bearer_token_file;        // read for every request
  std::string proxy_url;                // empty: no proxy, whatever the environment says
  bool proxy_from_environment = false;  // unless proxy_url is set: HTTP_PROXY and the like, as Go
  HttpTlsOptions tls;
  bool follow_redirects = true;
  bool accept_compressed = true;  // ask for gzip in `perform`
  std::string user_agent = "mnemo";
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds tls_handshake_timeout{10000};
  std::chrono::milliseconds response_header_timeout{0};  // since the last byte sent; 0: none
  std::chrono::milliseconds idle_timeout{90000};         // of connections kept for reuse
  size_t max_idle_connections = 16;
};

/// Takes a piece of a body; the view is valid during the call. A failure ends the transfer and is
/// what the caller gets; as long as it blocks, nothing more is received.
using HttpSink = std::function<Status(std::string_view)>;

/// An answer whose head has come and whose body is pulled by the caller: nothing is received but
/// within `pull`, so whoever pulls slowly slows down the server.
///
/// Not thread-safe. Ownership: keeps what it needs of its client alive. Destroying it ends the
/// transfer.
class HttpTransfer {
 public:
  struct State;
  explicit HttpTransfer(std::unique_ptr<State> state);
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  /// Status and headers; the body stays empty.
  const HttpResponse& head() const;

  /// Receives until `sink` was given something, then returns true; false at the end of the body.
  /// REQUIRES: no earlier call failed or returned false.
  Result<bool> pull(const HttpSink& sink);

  /// The rest of the body. Errors: ResourceExhausted when that is more than `max_bytes`.
  Result<std::string> read_all(size_t max_bytes);

  /// For the error of an unwanted status: "METHOD URL: 404: the body's first bytes".
  Status unexpected_status();

 private:
  std::unique_ptr<State> state_;
};

/// An HTTP/1.1 client over libcurl that keeps connections for reuse.
///
/// Thread-safe: any number of threads may call any method.
/// Ownership: transfers may outlive the client.
/// The context's deadline and stop token end a request at any point. Only http and https are
/// spoken; a redirect never leaves https for http, and credentials don't follow to another host.
/// Errors name the method and the URL without user, password and query. Codes: Unavailable (no
/// connection, broken transfer), Cancelled, DeadlineExceeded, InvalidArgument (URL,
/// header), ResourceExhausted (body too large), FailedPrecondition (credentials' files,
/// the peer's certificate). Any HTTP
/// status is an answer, not an error.
///
///     MNEMO_TRY(auto client, HttpClient::make({}));
///     MNEMO_TRY(auto answer, client->perform(context, {.url = "http://localhost:9090/-/ready"},
///     1024));
class HttpClient {
 public:
  /// Errors: InvalidArgument when options contradict each other.
  static Result<std::shared_ptr<HttpClient>> make(const HttpClientOptions& options);
  ~HttpClient();

  /// The whole answer. Errors: as above; ResourceExhausted when the body, decompressed, is larger
  /// than `max_body_bytes`.
  Result<HttpResponse> perform(const Context& context, const HttpRequest& request,
                               size_t max_body_bytes);

  /// The body of a 2xx answer goes to `sink`; of another one, the first bytes are in the result.
  Result<HttpResponse> stream(const Context& context, const HttpRequest& request,
                              const HttpSink& sink);

  /// Returns when the head has come.
  Result<std::unique_ptr<HttpTransfer>> open(const Context& context, const HttpRequest& request);

 private:
  class Pool;
  friend struct HttpTransfer::State;
  explicit HttpClient(std::shared_ptr<Pool> pool);
  Result<std::unique_ptr<HttpTransfer>> start(const Context& context, const HttpRequest& request,
                                              bool compressed);
  std::shared_ptr<Pool> pool_;
};

/// The code that an HTTP status stands for (OK for 2xx).
Code code_of_http_status(int status);

/// At most `max_bytes` of `body` on one line, for errors.
std::string body_excerpt(std::string_view body, size_t max_bytes = 512);

}  // namespace mnemo
