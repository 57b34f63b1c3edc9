// SPDX-License-Identifier: Apache-2.0
#include "cache/cache.hpp"

#include <utility>

namespace mnemo::cache {
namespace {

class LeveledCache final : public Cache {
 public:
  LeveledCache(std::vector<std::shared_ptr<Cache>> levels, Ttl promotion_ttl)
      : levels_(std::move(levels)), promotion_ttl_(promotion_ttl) {}

  std::vector<std::optional<Bytes>> fetch(const Context& context,
                                          std::span<const std::string> keys) override {
    std::vector<std::optional<Bytes>> found(keys.size());
    std::vector<size_t> missing(keys.size());
    for (size_t i = 0; i < keys.size(); ++i) missing[i] = i;
    for (size_t level = 0; level < levels_.size() && !missing.empty(); ++level) {
      std::vector<std::string> wanted;
      wanted.reserve(missing.size());
      for (size_t i : missing) wanted.push_back(keys[i]);
      auto values = levels_[level]->fetch(context, wanted);
      std::vector<size_t> still_missing;
      for (size_t j = 0; j < missing.size(); ++j) {
        if (!values[j]) {
          still_missing.push_back(missing[j]);
          continue;
        }
        promote(level, wanted[j], *values[j]);
        found[missing[j]] = std::move(values[j]);
      }
      missing = std::move(still_missing);
    }
    return found;
  }

  void store(const std::string& key, const Bytes& value, Ttl ttl) override {
    for (const auto& level : levels_) level->store(key, value, ttl);
  }

  void flush() override {
    for (const auto& level : levels_) level->flush();
  }

 private:
  void promote(size_t from, const std::string& key, const Bytes& value) {
    for (size_t level = 0; level < from; ++level) levels_[level]->store(key, value, promotion_ttl_);
  }

  std::vector<std::shared_ptr<Cache>> levels_;
  Ttl promotion_ttl_;
};

}  // namespace

std::shared_ptr<Cache> make_leveled_cache(std::vector<std::shared_ptr<Cache>> levels,
                                          Ttl promotion_ttl) {
  return std::make_shared<LeveledCache>(std::move(levels), promotion_ttl);
}

}  // namespace mnemo::cache
