// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file.hpp"

#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mnemo {

/// The queries that are being evaluated, in a file that outlives a killed process: Prometheus'
/// `queries.active`, "[" and a slot of 1,000 bytes a query, `{"query":...,"timestamp_sec":...}`
/// with a comma as its last byte, zeros where there is none. A slot is a write of the whole, so
/// that a query costs two of them and a full disk costs nothing but the entry.
///
/// Thread-safe. Must outlive its entries.
class ActiveQueries {
 public:
  /// Creates `folder` and the file in it anew, with room for `max_queries`.
  /// Errors: those of files.
  static Result<std::unique_ptr<ActiveQueries>> open(const std::filesystem::path& folder,
                                                     size_t max_queries);

  /// A JSON array of the queries that the last run left unfinished; empty when there were none.
  const std::string& unfinished() const { return unfinished_; }

  /// A query's place in the file, given up by its destructor.
  class Entry {
   public:
    Entry(ActiveQueries* owner, size_t slot) : owner_(owner), slot_(slot) {}
    Entry(Entry&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), slot_(other.slot_) {}
    Entry& operator=(Entry&&) = delete;
    ~Entry() {
      if (owner_ != nullptr) owner_->remove(slot_);
    }

   private:
    ActiveQueries* owner_;  // null: none was free
    size_t slot_;
  };

  /// Notes a query that began at a time in seconds; what is too long for a slot is cut off.
  [[nodiscard]] Entry insert(std::string_view query, int64_t time);

 private:
  ActiveQueries(FileDescriptor file, std::string unfinished, size_t max_queries);

  void write(size_t slot, std::string_view content) const;
  void remove(size_t slot);

  FileDescriptor file_;
  std::string unfinished_;
  std::mutex mutex_;
  std::vector<size_t> free_;  // slots, the lowest last
};

}  // namespace mnemo
