// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/store.hpp>

#include <functional>
#include <memory>

namespace mnemo {

/// Hands `source` on; its failure becomes a warning and the end of the stream under
/// PartialResponse::kWarn, except for the end of `context`, which stays a failure.
/// `on_failure` (may be null) hears of every failure of the source.
std::unique_ptr<SeriesStream> make_partial_stream(
    const Context& context, std::unique_ptr<SeriesStream> source, PartialResponse partial_response,
    std::function<void(const Status&)> on_failure = nullptr);

}  // namespace mnemo
