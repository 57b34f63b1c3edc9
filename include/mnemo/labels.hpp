// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mnemo {

inline constexpr std::string_view kMetricName = "__name__";

/// One label: borrowed from the `Labels` it came from.
struct LabelView {
  std::string_view name;
  std::string_view value;
  friend auto operator<=>(const LabelView&, const LabelView&) = default;
};

/// The labels that identify a series: pairs of name and value, sorted by name, each name once, no
/// value empty (an empty value means the label is absent).
///
/// A value type in one allocation (none when short). Thread-compatible. Orders as Prometheus does:
/// label by label, name before value, and a prefix before what extends it.
class Labels {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = LabelView;
    using difference_type = std::ptrdiff_t;
    using pointer = const LabelView*;
    using reference = const LabelView&;

    Iterator() = default;
    explicit Iterator(std::string_view rest) : rest_(rest) { decode(); }
    const LabelView& operator*() const { return label_; }
    const LabelView* operator->() const { return &label_; }
    Iterator& operator++() {
      rest_.remove_prefix(used_);
      decode();
      return *this;
    }
    Iterator operator++(int) {
      auto old = *this;
      ++*this;
      return old;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.rest_.size() == b.rest_.size();
    }

   private:
    void decode();
    std::string_view rest_;
    size_t used_ = 0;
    LabelView label_;
  };

  Labels() = default;

  /// From pairs in any order; of equal names the last wins, and empty values are left out.
  Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs);
  static Labels from_pairs(std::vector<std::pair<std::string, std::string>> pairs);

  Iterator begin() const { return Iterator(encoded_); }
  Iterator end() const { return Iterator(std::string_view()); }
  bool empty() const { return encoded_.empty(); }
  size_t size() const;

  /// The value of `name`, empty where the label is absent; valid while this object is unchanged.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;

  /// A hash of names and values; equal labels hash equally within one process.
  uint64_t hash() const;

  /// As Prometheus prints them: `{__name__="up", job="api"}` (names quoted where they must be).
  std::string to_string() const;

  size_t memory_bytes() const { return sizeof(*this) + encoded_.capacity(); }

  friend bool operator==(const Labels&, const Labels&) = default;
  friend std::strong_ordering operator<=>(const Labels& a, const Labels& b);

 private:
  friend class LabelsBuilder;
  friend class LabelsAppender;
  // Per label: name and value, each with its length before it (one byte below 255, else 0xff and
  // four bytes, little-endian).
  std::string encoded_;
};

/// Builds `Labels` from labels that already come sorted, without a detour. Reusable.
class LabelsAppender {
 public:
  /// REQUIRES: `name` sorts after what was appended before; `value` is not empty.
  void append(std::string_view name, std::string_view value);
  void clear() { labels_.encoded_.clear(); }
  /// Makes room for labels of so many `Labels::memory_bytes`.
  void reserve(size_t bytes) { labels_.encoded_.reserve(bytes); }
  const Labels& labels() const { return labels_; }
  Labels take() { return std::exchange(labels_, {}); }

 private:
  Labels labels_;
};

/// Changes labels: starts from some, sets and removes. Reusable; thread-compatible.
class LabelsBuilder {
 public:
  LabelsBuilder() = default;
  explicit LabelsBuilder(const Labels& base) { reset(base); }

  void reset(const Labels& base);
  /// An empty value removes the label.
  LabelsBuilder& set(std::string_view name, std::string_view value);
  LabelsBuilder& remove(std::string_view name);
  LabelsBuilder& keep_only(const std::vector<std::string>& names);
  std::string_view get(std::string_view name) const;
  Labels build() const;

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;  // sorted by name
};

/// `labels` with every label of `external` set over it (external labels win).
Labels with_external_labels(const Labels& labels, const Labels& external);

/// `labels` less the named ones. `names` need not be sorted.
Labels without_labels(const Labels& labels, const std::vector<std::string>& names);

/// Whether `name` is one of the classic kind: [a-zA-Z_][a-zA-Z0-9_]*.
bool is_legacy_label_name(std::string_view name);

struct LabelsHash {
  size_t operator()(const Labels& labels) const { return labels.hash(); }
};

}  // namespace mnemo
