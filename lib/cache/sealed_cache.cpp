// SPDX-License-Identifier: Apache-2.0
#include "cache/sealed_cache.hpp"

#include "base/varint.hpp"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace mnemo::cache {
namespace {

// The digit is the version of what is kept; another one misses what this one kept.
constexpr std::string_view kKeyPrefix = "mnemo1:";
constexpr std::string_view kMagic = "MNC1";
constexpr size_t kSealSize = kMagic.size() + sizeof(uint64_t);
/// memcached takes 250 bytes, of which a prefix of the server's own may take some.
constexpr size_t kMaxPlainKey = 180;

uint64_t checksum(std::string_view key, std::string_view value) {
  return XXH3_64bits_withSeed(value.data(), value.size(), XXH3_64bits(key.data(), key.size()));
}

Bytes seal(const std::string& key, const Bytes& value) {
  std::string sealed(kMagic);
  sealed.reserve(kSealSize + value.size());
  append_be64(sealed, checksum(key, value.as_string()));
  sealed.append(value.as_string());
  return Bytes::own(std::move(sealed));
}

std::optional<Bytes> unseal(const std::string& key, const Bytes& sealed) {
  if (sealed.size() < kSealSize || !sealed.as_string().starts_with(kMagic)) return std::nullopt;
  auto value = sealed.slice(kSealSize, sealed.size() - kSealSize);
  bool is_right = load_be64(sealed.data() + kMagic.size()) == checksum(key, value.as_string());
  return is_right ? std::optional(value) : std::nullopt;
}

class SealedCache final : public Cache {
 public:
  explicit SealedCache(std::shared_ptr<Cache> cache) : cache_(std::move(cache)) {}

  std::vector<std::optional<Bytes>> fetch(const Context& context,
                                          std::span<const std::string> keys) override {
    std::vector<std::string> wanted;
    wanted.reserve(keys.size());
    for (const auto& key : keys) wanted.push_back(sealed_key(key));
    auto found = cache_->fetch(context, wanted);
    for (size_t i = 0; i < keys.size(); ++i) {
      if (found[i]) found[i] = unseal(keys[i], *found[i]);
    }
    return found;
  }

  void store(const std::string& key, const Bytes& value, Ttl ttl) override {
    cache_->store(sealed_key(key), seal(key, value), ttl);
  }

  void flush() override { cache_->flush(); }

 private:
  std::shared_ptr<Cache> cache_;
};

}  // namespace

std::string sealed_key(const std::string& key) {
  bool is_plain = key.size() <= kMaxPlainKey &&
                  std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (is_plain) return std::string(kKeyPrefix) + key;
  auto hash = XXH3_128bits(key.data(), key.size());
  return fmt::format("{}#{:016x}{:016x}", kKeyPrefix, hash.high64, hash.low64);
}

std::shared_ptr<Cache> make_sealed_cache(std::shared_ptr<Cache> cache) {
  return std::make_shared<SealedCache>(std::move(cache));
}

}  // namespace mnemo::cache
