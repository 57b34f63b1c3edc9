// SPDX-License-Identifier: Apache-2.0
// Whatever state cache servers are in, a store over them answers as one without caches.
#include "objstore/caching_bucket_config.hpp"
#include "store/bucket/index_cache_config.hpp"
#include "support/cache_servers.hpp"
#include "support/golden_bucket.hpp"
#include "support/rounds.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

using namespace mnemo;
using namespace mnemo::testing;

namespace {

constexpr CacheServerKind kKinds[] = {CacheServerKind::kMemcached, CacheServerKind::kRedis};

std::vector<SeriesRequest> series_requests() {
  auto requests = various_requests();
  requests.push_back(request_for({Matcher::equal("__name__", "node_load1")}));
  requests.back().range = {1780280000000, 1780290000000};
  requests.push_back(request_for({*Matcher::regex("__name__", "node_.*")}));
  requests.back().max_resolution_window = 300'000;
  requests.back().aggregates = {Aggregate::kCounter, Aggregate::kMax, Aggregate::kSum};
  return requests;
}

/// Everything that the store says to a number of questions.
std::vector<std::string> answers(BucketStore& store) {
  std::vector<std::string> all;
  for (const auto& request : series_requests()) {
    auto answer = ask(store, request);
    CHECK_EQ(answer.status, Status());
    CHECK(answer.warnings.empty());
    auto lines = fingerprint(answer);
    all.push_back(std::to_string(lines.size()) + " series");
    all.insert(all.end(), lines.begin(), lines.end());
  }
  auto note = [&](const Result<LabelsResponse>& labels) {
    CHECK_EQ(labels.status(), Status());
    CHECK(labels->warnings.empty());
    all.insert(all.end(), labels->values.begin(), labels->values.end());
  };
  LabelNamesRequest names;
  names.range = kGoldenRange;
  names.matchers = {Matcher::equal("__name__", "http_requests_total")};
  note(store.label_names(Context(), names));
  LabelValuesRequest values;
  values.range = kGoldenRange;
  values.label = "code";
  note(store.label_values(Context(), values));
  values.matchers = {Matcher::not_equal("code", "200")};
  note(store.label_values(Context(), values));
  return all;
}

/// Stores over a golden bucket, with and without an index cache and a caching bucket in one server.
struct Scene {
  GoldenBucket golden{{"raw", "downsampled-5m"}};
  std::vector<std::string> expected;

  Scene() {
    if (!golden.present) return;
    golden.start();
    REQUIRE(golden.store->sync(Context()).ok());
    expected = answers(*golden.store);
    REQUIRE_GT(expected.size(), 100);
  }

  /// Makes a store that knows nothing but what its caches do.
  void start_with(const std::string& yaml) {
    golden.store.reset();
    auto surroundings = [&](const std::string& name) {
      cache::CacheSurroundings result;
      result.name = name;
      result.executor = writers;
      result.metrics = &golden.metrics;
      return result;
    };
    auto index = make_index_cache_from_config(yaml, surroundings("index-cache"));
    REQUIRE_EQ(index.status(), Status());
    auto bucket = make_caching_bucket_from_config(golden.bucket, "the bucket's configuration", yaml,
                                                  golden.pool, surroundings("caching-bucket"));
    REQUIRE_EQ(bucket.status(), Status());
    BucketStoreOptions options;
    options.index_cache = *index;
    golden.start(options, *bucket);
    REQUIRE(golden.store->sync(Context()).ok());
  }

  void check_answers() {
    // Not CHECK_EQ, which would print all of them.
    CHECK(answers(*golden.store) == expected);
  }

  double hits() {
    double sum = 0;
    for (const char* item : {"Postings", "ExpandedPostings", "Series"}) {
      sum += golden.metrics
                 .counter("thanos_store_index_cache_hits_total", "",
                          {{"item_type", item}, {"tenant", "default-tenant"}})
                 .value();
    }
    for (auto [operation, config] : {std::pair{"get_range", "chunks"}, {"iter", "blocks-iter"}}) {
      sum += golden.metrics
                 .counter("thanos_store_bucket_cache_operation_hits_total", "",
                          {{"operation", operation}, {"config", config}})
                 .value();
    }
    return sum;
  }

