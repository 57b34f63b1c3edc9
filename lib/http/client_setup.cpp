// SPDX-License-Identifier: Apache-2.0
// How a request and the client's options become libcurl's settings.
#include "base/file.hpp"
#include "base/letter_case.hpp"
#include "http/client_transfer.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace mnemo {
namespace {

constexpr uint64_t kMaxSecretBytes = 1 << 20;
constexpr long kMaxRedirects = 10;
constexpr long kUploadBufferBytes = 256 << 10;
constexpr std::string_view kOwnMachine = "localhost,127.0.0.1,::1,[::1]";

std::string environment(const char* name, const char* other_name) {
  const char* value = std::getenv(name);
  if (!value || !*value) value = std::getenv(other_name);
  return value ? value : "";
}

Result<std::string> read_secret(const std::string& file) {
  auto content = read_file(file, kMaxSecretBytes);
  if (!content) return Status::failed_precondition(content.status().message());
  while (!content->empty() && std::isspace(static_cast<unsigned char>(content->back()))) {
    content->pop_back();
  }
  return content;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool has_header(const HttpRequest& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(), [&](const HttpHeader& header) {
    return equal_ignoring_case(header.name, name);
  });
}

void append(curl_slist*& list, const std::string& line) {
  if (auto* longer = curl_slist_append(list, line.c_str())) list = longer;
}

/// What a program forbids its gRPC by OpenSSL's process-wide configuration, TLS 1.2, isn't meant
/// for object stores and others that know no 1.3.
CURLcode allow_tls12(CURL*, void* context, void*) {
  SSL_CTX_clear_options(static_cast<SSL_CTX*>(context), SSL_OP_NO_TLSv1_2);
  return CURLE_OK;
}

long milliseconds(std::chrono::milliseconds duration) {
  return static_cast<long>(std::max<int64_t>(duration.count(), 0));
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const {
  for (const auto& header : headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return {};
}

Status HttpTransfer::State::begin(const HttpRequest& request, bool compressed) {
  if (!is_token(request.method)) {
    return Status::invalid_argument("HTTP method is not a token");
  }
  method_ = request.method;
  MNEMO_TRY(url_, parse_http_url(request.url));
  MNEMO_RETURN_IF_ERROR(set_options(compressed));
  MNEMO_RETURN_IF_ERROR(set_tls());
  MNEMO_RETURN_IF_ERROR(set_credentials());
  MNEMO_RETURN_IF_ERROR(set_body(request));
  MNEMO_RETURN_IF_ERROR(set_headers(request));
  restart_head_timer();
  if (CURLMcode code = curl_multi_add_handle(handle_->multi, handle_->easy); code != CURLM_OK) {
    return Status::internal(what() + ": " + curl_multi_strerror(code));
  }
  attached_ = true;
  wake_.emplace(context_.token(), [multi = handle_->multi] { curl_multi_wakeup(multi); });
  return {};
}

Status HttpTransfer::State::set_options(bool compressed) {
  CURL* easy = handle_->easy;
  const auto& options = pool_->options();
  const char* redirect_protocols = url_.scheme == "https" ? "https" : "http,https";
  curl_easy_setopt(easy, CURLOPT_URL, url_.full.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, redirect_protocols);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, options.follow_redirects ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMaxRedirects);
  // HTTP/1.1 only: with HTTP/2 libcurl receives up to 32 MB that nobody has asked for yet.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a cancelled lookup isn't waited for
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128L << 10);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   milliseconds(options.connect_timeout + options.tls_handshake_timeout));
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN,
                   std::max(1L, milliseconds(options.idle_timeout) / 1000));
  set_proxy();
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  // No pausing then: libcurl would have to keep what it has decompressed.
  compressed_ = compressed;
  if (compressed) curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &State::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &State::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  return {};
}

