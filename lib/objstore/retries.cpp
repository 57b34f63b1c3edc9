// SPDX-License-Identifier: Apache-2.0
#include "objstore/retries.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <random>
#include <string>

namespace mnemo {
namespace {

constexpr std::chrono::milliseconds kLongestAsked{60'000};

}  // namespace

Retries::Retries(const Context& context, int most, const BucketEnvironment& environment)
    : context_(context),
      environment_(environment),
      backoff_(environment.first_backoff, environment.longest_backoff, std::random_device{}()),
      left_(most - 1) {}

Status Retries::wait(const Status& failure, std::optional<std::chrono::milliseconds> asked) {
  if (left_ <= 0) return failure;
  --left_;
  auto pause = std::max(backoff_.next(), asked.value_or(std::chrono::milliseconds(0)));
  if (auto left = context_.remaining(); left && *left <= pause) return failure;
  environment_.logger->debug("trying again", {{"err", failure.message()},
                                              {"after", std::to_string(pause.count()) + "ms"}});
  return context_.sleep_for(pause);
}

std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& answer, int64_t now_ms) {
  auto text = answer.header("Retry-After");
  if (text.empty()) return std::nullopt;
  int64_t seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  std::chrono::milliseconds wanted{0};
  if (error == std::errc() && end == text.data() + text.size()) {
    wanted = std::chrono::seconds(std::clamp<int64_t>(seconds, 0, 3600));
  } else if (auto date = parse_http_date_ms(text)) {
    wanted = std::chrono::milliseconds(std::clamp<int64_t>(*date - now_ms, 0, 3'600'000));
  } else {
    return std::nullopt;
  }
  return std::min(wanted, kLongestAsked);
}

bool is_retryable_status(int http_status) {
  switch (http_status) {
    case 408:
    case 429:
    case 499:  // nginx: the connection to the server behind it was closed
    case 500:
    case 502:
    case 503:
    case 504:
    case 520: return true;  // Cloudflare: the server behind it answered nonsense
    default: return false;
  }
}

std::optional<int64_t> parse_http_date_ms(std::string_view text) {
  std::tm time = {};
  std::string copy(text);
  // In the C locale, which nothing here changes; names of days and months are English.
  const char* end = ::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time);
  if (!end || *end != '\0') return std::nullopt;
  return static_cast<int64_t>(::timegm(&time)) * 1000;
}

std::string format_http_date(int64_t ms) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time_t(ms / 1000)));
}

int64_t now_of(const BucketEnvironment& environment) {
  if (environment.now_ms) return environment.now_ms();
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace mnemo