  std::shared_ptr<Executor> writers = make_thread_pool(2);
};

std::string yaml_for(const CacheServer& server) {
  return server.kind == CacheServerKind::kRedis
             ? "type: REDIS\nconfig: {addr: '" + server.address +
                   "', dial_timeout: 50ms, read_timeout: 50ms, write_timeout: 50ms}\n"
             : "type: MEMCACHED\nconfig: {addresses: ['" + server.address + "'], timeout: 50ms}\n";
}

/// What a server holds once no more is added.
std::map<std::string, std::string> settled(const CacheServer& server) {
  auto contents = server.contents();
  for (size_t last = contents.size() + 1; contents.size() != last; contents = server.contents()) {
    last = contents.size();
    (void)Context().sleep_for(std::chrono::milliseconds(50));
  }
  return contents;
}

using Contents = std::map<std::string, std::string>;

/// The ways in which everything in a server can be wrong.
std::map<std::string, std::function<Contents(const Contents&)>> poisons() {
  auto each = [](auto change) {
    return [change](const Contents& contents) {
      Contents changed;
      for (const auto& [key, value] : contents) changed[key] = change(key, value);
      return changed;
    };
  };
  std::map<std::string, std::function<Contents(const Contents&)>> ways;
  ways["garbage"] = each([](const auto& key, const auto& value) {
    std::string garbage(value.size(), '\0');
    for (size_t i = 0; i < garbage.size(); ++i) garbage[i] = key[i % key.size()] ^ char(37 * i);
    return garbage;
  });
  ways["nothing"] = each([](const auto&, const auto&) { return std::string(); });
  ways["half"] = each([](const auto&, const auto& v) { return v.substr(0, v.size() / 2); });
  ways["all but a byte"] =
      each([](const auto&, const auto& v) { return v.substr(0, v.size() - 1); });
  ways["a byte more"] = each([](const auto&, const auto& v) { return v + '\0'; });
  ways["a flipped bit"] = each([](const auto&, auto value) {
    value[value.size() - 1 - value.size() / 3] ^= 4;
    return value;
  });
  ways["another version"] = each([](const auto&, auto value) {
    CHECK(value.starts_with("MNC1"));
    value[3] = '2';
    return value;
  });
  ways["without a seal"] = each([](const auto&, const auto& v) { return v.substr(12); });
  ways["the next key's"] = [](const Contents& contents) {
    Contents changed;
    for (auto at = contents.begin(); at != contents.end(); ++at) {
      auto next = std::next(at) == contents.end() ? contents.begin() : std::next(at);
      changed[at->first] = next->second;
    }
    return changed;
  };
  return ways;
}

/// Does something to a server again and again while it lives.
class Disturbance {
 public:
  explicit Disturbance(std::function<void()> disturb)
      : thread_([disturb = std::move(disturb)](const std::stop_token& stop) {
          while (!stop.stop_requested()) disturb();
        }) {}

 private:
  std::jthread thread_;
};

void pause_for(int milliseconds) {
  (void)Context().sleep_for(std::chrono::milliseconds(milliseconds));
}

}  // namespace

TEST_CASE("caches agree: cold, warm and poisoned servers don't change an answer") {
  Scene scene;
  if (!scene.golden.present) return;
  for (auto kind : kKinds) {
    auto server = start_cache_server(kind);
    if (!server) continue;
    auto round = [&] {
      auto before = scene.hits();
      scene.start_with(yaml_for(*server));
      scene.check_answers();
      return scene.hits() - before;
    };
    for (int i = 0; i < 2; ++i) {
      round();
      settled(*server);
    }
    auto contents = server->contents();
    REQUIRE_GT(contents.size(), 200);
    auto warm_hits = round();
    CHECK_GT(warm_hits, 100);
    size_t number = 0;
    for (const auto& way : poisons()) {
      if (kIsSanitized && ++number % 3 != 0) continue;
      CAPTURE(way.first);
      scene.golden.store.reset();  // ends what is on its way to the server
      server->put(way.second(contents));
      CHECK_LT(round(), warm_hits);
    }
    int rounds = 0;
    while (round() < warm_hits && ++rounds < 20) settled(*server);
    CHECK_LT(rounds, 20);  // all is well again
  }
}

TEST_CASE("caches agree: servers that forget all the time don't change an answer") {
  Scene scene;
  if (!scene.golden.present) return;
  for (const char* size : {"1KiB", "4KiB", "20KiB"}) {
    auto limits = std::string("max_size: ") + size + ", max_item_size: " + size;
    scene.start_with("type: IN-MEMORY\nconfig: {" + limits + "}\n");
    for (int round = 0; round < 2; ++round) scene.check_answers();
  }
  if (auto small = start_redis({"--maxmemory", "1100kb", "--maxmemory-policy", "allkeys-random"})) {
    scene.start_with(yaml_for(*small));
    for (int round = 0; round < 3; ++round) scene.check_answers();
  }
  for (auto kind : kKinds) {
    auto server = start_cache_server(kind);
    if (!server) continue;
    scene.start_with(yaml_for(*server));
    Disturbance forgetting([&] {
      server->forget_all();
      pause_for(1);
    });
    for (int round = 0; round < 3; ++round) scene.check_answers();
  }
}

TEST_CASE("caches agree: servers that hang, die and come back don't change an answer") {
  Scene scene;
  if (!scene.golden.present) return;
  for (auto kind : kKinds) {
    auto server = start_cache_server(kind);
    if (!server) continue;
    scene.start_with(yaml_for(*server));
    scene.check_answers();
    std::atomic<int> deaths{0};
    {
      Disturbance dying([&] {
        pause_for(15);
        server->process->signal(SIGSTOP);
        pause_for(60);
        server->process->signal(SIGCONT);
        pause_for(15);
        server->process->signal(SIGKILL);
        server->kill();
        ++deaths;
        pause_for(30);
        server->start();
      });
      while (deaths < static_cast<int>(rounds(5))) scene.check_answers();
    }
    server->kill();
    scene.check_answers();  // dead for good
    scene.start_with(yaml_for(*server));
    scene.check_answers();  // and dead from the start
  }
}
