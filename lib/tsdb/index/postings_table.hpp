// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/varint.hpp"
#include "tsdb/index/format.hpp"

#include <mnemo/bytes.hpp>
#include <mnemo/status.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mnemo::tsdb {

/// Where the postings of one label pair lie in the index file.
struct PostingsEntry {
  std::string_view value;
  uint64_t offset = 0;
  /// The offset of the list of the next entry; 0 for the last entry or where lists aren't in the
  /// order of the table. A list ends no later than there.
  uint64_t next_offset = 0;
};

/// The postings offset table of an index: for each label name its values, for each value where its
/// postings are. The pair of empty name and empty value stands for all series.
///
/// Thread-safe for const use. Ownership: keeps its bytes alive; the views it gives live as long.
/// Memory: about 4 bytes for 32 entries and 48 a label name, and a copy of a table of version 1
/// that isn't in order; a lookup allocates nothing.
class PostingsTable {
 public:
  PostingsTable() = default;

  /// Checks the table's CRC and order. `section` begins at the table's length field and may go on
  /// after the table; `offset` is where it lies in the index file. Errors: DataLoss.
  static Result<PostingsTable> open(const Bytes& section, uint64_t offset,
                                    IndexVersion version = IndexVersion::kV2);

  /// The label names, sorted; the empty name of "all series" left out.
  std::vector<std::string_view> names() const;

  size_t value_count(std::string_view name) const;

  using Visit = std::function<void(const PostingsEntry&)>;

  /// Calls `visit` for each value of `name` that begins with `prefix`, in order; does nothing for
  /// an unknown name.
  void for_each(std::string_view name, std::string_view prefix, const Visit& visit) const;

  /// Calls `visit` for each of the sorted `values` that `name` has: one walk over the table.
  void find_each(std::string_view name, std::span<const std::string> values,
                 const Visit& visit) const;

  std::optional<PostingsEntry> find(std::string_view name, std::string_view value) const;
  std::optional<PostingsEntry> all_series() const { return find({}, {}); }

  size_t size() const { return count_; }

 private:
  struct Name {
    std::string_view name;
    size_t count = 0;
    std::vector<uint32_t> sample_offsets;  // of every 32nd entry
  };

  /// A place in the entries of one name.
  struct Place {
    size_t entry = 0;
    ByteReader reader;
  };

  const Name* find_name(std::string_view name) const;
  ByteReader start_of(const Name& name) const;
  /// The first entry at `from` or behind it that isn't below `value`.
  Place seek(const Name& name, const Place& from, std::string_view value) const;

  Bytes content_;
  std::vector<Name> names_;
  size_t count_ = 0;
};

}  // namespace mnemo::tsdb
