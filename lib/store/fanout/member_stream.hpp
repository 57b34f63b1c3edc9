// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mnemo/context.hpp>
#include <mnemo/metrics.hpp>
#include <mnemo/store.hpp>

#include "store/fanout/fanout_store.hpp"

#include <memory>

namespace mnemo {

/// The series of one member of a fan-out, read ahead on the executor. Does what the member can't
/// (sharding, leaving out replica labels), and turns its failure into a warning where the request
/// allows. `empty_responses` (may be null) counts streams without a series.
std::unique_ptr<SeriesStream> open_member_stream(const Context& context, FanoutMember member,
                                                 const SeriesRequest& request,
                                                 const FanoutOptions& options,
                                                 Counter* empty_responses);

}  // namespace mnemo
