// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mnemo {

/// Immutable bytes and what keeps them alive: a mapped file, a heap buffer, or nothing (static).
///
/// A value type, cheap to copy; copies share the owner. Any number of threads may read one buffer.
class Bytes {
 public:
  Bytes() = default;

  /// A view of `data`; `owner` keeps it alive, and may be null when the caller guarantees that.
  Bytes(std::span<const uint8_t> data, std::shared_ptr<const void> owner)
      : data_(data), owner_(std::move(owner)) {}

  /// Takes over the contents of `data`.
  static Bytes own(std::string data) {
    auto owner = std::make_shared<const std::string>(std::move(data));
    return {{reinterpret_cast<const uint8_t*>(owner->data()), owner->size()}, owner};
  }

  static Bytes copy_of(std::string_view data) { return own(std::string(data)); }

  const uint8_t* data() const { return data_.data(); }
  size_t size() const { return data_.size(); }
  bool empty() const { return data_.empty(); }
  uint8_t operator[](size_t i) const { return data_[i]; }
  std::span<const uint8_t> span() const { return data_; }
  operator std::span<const uint8_t>() const {
    return data_;
  }  // NOLINT(google-explicit-constructor)
  std::string_view as_string() const {
    return {reinterpret_cast<const char*>(data_.data()), data_.size()};
  }

  /// `count` bytes from `offset`, sharing the owner. REQUIRES: offset + count <= size().
  Bytes slice(size_t offset, size_t count) const {
    assert(offset <= size() && count <= size() - offset);
    return {data_.subspan(offset, count), owner_};
  }

  const std::shared_ptr<const void>& owner() const { return owner_; }

  friend bool operator==(const Bytes& a, const Bytes& b) { return a.as_string() == b.as_string(); }

 private:
  std::span<const uint8_t> data_;
  std::shared_ptr<const void> owner_;
};

}  // namespace mnemo
