// SPDX-License-Identifier: Apache-2.0
#include "objstore/caching_bucket.hpp"

#include "base/varint.hpp"
#include "objstore/subranges.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace mnemo {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kYes = "true";
constexpr std::string_view kNo = "false";

/// ".../chunks/" and digits.
bool is_segment(std::string_view name) {
  auto slash = name.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == name.size()) return false;
  auto file = name.substr(slash + 1);
  return name.substr(0, slash).ends_with("/chunks") &&
         std::all_of(file.begin(), file.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_meta_file(std::string_view name) {
  return name.ends_with("/meta.json") || name.ends_with("/deletion-mark.json");
}

std::string pack(const ObjectAttributes& attributes) {
  std::string packed;
  append_be64(packed, attributes.size);
  append_be64(packed, static_cast<uint64_t>(attributes.last_modified_ms));
  return packed;
}

std::optional<ObjectAttributes> unpack(const Bytes& packed) {
  ByteReader reader(packed);
  ObjectAttributes attributes;
  attributes.size = reader.be64();
  attributes.last_modified_ms = static_cast<int64_t>(reader.be64());
  if (reader.failed() || !reader.done()) return std::nullopt;
  return attributes;
}

void append_entry(std::string& packed, const BucketEntry& entry) {
  append_uvarint(packed, entry.name.size());
  packed += entry.name;
  packed.push_back(entry.is_folder ? 1 : 0);
  packed += pack(entry.attributes);
}

std::optional<std::vector<BucketEntry>> unpack_listing(const Bytes& packed) {
  std::vector<BucketEntry> entries;
  ByteReader reader(packed);
  while (!reader.done()) {
    BucketEntry entry;
    entry.name = std::string(reader.uvarint_string());
    entry.is_folder = reader.u8() != 0;
    entry.attributes.size = reader.be64();
    entry.attributes.last_modified_ms = static_cast<int64_t>(reader.be64());
    entries.push_back(std::move(entry));
  }
  if (reader.failed()) return std::nullopt;
  return entries;
}

Status cached_not_found(std::string_view name) {
  return Status::not_found(std::string(name) + ": object not found");
}

/// Counts the calls that one part of the configuration answers.
struct CallMetrics {
  Counter* requests = nullptr;
  Counter* hits = nullptr;

  void request() const {
    if (requests != nullptr) requests->increment();
  }
  void hit(double part = 1) const {
    if (hits != nullptr) hits->increment(part);
  }
};

class CachingBucket final : public Bucket {
 public:
  CachingBucket(std::shared_ptr<Bucket> bucket, CachingBucketOptions options)
      : bucket_(std::move(bucket)), options_(std::move(options)), cache_(*options_.cache) {
    options_.chunk_subrange_size = std::max<uint64_t>(options_.chunk_subrange_size, 1);
    iter_ = register_call("iter", "blocks-iter");
    get_ = register_call("get", "meta.jsons");
    exists_ = register_call("exists", "meta.jsons");
    attributes_ = register_call("attributes", "chunks");
    get_range_ = register_call("get_range", "chunks");
    if (options_.metrics == nullptr) return;
    auto bytes = [&](const char* what, const char* help, Metrics::LabelMap labels) {
      labels.emplace("config", "chunks");
      return &options_.metrics->counter(
          std::string("thanos_store_bucket_cache_getrange_") + what + "_bytes_total", help, labels);
    };
    constexpr char kFetched[] =
        "Total number of bytes fetched because of GetRange operation. Data from bucket is then "
        "stored to cache.";
    requested_ = bytes("requested", "Total number of bytes requested via GetRange.", {});
    from_cache_ = bytes("fetched", kFetched, {{"origin", "cache"}});
    from_bucket_ = bytes("fetched", kFetched, {{"origin", "bucket"}});
    refetched_ = bytes("refetched",
                       "Total number of bytes re-fetched from storage because of GetRange "
                       "operation, despite being in cache already.",
                       {{"origin", "cache"}});
  }

  std::string name() const override { return "caching: " + bucket_->name(); }

  Status list(const Context& context, std::string_view prefix, bool recursive,
              const std::function<Status(const BucketEntry&)>& visit) override {
    if (!prefix.empty()) return bucket_->list(context, prefix, recursive, visit);
    iter_.request();
    auto key = key_of(recursive ? "iter-recursive" : "iter", "");
    if (auto packed = fetch(context, key)) {
      if (auto entries = unpack_listing(*packed)) {
        iter_.hit();
        for (const auto& entry : *entries) MNEMO_RETURN_IF_ERROR(visit(entry));
        return {};
      }
    }
    auto start = Clock::now();
    uint64_t changes = changes_;
    std::string packed;
    MNEMO_RETURN_IF_ERROR(bucket_->list(context, prefix, recursive, [&](const BucketEntry& entry) {
      append_entry(packed, entry);
      return visit(entry);
    }));
    if (changes == changes_) {
      store_for_rest(key, Bytes::own(std::move(packed)), options_.blocks_iter_ttl, start);
    }
    return {};
  }

  Result<Bytes> get(const Context& context, std::string_view name, uint64_t max_bytes) override {
    if (!is_meta_file(name)) return bucket_->get(context, name, max_bytes);
    get_.request();
    const std::string keys[] = {key_of("content", name), key_of("exists", name)};
    auto found = cache_.fetch(context, keys);
    if (found[0] && !found[0]->empty() && found[0]->size() <= max_bytes) {
      get_.hit();
      return *found[0];
    }
    if (found[1] && found[1]->as_string() == kNo) {
      get_.hit();
      return cached_not_found(name);
    }
    auto start = Clock::now();
    auto content = bucket_->get(context, name, max_bytes);
    if (content.ok()) {
      store_existence(keys[1], true, start);
      if (content->size() <= options_.metafile_max_size) {
        store_for_rest(keys[0], *content, options_.metafile_content_ttl, start);
      }
    } else if (content.status().code() == Code::kNotFound) {
      store_existence(keys[1], false, start);
    }
    return content;
  }

  Result<Bytes> get_range(const Context& context, std::string_view name, uint64_t offset,
                          uint64_t length) override {
    if (!is_segment(name) || length == 0) return bucket_->get_range(context, name, offset, length);
    get_range_.request();
    if (requested_ != nullptr) requested_->increment(static_cast<double>(length));
    MNEMO_TRY(auto attributes, segment_attributes(context, name));
    if (offset >= attributes.size) return bucket_->get_range(context, name, offset, length);
    auto pieces =
        Subranges::covering(offset, length, options_.chunk_subrange_size, attributes.size);
    MNEMO_TRY(auto content, fetch_pieces(context, name, pieces));
    std::string joined;
    uint64_t end = offset + std::min(length, attributes.size - offset);
    joined.reserve(end - offset);
    for (size_t i = 0; i < pieces.count; ++i) {
      uint64_t from = std::max(offset, pieces.begin_of(i)) - pieces.begin_of(i);
      uint64_t to = std::min(end, pieces.end_of(i)) - pieces.begin_of(i);
      joined += content[i].as_string().substr(from, to - from);
    }
    return Bytes::own(std::move(joined));
  }

  Result<ObjectAttributes> attributes(const Context& context, std::string_view name) override {
    if (is_segment(name)) return segment_attributes(context, name);
    if (!is_meta_file(name)) return bucket_->attributes(context, name);
    // Asked for only to learn whether the object exists; that it does is told with its attributes.
    exists_.request();
    auto key = key_of("exists", name);
    if (auto known = fetch(context, key); known && known->as_string() == kNo) {
      exists_.hit();
      return cached_not_found(name);
    }
    auto start = Clock::now();
    auto found = bucket_->attributes(context, name);
    if (found.ok() || found.status().code() == Code::kNotFound) {
      store_existence(key, found.ok(), start);
    }
    return found;
  }

  Status put(const Context& context, std::string_view name, Bytes data) override {
    auto status = bucket_->put(context, name, std::move(data));
    forget(name);
    return status;
  }

  Status put_file(const Context& context, std::string_view name,
                  const std::filesystem::path& file) override {
    auto status = bucket_->put_file(context, name, file);
    forget(name);
    return status;
  }

  Status remove(const Context& context, std::string_view name) override {
    auto status = bucket_->remove(context, name);
    forget(name);
    return status;
  }

 private:
  std::string key_of(std::string_view verb, std::string_view name) const {
    return std::string(verb) + ":" + options_.bucket_id + ":" + std::string(name);
  }

  CallMetrics register_call(const char* operation, const char* config) {
    if (options_.metrics == nullptr) return {};
    Metrics::LabelMap labels = {{"operation", operation}, {"config", config}};
    return {
        &options_.metrics->counter("thanos_store_bucket_cache_operation_requests_total",
                                   "Number of requested operations matching given config.", labels),
        &options_.metrics->counter("thanos_store_bucket_cache_operation_hits_total",
                                   "Number of operations served from cache for given config.",
                                   labels)};
  }

  std::optional<Bytes> fetch(const Context& context, const std::string& key) {
    return std::move(cache_.fetch(context, {&key, 1})[0]);
  }

  /// Stores what was true at `start`.
  void store_for_rest(const std::string& key, const Bytes& value, cache::Ttl ttl,
                      Clock::time_point start) {
    auto rest = ttl - std::chrono::duration_cast<cache::Ttl>(Clock::now() - start);
    if (rest.count() > 0) cache_.store(key, value, rest);
  }

  void store_existence(const std::string& key, bool exists, Clock::time_point start) {
    store_for_rest(key, Bytes::copy_of(exists ? kYes : kNo),
                   exists ? options_.metafile_exists_ttl : options_.metafile_doesnt_exist_ttl,
                   start);
  }

  /// An empty value of no time to live takes the place of what was kept.
  void forget(std::string_view name) {
    ++changes_;
    constexpr cache::Ttl kNone{0};
    for (const char* verb : {"iter", "iter-recursive"}) {
      cache_.store(key_of(verb, ""), Bytes(), kNone);
    }
    for (const char* verb : {"content", "exists", "attrs"}) {
      cache_.store(key_of(verb, name), Bytes(), kNone);
    }
  }

  Result<ObjectAttributes> segment_attributes(const Context& context, std::string_view name) {
    attributes_.request();
    auto key = key_of("attrs", name);
    if (auto packed = fetch(context, key)) {
      if (auto known = unpack(*packed)) {
        attributes_.hit();
        return *known;
      }
    }
    MNEMO_TRY(auto found, bucket_->attributes(context, name));
    cache_.store(key, Bytes::own(pack(found)), options_.chunk_object_attrs_ttl);
    return found;
  }

  Result<std::vector<Bytes>> fetch_pieces(const Context& context, std::string_view name,
                                          const Subranges& pieces) {
    std::vector<std::string> keys;
    keys.reserve(pieces.count);
    for (size_t i = 0; i < pieces.count; ++i) {
      keys.push_back(key_of("subrange", name) + ":" + std::to_string(pieces.begin_of(i)) + ":" +
                     std::to_string(pieces.end_of(i)));
    }
    auto found = cache_.fetch(context, keys);
    std::vector<Bytes> content(pieces.count);
    std::vector<size_t> missing;
    uint64_t cached_bytes = 0;
    for (size_t i = 0; i < pieces.count; ++i) {
      bool is_whole = found[i] && found[i]->size() == pieces.end_of(i) - pieces.begin_of(i);
      if (!is_whole) {
        missing.push_back(i);
        continue;
      }
      cached_bytes += found[i]->size();
      content[i] = *std::move(found[i]);
    }
    if (from_cache_ != nullptr) from_cache_->increment(static_cast<double>(cached_bytes));
    get_range_.hit(1 - static_cast<double>(missing.size()) / static_cast<double>(pieces.count));
    auto runs = group_subranges(missing, options_.max_chunks_get_range_requests);
    auto read_run = [&](size_t i) {
      return read_pieces(context, name, pieces, runs[i], keys, content);
    };
    if (runs.size() == 1 || !options_.executor) {
      for (size_t i = 0; i < runs.size(); ++i) MNEMO_RETURN_IF_ERROR(read_run(i));
    } else {
      MNEMO_RETURN_IF_ERROR(parallel_for(context, *options_.executor, runs.size(), read_run));
    }
    return content;
  }

  Status read_pieces(const Context& context, std::string_view name, const Subranges& pieces,
                     const SubrangeRun& run, const std::vector<std::string>& keys,
                     std::vector<Bytes>& content) {
    uint64_t begin = pieces.begin_of(run.first);
    uint64_t length = pieces.end_of(run.last - 1) - begin;
    MNEMO_TRY(auto bytes, bucket_->get_range(context, name, begin, length));
    if (bytes.size() != length) {
      return Status::unavailable(std::string(name) + ": got " + std::to_string(bytes.size()) +
                                 " of " + std::to_string(length) + " bytes from offset " +
                                 std::to_string(begin));
    }
    for (size_t i = run.first; i < run.last; ++i) {
      uint64_t size = pieces.end_of(i) - pieces.begin_of(i);
      if (!content[i].empty()) {
        if (refetched_ != nullptr) refetched_->increment(static_cast<double>(size));
        continue;
      }
      if (from_bucket_ != nullptr) from_bucket_->increment(static_cast<double>(size));
      content[i] = bytes.slice(pieces.begin_of(i) - begin, size);
      cache_.store(keys[i], content[i], options_.chunk_subrange_ttl);
    }
    return {};
  }

  std::shared_ptr<Bucket> bucket_;
  CachingBucketOptions options_;
  cache::Cache& cache_;
  std::atomic<uint64_t> changes_{0};
  CallMetrics iter_;
  CallMetrics get_;
  CallMetrics exists_;
  CallMetrics attributes_;
  CallMetrics get_range_;
  Counter* requested_ = nullptr;
  Counter* from_cache_ = nullptr;
  Counter* from_bucket_ = nullptr;
  Counter* refetched_ = nullptr;
};

}  // namespace

std::shared_ptr<Bucket> make_caching_bucket(std::shared_ptr<Bucket> bucket,
                                            CachingBucketOptions options) {
  return std::make_shared<CachingBucket>(std::move(bucket), std::move(options));
}

}  // namespace mnemo
