// SPDX-License-Identifier: Apache-2.0
#include "http/client_transfer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <system_error>
#include <utility>

namespace mnemo {
namespace {

constexpr size_t kMaxHeadBytes = 256 << 10;
constexpr int kMaxWaitMs = 1000;
/// What one pull gives at most, about: libcurl alone would go on while the socket has data.
constexpr size_t kPullBytes = 256 << 10;

/// The code for a transfer that libcurl ended.
Code code_of_curl(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return Code::kInvalidArgument;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_TOO_MANY_REDIRECTS: return Code::kFailedPrecondition;
    case CURLE_OUT_OF_MEMORY: return Code::kResourceExhausted;
    case CURLE_BAD_CONTENT_ENCODING: return Code::kDataLoss;
    default: return Code::kUnavailable;
  }
}

std::string_view trim(std::string_view text) {
  size_t first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

HttpTransfer::State::State(std::shared_ptr<HttpClient::Pool> p, std::unique_ptr<CurlHandle> h,
                           const Context& c)
    : pool_(std::move(p)), handle_(std::move(h)), context_(c) {}

HttpTransfer::State::~State() {
  wake_.reset();
  if (attached_) curl_multi_remove_handle(handle_->multi, handle_->easy);
  pool_->release(std::move(handle_));
  curl_slist_free_all(header_list_);
  curl_slist_free_all(connect_to_);
}

void HttpTransfer::State::restart_head_timer() {
  if (auto timeout = pool_->options().response_header_timeout; timeout.count() > 0) {
    head_deadline_ = Context::Clock::now() + timeout;
  }
}

size_t HttpTransfer::State::on_read(char* out, size_t size, size_t count, void* self) {
  auto& state = *static_cast<State*>(self);
  state.restart_head_timer();
  auto left = state.upload_->size - state.uploaded_;
  auto wanted = static_cast<size_t>(std::min<uint64_t>(left, size * count));
  if (wanted == 0) return 0;
  auto got = state.upload_->read(state.uploaded_, {out, wanted});
  if (!got.ok()) {
    state.upload_status_ = std::move(got).status();
    return CURL_READFUNC_ABORT;
  }
  state.uploaded_ += *got;
  return *got;
}

int HttpTransfer::State::on_seek(void* self, curl_off_t offset, int origin) {
  auto& state = *static_cast<State*>(self);
  if (origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_FAIL;
  state.uploaded_ = static_cast<uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

size_t HttpTransfer::State::on_header(char* data, size_t size, size_t count, void* self) {
  auto& state = *static_cast<State*>(self);
  state.head_bytes_ += size * count;
  if (state.head_bytes_ > kMaxHeadBytes) return 0;
  if (!state.head_done_) state.take_header_line({data, size * count});
  return size * count;
}

void HttpTransfer::State::take_header_line(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    head_.headers.clear();
    long status = 0;
    curl_easy_getinfo(handle_->easy, CURLINFO_RESPONSE_CODE, &status);
    head_.status = static_cast<int>(status);
    return;
  }
  line = trim(line);
  if (line.empty()) {
    head_done_ = is_final_head();
    return;
  }
  size_t colon = line.find(':');
  if (colon == line.npos) return;
  head_.headers.push_back(
      {std::string(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))});
}

bool HttpTransfer::State::is_final_head() const {
  if (head_.status < 200) return false;
  bool redirect = head_.status >= 300 && head_.status < 400 && !head_.header("Location").empty();
  return !(redirect && pool_->options().follow_redirects);
}

size_t HttpTransfer::State::on_body(char* data, size_t size, size_t count, void* self) {
  auto& state = *static_cast<State*>(self);
  const size_t bytes = size * count;
  state.head_done_ = true;
  if (state.pulled_ >= kPullBytes && !state.compressed_) {
    state.paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  state.pulled_ += bytes;
  state.delivered_ = true;
  if (!state.sink_) {
    state.early_.append(data, bytes);
    return bytes;
  }
  state.sink_status_ = (*state.sink_)({data, bytes});
  // Anything but `bytes` ends the transfer; bytes + 1 differs from it even for an empty piece.
  return state.sink_status_.ok() ? bytes : bytes + 1;
}

Status HttpTransfer::State::check_context() const {
  if (auto status = context_.check(); !status.ok()) return status.with_context(what());
  if (!head_done_ && head_deadline_ && Context::Clock::now() >= *head_deadline_) {
    return Status::unavailable(what() + ": timeout awaiting response headers");
  }
  return {};
}

int HttpTransfer::State::wait_ms() const {
  using std::chrono::milliseconds;
  auto wait = milliseconds(kMaxWaitMs);
  if (auto left = context_.remaining())
    wait = std::min(wait, std::chrono::ceil<milliseconds>(*left));
  if (!head_done_ && head_deadline_) {
    auto left = std::chrono::ceil<milliseconds>(*head_deadline_ - Context::Clock::now());
    wait = std::clamp(left, milliseconds(0), wait);
  }
  return static_cast<int>(wait.count());
}

Status HttpTransfer::State::step() {
  MNEMO_RETURN_IF_ERROR(check_context());
  int running = 0;
  if (CURLMcode code = curl_multi_perform(handle_->multi, &running); code != CURLM_OK) {
    return Status::internal(what() + ": " + curl_multi_strerror(code));
  }
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(handle_->multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    done_ = true;
    head_done_ = true;
    result_ = message->data.result;
  }
  if (!done_ && !delivered_) {
    curl_multi_poll(handle_->multi, nullptr, 0, wait_ms(), nullptr);
  }
  return {};
}

Status HttpTransfer::State::receive_head() {
  while (!head_done_) MNEMO_RETURN_IF_ERROR(step());
  if (done_ && result_ != CURLE_OK) return transfer_error();
  return {};
}

Result<bool> HttpTransfer::State::pull(const HttpSink& sink) {
  if (!early_.empty()) {
    std::string early = std::exchange(early_, {});
    MNEMO_RETURN_IF_ERROR(sink(early));
    return true;
  }
  sink_ = &sink;
  delivered_ = false;
  pulled_ = 0;
  // Resuming gives what was held back to the sink at once.
  if (std::exchange(paused_, false)) curl_easy_pause(handle_->easy, CURLPAUSE_CONT);
  Status status;
  while (!done_ && !delivered_ && status.ok()) status = step();
  sink_ = nullptr;
  if (!sink_status_.ok()) return sink_status_;
  if (!status.ok()) return status;
  if (delivered_) return true;
  if (result_ != CURLE_OK) return transfer_error();
  return false;
}

Status HttpTransfer::State::transfer_error() const {
  if (!upload_status_.ok()) return upload_status_.with_context(what());
  std::string text = what() + ": ";
  text += error_[0] != '\0' ? error_ : curl_easy_strerror(result_);
  long number = 0;
  curl_easy_getinfo(handle_->easy, CURLINFO_OS_ERRNO, &number);
  if (result_ == CURLE_COULDNT_CONNECT && number != 0) {
    text += " (" + std::generic_category().message(static_cast<int>(number)) + ")";
  }
  return {code_of_curl(result_), std::move(text)};
}

}  // namespace mnemo
