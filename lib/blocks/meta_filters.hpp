// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "blocks/meta_fetcher.hpp"

#include <chrono>
#include <functional>

namespace mnemo {

/// The filters of a `MetaFetcher`, to be put together as a component needs them. Each may be used
/// by one fetcher. They do as Thanos' filters of the same purpose.

/// Keeps blocks that overlap the range, which is asked for at each fetch (it may be relative to
/// now).
MetaFilter time_partition(std::function<TimeRange()> range);

/// Takes out blocks that were uploaded (or, where that isn't known, made) less than `delay` ago,
/// unless a compactor or a repair made them: object storage that is only eventually consistent may
/// not show all of their objects yet.
MetaFilter consistency_delay(std::chrono::milliseconds delay, WallClock clock = {});

/// Takes out blocks that were made from nothing that another block of the same labels and
/// resolution was not made from as well: compaction has replaced them. Of equal ones the oldest
/// stays.
MetaFilter deduplicate();

/// Takes out blocks that were marked for deletion more than `delay` ago, and puts all deletion
/// marks in the view. Requests: a get for each mark that is new.
MetaFilter ignore_deletion_marks(std::shared_ptr<Bucket> bucket, std::chrono::milliseconds delay,
                                 MetaFetcherOptions requests = {}, WallClock clock = {});

}  // namespace mnemo
