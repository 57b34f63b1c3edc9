// SPDX-License-Identifier: Apache-2.0
#include "grpc_log.hpp"

#include <grpc/support/log.h>

#include <mutex>
#include <utility>

namespace mnemo::tools {
namespace {

// gRPC takes a bare function for the whole process.
std::mutex g_mutex;
std::shared_ptr<Logger>& target() {
  static auto* logger = new std::shared_ptr<Logger>();  // gRPC's threads may outlive main
  return *logger;
}

void pass_on(gpr_log_func_args* entry) {
  std::shared_ptr<Logger> logger;
  {
    std::lock_guard lock(g_mutex);
    logger = target();
  }
  if (logger) logger->warn("gRPC", {{"err", entry->message}});
}

}  // namespace

void log_grpc_errors(std::shared_ptr<Logger> logger) {
  {
    std::lock_guard lock(g_mutex);
    target() = std::move(logger);
  }
  gpr_set_log_function(&pass_on);
}

}  // namespace mnemo::tools
