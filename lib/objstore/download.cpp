// SPDX-License-Identifier: Apache-2.0
#include "objstore/download.hpp"

#include "objstore/retries.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

namespace mnemo {
namespace {

/// Servers count in signed 64 bits.
constexpr uint64_t kMaxOffset = std::numeric_limits<int64_t>::max();
/// What is set aside at once on a server's word for the size.
constexpr uint64_t kMaxReserve = 256 << 20;

std::string what(std::string_view name) { return "get " + std::string(name); }

std::optional<uint64_t> parse_number(std::string_view text) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct ContentRange {
  uint64_t first = 0;
  uint64_t last = 0;
  std::optional<uint64_t> size;  // of the object
};

/// "bytes FIRST-LAST/SIZE", the size may be "*".
std::optional<ContentRange> content_range(const HttpResponse& answer) {
  auto text = answer.header("Content-Range");
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  auto dash = text.find('-');
  auto slash = text.find('/');
  if (dash == text.npos || slash == text.npos || slash < dash) return std::nullopt;
  auto first = parse_number(text.substr(0, dash));
  auto last = parse_number(text.substr(dash + 1, slash - dash - 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return ContentRange{*first, *last, parse_number(text.substr(slash + 1))};
}

/// One object's or range's bytes as they come, over as many answers as it takes.
class Download {
 public:
  Download(const Context& context, std::string_view name, const ObjectReader& reader,
           const BucketEnvironment& environment)
      : context_(context), name_(name), reader_(reader), environment_(environment) {}

  /// `most`: how many bytes are wanted at most; `is_limit`: more than that is an error rather than
  /// left unread.
  Result<Bytes> run(const RangeRequest& wanted, uint64_t most, bool is_limit) {
    Retries tries(context_, reader_.tries, environment_);
    for (;;) {
      auto status = read_some(wanted, most, is_limit);
      if (status.ok()) return Bytes::own(std::move(data_));
      if (status.code() == Code::kFailedPrecondition && !etag_.empty()) {
        // Replaced meanwhile: what has come is of the former object.
        data_.clear();
        etag_.clear();
      } else if (status.code() != Code::kUnavailable || !is_open_) {
        return status;
      }
      MNEMO_RETURN_IF_ERROR(tries.wait(status));
    }
  }

 private:
  /// Asks for what is missing and reads until the end or a failure.
  Status read_some(const RangeRequest& wanted, uint64_t most, bool is_limit) {
    RangeRequest rest = wanted;
    rest.offset += data_.size();
    if (rest.length) *rest.length -= data_.size();
    rest.if_match = etag_;
    is_open_ = false;
    MNEMO_TRY(auto transfer, reader_.open(rest));
    is_open_ = true;
    MNEMO_RETURN_IF_ERROR(check_head(transfer->head(), rest, most, is_limit));
    while (data_.size() < most || is_limit) {
      MNEMO_TRY(bool more, transfer->pull([&](std::string_view piece) {
        return take(piece, most, is_limit);
      }));
      if (!more) return {};
    }
    return {};
  }

  Status check_head(const HttpResponse& head, const RangeRequest& rest, uint64_t most,
                    bool is_limit) {
    auto size = number_header(head, "Content-Length");
    if (head.status == 206) {
      // Azurite's way to say that nothing is there.
      if (size == 0) return Status::out_of_range(what(name_) + ": an empty range");
      auto range = content_range(head);
      if (!range || range->first != rest.offset) {
        return Status::data_loss(what(name_) + ": the server sent another range than offset " +
                                 std::to_string(rest.offset));
      }
      size = range->last - range->first + 1;
      bool is_short =
          range->size && range->last + 1 < *range->size && (!rest.length || *size < *rest.length);
      if (is_short) return Status::data_loss(what(name_) + ": the server sent a shorter range");
    } else if (rest.offset != 0) {
      return Status::unimplemented(what(name_) + ": the server doesn't give ranges");
    }
    etag_ = head.header("ETag");
    if (!size) return {};
    if (is_limit && (*size > most || data_.size() > most - *size)) return too_large(most);
    data_.reserve(static_cast<size_t>(
        std::min({data_.size() + std::min(*size, kMaxReserve), most, kMaxReserve})));
    return {};
  }

  Status take(std::string_view piece, uint64_t most, bool is_limit) {
    auto room = most - data_.size();
    if (piece.size() > room) {
      if (is_limit) return too_large(most);
      piece = piece.substr(0, static_cast<size_t>(room));
    }
    data_ += piece;
    return {};
  }

  Status too_large(uint64_t most) const {
    return Status::resource_exhausted(what(name_) + ": larger than " + std::to_string(most) +
                                      " bytes");
  }

  const Context& context_;
  std::string_view name_;
  const ObjectReader& reader_;
  const BucketEnvironment& environment_;
  std::string data_;
  std::string etag_;
  bool is_open_ = false;  // the last failure was in the body
};

/// The empty range at `offset`. `is_end`: where the object must end, since the server said so.
Result<Bytes> empty_range(std::string_view name, uint64_t offset, bool is_end,
                          const ObjectReader& reader) {
  MNEMO_TRY(auto attributes, reader.attributes());
  if (offset == attributes.size || (offset < attributes.size && !is_end)) return Bytes();
  if (offset < attributes.size) {
    return Status::data_loss(what(name) + ": the server has nothing at " + std::to_string(offset));
  }
  return Status::out_of_range(what(name) + ": offset " + std::to_string(offset) +
                              " is past the end at " + std::to_string(attributes.size));
}

}  // namespace

std::string RangeRequest::header() const {
  auto text = "bytes=" + std::to_string(offset) + "-";
  if (length && *length > 0 && *length - 1 <= kMaxOffset - offset) {
    text += std::to_string(offset + *length - 1);
  }
  return text;
}

Result<Bytes> download_object(const Context& context, std::string_view name, uint64_t max_bytes,
                              const ObjectReader& reader, const BucketEnvironment& environment) {
  return Download(context, name, reader, environment).run({}, max_bytes, true);
}

Result<Bytes> download_range(const Context& context, std::string_view name, uint64_t offset,
                             uint64_t length, const ObjectReader& reader,
                             const BucketEnvironment& environment) {
  if (length == 0 || offset >= kMaxOffset) return empty_range(name, offset, false, reader);
  auto got = Download(context, name, reader, environment).run({offset, length, {}}, length, false);
  if (got.ok() || got.status().code() != Code::kOutOfRange) return got;
  return empty_range(name, offset, true, reader);
}

std::optional<uint64_t> number_header(const HttpResponse& answer, std::string_view name) {
  return parse_number(answer.header(name));
}

Result<ObjectAttributes> attributes_of(const HttpResponse& answer, std::string_view name) {
  auto size = number_header(answer, "Content-Length");
  auto modified = parse_http_date_ms(answer.header("Last-Modified"));
  if (!size || !modified) {
    return Status::data_loss("attributes of " + std::string(name) +
                             ": the answer lacks the size or the time");
  }
  return ObjectAttributes{*size, *modified};
}

}  // namespace mnemo
