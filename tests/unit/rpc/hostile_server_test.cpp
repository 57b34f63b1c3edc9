// SPDX-License-Identifier: Apache-2.0
#include "recording_store.hpp"

#include "rpc/client.hpp"

#include <doctest/doctest.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

using namespace mnemo;
using namespace mnemo::rpc_testing;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

/// A gRPC server that answers any call with given messages.
class ScriptedServer final : public grpc::CallbackGenericService {
 public:
  explicit ScriptedServer(std::vector<std::string> messages) : messages_(std::move(messages)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
  }
  ~ScriptedServer() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext*) override {
    return new Call(messages_);
  }

  std::shared_ptr<rpc::GrpcStore> client() const {
    rpc::GrpcStoreOptions options;
    options.address = "127.0.0.1:" + std::to_string(port_);
    return *rpc::GrpcStore::create(options);
  }

 private:
  class Call final : public grpc::ServerGenericBidiReactor {
   public:
    explicit Call(std::vector<std::string> messages) : messages_(std::move(messages)) { step(); }
    void OnWriteDone(bool) override { step(); }
    void OnDone() override { delete this; }

   private:
    void step() {
      if (at_ == messages_.size()) return Finish(grpc::Status::OK);
      grpc::Slice slice(messages_[at_++]);
      buffer_ = grpc::ByteBuffer(&slice, 1);
      StartWrite(&buffer_);
    }
    std::vector<std::string> messages_;
    size_t at_ = 0;
    grpc::ByteBuffer buffer_;
  };

  std::vector<std::string> messages_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

Context within(std::chrono::milliseconds time) { return Context().with_timeout(time); }

const std::string kGoodFrame =
    "\x0a\x08\x0a\x06\x0a\x01"
    "a\x12\x01"
    "b"s;

}  // namespace

TEST_CASE("rpc: garbage in a Series answer is DataLoss") {
  for (const auto& garbage : {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"s,  // endless varint
                              "\x0a\xff\xff\xff\xff\x0f"s,                      // length of 4 GiB
                              "\x22\x7f\x0a"s,                      // batch longer than the frame
                              "\x0a\x02\x0a\x7f"s,                  // label longer than the series
                              "\x0a\x06\x12\x04\x1a\x02\x08\x09"s,  // unknown chunk encoding
                              "\x08\x01\x0a"s, "\x0b\x0c"s, std::string(1000, '\x7f')}) {
    ScriptedServer server({kGoodFrame, garbage, kGoodFrame});
    auto got = drain(server.client()->series(within(10s), {}));
    CHECK_EQ(got.status().code(), Code::kDataLoss);
  }
}

TEST_CASE("rpc: an answer with frames of other kinds, or empty ones, is read past them") {
  ScriptedServer server({"", "\xa2\x06\x01x"s, kGoodFrame, "\x22\x00"s, "\x1a\x00"s});
  auto got = drain(server.client()->series(within(10s), {}));
  REQUIRE_MESSAGE(got.ok(), got.status().to_string());
  CHECK_EQ(*got, std::vector<std::string>{"{a=\"b\"}"});
}

TEST_CASE("rpc: a call with one answer that gets none, or garbage, is DataLoss") {
  ScriptedServer silent({});
  CHECK_EQ(silent.client()->label_names(within(10s), {}).status().code(), Code::kDataLoss);
  CHECK_EQ(silent.client()->start_info(within(10s))->wait().status().code(), Code::kDataLoss);
  ScriptedServer garbage({"\x0a\x7fx"s});
  CHECK_EQ(garbage.client()->label_values(within(10s), {}).status().code(), Code::kDataLoss);
  CHECK_EQ(garbage.client()->start_info(within(10s))->wait().status().code(), Code::kDataLoss);
}

TEST_CASE("rpc: an endpoint without StoreAPI says so") {
  ScriptedServer rules_only({"\x12\x04rule\x22\x00"s});
  auto info = rules_only.client()->start_info(within(10s))->wait();
  REQUIRE(info.ok());
  CHECK_FALSE(info->serves_store);
  CHECK_EQ(info->store.component_type, "rule");
}
