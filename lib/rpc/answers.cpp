// SPDX-License-Identifier: Apache-2.0
#include "rpc/answers.hpp"

#include "rpc/grpc_bytes.hpp"
#include "rpc/messages.hpp"
#include "rpc/series_frame.hpp"

#include <algorithm>
#include <deque>

namespace mnemo::rpc {
namespace {

/// A batch is sent when it has grown to this, full or not.
constexpr size_t kMaxBatchBytes = 1 << 20;

class SeriesAnswer final : public Answer {
 public:
  explicit SeriesAnswer(std::shared_ptr<Store> store) : store_(std::move(store)) {}

  Status begin(const Context& context, const Bytes& request) override {
    MNEMO_TRY(auto decoded, decode_series_request(request));
    batched_ = decoded.response_batch_size > 1;
    if (batched_) batch_size_ = static_cast<size_t>(decoded.response_batch_size);
    context_ = context;
    MNEMO_TRY(stream_, store_->series(context, decoded));
    return {};
  }

  Result<bool> next(grpc::ByteBuffer& message) override {
    MNEMO_RETURN_IF_ERROR(context_.check());
    MNEMO_RETURN_IF_ERROR(fill());
    if (encoder_.count() > 0) {
      auto header = batched_ ? encoder_.batch_header() : std::string();
      fill_buffer(message, encoder_.take_body(), header);
      return true;
    }
    if (last_frames_.empty()) return false;
    fill_buffer(message, std::move(last_frames_.front()));
    last_frames_.pop_front();
    return true;
  }

 private:
  Status fill() {
    while (stream_ && encoder_.count() < batch_size_ && encoder_.size() < kMaxBatchBytes) {
      MNEMO_TRY(bool more, stream_->next(series_));
      if (more) {
        MNEMO_RETURN_IF_ERROR(encoder_.add(series_));
      } else {
        prepare_last_frames();
        stream_.reset();
      }
    }
    return {};
  }

  void prepare_last_frames() {
    for (const auto& warning : stream_->warnings()) {
      last_frames_.push_back(encode_warning_frame(warning));
    }
    auto blocks = stream_->queried_blocks();
    if (!blocks.empty()) last_frames_.push_back(encode_hints_frame(blocks));
  }

  std::shared_ptr<Store> store_;
  Context context_;
  bool batched_ = false;
  size_t batch_size_ = 1;
  std::unique_ptr<SeriesStream> stream_;  // null once it has ended
  Series series_;
  SeriesFrameEncoder encoder_;
  std::deque<std::string> last_frames_;
};

class UnaryAnswer final : public Answer {
 public:
  explicit UnaryAnswer(UnaryMethod method) : method_(std::move(method)) {}

  Status begin(const Context& context, const Bytes& request) override {
    MNEMO_TRY(auto message, method_(context, request));
    message_ = std::move(message);
    return {};
  }

  Result<bool> next(grpc::ByteBuffer& message) override {
    if (!message_) return false;
    fill_buffer(message, *std::move(message_));
    message_.reset();
    return true;
  }

 private:
  UnaryMethod method_;
  std::optional<std::string> message_;
};

class ListAnswer final : public Answer {
 public:
  explicit ListAnswer(ListMethod method) : method_(std::move(method)) {}

  Status begin(const Context& context, const Bytes& request) override {
    MNEMO_TRY(messages_, method_(context, request));
    return {};
  }

  Result<bool> next(grpc::ByteBuffer& message) override {
    if (sent_ == messages_.size()) return false;
    fill_buffer(message, std::move(messages_[sent_++]));
    return true;
  }

 private:
  ListMethod method_;
  std::vector<std::string> messages_;
  size_t sent_ = 0;
};

}  // namespace

std::unique_ptr<Answer> make_series_answer(std::shared_ptr<Store> store) {
  return std::make_unique<SeriesAnswer>(std::move(store));
}

std::unique_ptr<Answer> make_unary_answer(UnaryMethod method) {
  return std::make_unique<UnaryAnswer>(std::move(method));
}

std::unique_ptr<Answer> make_list_answer(ListMethod method) {
  return std::make_unique<ListAnswer>(std::move(method));
}

UnaryMethod label_names_method(std::shared_ptr<Store> store) {
  return [store = std::move(store)](const Context& context,
                                    const Bytes& bytes) -> Result<std::string> {
    MNEMO_TRY(auto request, decode_label_names_request(bytes));
    MNEMO_TRY(auto response, store->label_names(context, request));
    return encode(response);
  };
}

UnaryMethod label_values_method(std::shared_ptr<Store> store) {
  return [store = std::move(store)](const Context& context,
                                    const Bytes& bytes) -> Result<std::string> {
    MNEMO_TRY(auto request, decode_label_values_request(bytes));
    MNEMO_TRY(auto response, store->label_values(context, request));
    return encode(response);
  };
}

UnaryMethod info_method(std::shared_ptr<Store> store, std::function<bool()> ready,
                        EndpointApis apis) {
  return [store = std::move(store), ready = std::move(ready), apis](
             const Context&, const Bytes&) -> Result<std::string> {
    if (!ready()) return Status::unavailable("Not ready");
    return encode(EndpointInfo{store->info(), true, apis});
  };
}

UnaryMethod health_method(std::function<bool()> ready) {
  return [ready = std::move(ready)](const Context&, const Bytes& bytes) -> Result<std::string> {
    constexpr uint64_t kServing = 1;
    constexpr uint64_t kNotServing = 2;
    ProtoReader reader(bytes);
    while (reader.next()) {
      if (reader.field() != 1) continue;
      auto service = reader.string();
      if (!service.empty() && service != "thanos.Store" && service != "thanos.info.Info") {
        return Status::not_found("unknown service");
      }
    }
    if (reader.failed()) return Status::invalid_argument("malformed HealthCheckRequest");
    std::string response;
    ProtoWriter(response).varint(1, ready() ? kServing : kNotServing);
    return response;
  };
}

}  // namespace mnemo::rpc
