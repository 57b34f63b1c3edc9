// SPDX-License-Identifier: Apache-2.0
#include "store/prometheus/config_reloader.hpp"

#include "support/temp_dir.hpp"

#include "base/file.hpp"
#include "http/gunzip.hpp"
#include "http/gzip.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace mnemo;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A reloader over a folder, and how often it reloaded.
struct Watched {
  testing::TempDir dir;
  std::atomic<int> reloads{0};
  std::atomic<int> failures{0};  // still to come
  Metrics metrics;

  std::string file(const std::string& name) const { return (dir.path() / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name)) << text;
  }
  std::string output() const { return read_file(file("out.yml"), 1 << 20).value(); }

  ConfigReloaderOptions options() {
    ConfigReloaderOptions options;
    options.config_file = file("in.yml");
    options.output_file = file("out.yml");
    options.retry_interval = 1ms;
    options.look_interval = 1ms;
    options.metrics = &metrics;
    options.variable = [](const std::string& name) -> const char* {
      return name == "SHARD" ? "7" : nullptr;
    };
    options.reload = [this](const Context&) {
      ++reloads;
      if (failures > 0) {
        --failures;
        return Status::unavailable("not now");
      }
      return Status();
    };
    return options;
  }
};

}  // namespace

TEST_CASE("config reloader: variables are replaced, what only looks like one is left") {
  Watched watched;
  watched.write("in.yml", "a: $(SHARD)-$(SHARD)\nb: $SHARD $() $(x $(a-b) $$(SHARD)\n");
  REQUIRE(ConfigReloader(watched.options()).write_output().ok());
  CHECK_EQ(watched.output(), "a: 7-7\nb: $SHARD $() $(x $(a-b) $7\n");
}

TEST_CASE("config reloader: an unset variable is an error that names it, and nothing is written") {
  Watched watched;
  watched.write("in.yml", "a: $(NOBODY)\n");
  auto status = ConfigReloader(watched.options()).write_output();
  CHECK_EQ(status.code(), Code::kInvalidArgument);
  CHECK(status.message().find("unset environment variable \"NOBODY\"") != std::string::npos);
  CHECK_FALSE(fs::exists(watched.file("out.yml")));
  auto text = watched.metrics.render();
  CHECK(text.find("config_environment_variable_expansion_errors 1") != std::string::npos);
}

TEST_CASE("config reloader: gzipped configurations are read, cut off ones are not") {
  Watched watched;
  std::string text = "x: $(SHARD)\n" + std::string(200'000, '#');
  auto packed = *gzip_compress(text);
  watched.write("in.yml", packed);
  REQUIRE(ConfigReloader(watched.options()).write_output().ok());
  CHECK_EQ(watched.output(), "x: 7\n" + std::string(200'000, '#'));
  CHECK_EQ(*gunzip(packed + packed, 1 << 20), text + text);
  CHECK_EQ(gunzip(packed, 100'000).status().code(), Code::kResourceExhausted);
  watched.write("in.yml", packed.substr(0, packed.size() / 2));
  CHECK_EQ(ConfigReloader(watched.options()).write_output().code(), Code::kDataLoss);
}

TEST_CASE("config reloader: reloads once for each change of content, of rules too") {
  Watched watched;
  fs::create_directories(watched.dir.path() / "rules" / "more");
  watched.write("in.yml", "a");
  watched.write("rules/more/r.yml", "r");
  auto options = watched.options();
  options.rule_dirs = {watched.file("rules")};
  ConfigReloader reloader(options);
  auto apply = [&] {
    REQUIRE(reloader.apply(Context().with_timeout(5s)).ok());
    return watched.reloads.load();
  };
  CHECK_EQ(apply(), 1);
  CHECK_EQ(apply(), 1);
  watched.write("in.yml", "b");
  CHECK_EQ(apply(), 2);
  CHECK_EQ(watched.output(), "b");
  watched.write("rules/more/r.yml", "r");  // as it was
  CHECK_EQ(apply(), 2);
  watched.write("rules/new.yml", "");
  CHECK_EQ(apply(), 3);
  fs::rename(watched.file("rules/new.yml"), watched.file("rules/newer.yml"));
  CHECK_EQ(apply(), 4);
  fs::remove(watched.file("rules/newer.yml"));
  CHECK_EQ(apply(), 5);
}

TEST_CASE("config reloader: a failed reload is tried again, also by the next round") {
  Watched watched;
  watched.write("in.yml", "a");
  ConfigReloader reloader(watched.options());
  watched.failures = 2;
  CHECK(reloader.apply(Context().with_timeout(5s)).ok());
  CHECK_EQ(watched.reloads, 3);
  watched.write("in.yml", "b");
  watched.failures = 1'000'000;
  CHECK_EQ(reloader.apply(Context().with_timeout(20ms)).code(), Code::kUnavailable);
  watched.failures = 0;
  int before = watched.reloads;
  CHECK(reloader.apply(Context().with_timeout(5s)).ok());
  CHECK_EQ(watched.reloads, before + 1);
}

TEST_CASE("config reloader: while it runs, a change is noticed between the rounds") {
  Watched watched;
  watched.write("in.yml", "a");
  ConfigReloader reloader(watched.options());
  std::stop_source stop;
  std::jthread running([&] { reloader.run(Context(stop.get_token())); });
  auto reached = [&](int count) {
    for (int i = 0; i < 5000 && watched.reloads < count; ++i) std::this_thread::sleep_for(1ms);
    return watched.reloads.load();
  };
  CHECK_EQ(reached(1), 1);
  watched.write("in.yml", "other");
  CHECK_EQ(reached(2), 2);
  stop.request_stop();
}