void HttpTransfer::State::set_proxy() {
  CURL* easy = handle_->easy;
  const auto& options = pool_->options();
  std::string proxy = options.proxy_url;
  if (proxy.empty() && options.proxy_from_environment) {
    proxy = url_.scheme == "https" ? environment("HTTPS_PROXY", "https_proxy")
                                   : environment("HTTP_PROXY", "http_proxy");
    std::string without = environment("NO_PROXY", "no_proxy");
    // As in Go, the machine itself is never asked for through a proxy.
    if (without != "*") without += (without.empty() ? "" : ",") + std::string(kOwnMachine);
    curl_easy_setopt(easy, CURLOPT_NOPROXY, without.c_str());
  }
  // An empty one also keeps libcurl from looking into the environment.
  curl_easy_setopt(easy, CURLOPT_PROXY, proxy.c_str());
}

Status HttpTransfer::State::set_tls() {
  CURL* easy = handle_->easy;
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &allow_tls12);
  const auto& tls = pool_->options().tls;
  if (!tls.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy, CURLOPT_CA_CACHE_TIMEOUT, 0L);
  }
  if (!tls.cert_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.cert_file.c_str());
    curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key_file.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.insecure_skip_verify ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.insecure_skip_verify ? 0L : 2L);
  if (tls.server_name.empty() || url_.scheme != "https") return {};
  // libcurl takes the name to verify from the URL: ask for that name, connect to the real host.
  MNEMO_TRY(auto url, replace_url_host(url_.full, tls.server_name));
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  append(connect_to_, tls.server_name + ":" + url_.port + ":" + url_.host + ":" + url_.port);
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to_);
  return {};
}

Status HttpTransfer::State::set_credentials() {
  CURL* easy = handle_->easy;
  const auto& options = pool_->options();
  if (!options.bearer_token.empty() || !options.bearer_token_file.empty()) {
    std::string token = options.bearer_token;
    if (token.empty()) {
      MNEMO_TRY(token, read_secret(options.bearer_token_file).with_context("bearer token"));
    }
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, token.c_str());
    return {};
  }
  curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
  if (options.username.empty() && options.password.empty() && options.password_file.empty()) {
    return {};
  }
  std::string password = options.password;
  if (!options.password_file.empty()) {
    MNEMO_TRY(password, read_secret(options.password_file).with_context("password"));
  }
  curl_easy_setopt(easy, CURLOPT_USERNAME, options.username.c_str());
  curl_easy_setopt(easy, CURLOPT_PASSWORD, password.c_str());
  return {};
}

Status HttpTransfer::State::set_body(const HttpRequest& request) {
  CURL* easy = handle_->easy;
  if (request.upload) {
    upload_ = request.upload;
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    if (method_ != "PUT") curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method_.c_str());
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kUploadBufferBytes);
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(upload_->size));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &State::on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &State::on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, this);
    return {};
  }
  if (method_ == "GET" && request.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    return {};
  }
  if (method_ == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return {};
  }
  if (request.body.empty() && method_ != "POST" && method_ != "PUT") {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method_.c_str());
    return {};
  }
  body_ = request.body;
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  if (method_ != "POST") curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method_.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body_.data());
  return {};
}

Status HttpTransfer::State::set_headers(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (!is_token(name) || value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos) {
      return Status::invalid_argument(what() + ": malformed header \"" +
                                      (is_token(name) ? name : std::string("?")) + "\"");
    }
    append(header_list_, value.empty() ? name + ";" : name + ": " + value);
  }
  // libcurl would add its own; an empty one leaves it out.
  if (!has_header(request, "Content-Type")) append(header_list_, "Content-Type:");
  append(header_list_, "Expect:");
  const auto& tls = pool_->options().tls;
  if (!tls.server_name.empty() && url_.scheme == "https" && !has_header(request, "Host")) {
    append(header_list_, "Host: " + url_.host + (url_.has_port ? ":" + url_.port : ""));
  }
  curl_easy_setopt(handle_->easy, CURLOPT_HTTPHEADER, header_list_);
  return {};
}

}  // namespace mnemo
