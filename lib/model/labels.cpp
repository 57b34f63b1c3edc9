// SPDX-License-Identifier: Apache-2.0
#include <mnemo/labels.hpp>

#include "base/quote.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cstring>

namespace mnemo {
namespace {

constexpr uint8_t kLongMark = 0xff;

void append_text(std::string& out, std::string_view text) {
  if (text.size() < kLongMark) {
    out += static_cast<char>(text.size());
  } else {
    auto size = static_cast<uint32_t>(text.size());
    char length[5];
    length[0] = static_cast<char>(kLongMark);
    std::memcpy(length + 1, &size, sizeof(size));
    out.append(length, sizeof(length));
  }
  out += text;
}

/// Reads one text at `rest[used]` and moves `used` past it.
std::string_view read_text(std::string_view rest, size_t& used) {
  auto first = static_cast<uint8_t>(rest[used++]);
  uint32_t size = first;
  if (first == kLongMark) {
    std::memcpy(&size, rest.data() + used, sizeof(size));
    used += sizeof(size);
  }
  auto text = rest.substr(used, size);
  used += size;
  return text;
}

bool name_less(const std::pair<std::string, std::string>& pair, std::string_view name) {
  return pair.first < name;
}

}  // namespace

void Labels::Iterator::decode() {
  if (rest_.empty()) return;
  used_ = 0;
  label_.name = read_text(rest_, used_);
  label_.value = read_text(rest_, used_);
}

Labels::Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> pairs) {
  LabelsBuilder builder;
  for (const auto& [name, value] : pairs) builder.set(name, value);
  *this = builder.build();
}

Labels Labels::from_pairs(std::vector<std::pair<std::string, std::string>> pairs) {
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  LabelsAppender appender;
  for (size_t i = 0; i < pairs.size(); ++i) {
    bool overridden = i + 1 < pairs.size() && pairs[i + 1].first == pairs[i].first;
    if (!overridden && !pairs[i].second.empty()) appender.append(pairs[i].first, pairs[i].second);
  }
  return appender.take();
}

size_t Labels::size() const { return static_cast<size_t>(std::distance(begin(), end())); }

std::string_view Labels::get(std::string_view name) const {
  for (auto it = begin(); it != end(); ++it) {
    if (it->name == name) return it->value;
    if (it->name > name) break;
  }
  return {};
}

bool Labels::has(std::string_view name) const { return !get(name).empty(); }

uint64_t Labels::hash() const { return XXH3_64bits(encoded_.data(), encoded_.size()); }

std::string Labels::to_string() const {
  std::string text = "{";
  for (const auto& label : *this) {
    if (text.size() > 1) text += ", ";
    if (is_legacy_label_name(label.name)) {
      text += label.name;
    } else {
      append_go_quoted(text, label.name);
    }
    text += '=';
    append_go_quoted(text, label.value);
  }
  text += '}';
  return text;
}

std::strong_ordering operator<=>(const Labels& a, const Labels& b) {
  if (a == b) return std::strong_ordering::equal;
  auto x = a.begin();
  auto y = b.begin();
  for (; x != a.end() && y != b.end(); ++x, ++y) {
    if (auto order = *x <=> *y; order != 0) return order;
  }
  if (x != a.end()) return std::strong_ordering::greater;
  return y != b.end() ? std::strong_ordering::less : std::strong_ordering::equal;
}

void LabelsAppender::append(std::string_view name, std::string_view value) {
  append_text(labels_.encoded_, name);
  append_text(labels_.encoded_, value);
}

void LabelsBuilder::reset(const Labels& base) {
  pairs_.clear();
  for (const auto& label : base) pairs_.emplace_back(label.name, label.value);
}

LabelsBuilder& LabelsBuilder::set(std::string_view name, std::string_view value) {
  if (value.empty()) return remove(name);
  auto at = std::lower_bound(pairs_.begin(), pairs_.end(), name, name_less);
  if (at != pairs_.end() && at->first == name) {
    at->second = value;
  } else {
    pairs_.emplace(at, name, value);
  }
  return *this;
}

LabelsBuilder& LabelsBuilder::remove(std::string_view name) {
  auto at = std::lower_bound(pairs_.begin(), pairs_.end(), name, name_less);
  if (at != pairs_.end() && at->first == name) pairs_.erase(at);
  return *this;
}

LabelsBuilder& LabelsBuilder::keep_only(const std::vector<std::string>& names) {
  std::erase_if(pairs_, [&](const auto& pair) {
    return std::find(names.begin(), names.end(), pair.first) == names.end();
  });
  return *this;
}

std::string_view LabelsBuilder::get(std::string_view name) const {
  auto at = std::lower_bound(pairs_.begin(), pairs_.end(), name, name_less);
  return at != pairs_.end() && at->first == name ? std::string_view(at->second)
                                                 : std::string_view();
}

Labels LabelsBuilder::build() const {
  LabelsAppender appender;
  for (const auto& [name, value] : pairs_) appender.append(name, value);
  return appender.take();
}

Labels with_external_labels(const Labels& labels, const Labels& external) {
  if (external.empty()) return labels;
  LabelsAppender appender;
  appender.reserve(labels.memory_bytes() + external.memory_bytes());
  auto x = labels.begin();
  auto y = external.begin();
  while (x != labels.end() || y != external.end()) {
    if (y == external.end() || (x != labels.end() && x->name < y->name)) {
      appender.append(x->name, x->value);
      ++x;
      continue;
    }
    if (x != labels.end() && x->name == y->name) ++x;
    appender.append(y->name, y->value);
    ++y;
  }
  return appender.take();
}

Labels without_labels(const Labels& labels, const std::vector<std::string>& names) {
  LabelsAppender appender;
  for (const auto& label : labels) {
    if (std::find(names.begin(), names.end(), label.name) == names.end()) {
      appender.append(label.name, label.value);
    }
  }
  return appender.take();
}

bool is_legacy_label_name(std::string_view name) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (name.empty() || !letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace mnemo
