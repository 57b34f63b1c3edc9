// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rpc/server_call.hpp"
#include "rpc/service.hpp"

#include <mnemo/store.hpp>

#include <functional>
#include <memory>
#include <string>

namespace mnemo::rpc {

/// thanos.Store/Series over a store.
std::unique_ptr<Answer> make_series_answer(std::shared_ptr<Store> store);

/// A call with one message as answer.
using UnaryMethod = std::function<Result<std::string>(const Context&, const Bytes& request)>;
std::unique_ptr<Answer> make_unary_answer(UnaryMethod method);

std::unique_ptr<Answer> make_list_answer(ListMethod method);

/// The methods with one answer.
UnaryMethod label_names_method(std::shared_ptr<Store> store);
UnaryMethod label_values_method(std::shared_ptr<Store> store);
UnaryMethod info_method(std::shared_ptr<Store> store, std::function<bool()> ready,
                        EndpointApis apis);
UnaryMethod health_method(std::function<bool()> ready);

}  // namespace mnemo::rpc
