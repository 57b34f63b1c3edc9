// SPDX-License-Identifier: Apache-2.0
// The store over real Prometheus servers, where they are installed.
#include "chunkenc/decode.hpp"
#include "store/prometheus/prometheus_store.hpp"
#include "store/series_stream.hpp"
#include "support/child_process.hpp"
#include "support/golden.hpp"
#include "support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

using namespace mnemo;
namespace fs = std::filesystem;

namespace {

/// The folder of a Prometheus 3; Debian's 2.42 knows no histograms with custom buckets.
std::optional<std::string> prometheus3_folder() {
  const char* folder = std::getenv("MNEMO_PROMETHEUS3");
  if (folder && testing::find_program({std::string(folder) + "/prometheus"})) return folder;
  MESSAGE("skipped: no Prometheus 3 at $MNEMO_PROMETHEUS3");
  return std::nullopt;
}

/// Folders with `prometheus` and `promtool`: Debian's, and that of a Prometheus 3.
std::vector<std::string> prometheus_folders() {
  std::vector<std::string> folders;
  if (testing::find_program({"/usr/bin/prometheus"})) folders.emplace_back("/usr/bin");
  if (auto folder = prometheus3_folder()) folders.push_back(*folder);
  if (folders.empty()) MESSAGE("skipped: no prometheus is installed");
  return folders;
}

/// A Prometheus over a data folder, with the external labels {cluster="golden", replica="a"}.
class RealPrometheus {
 public:
  RealPrometheus(const std::string& folder, const fs::path& data,
                 std::vector<std::string> arguments = {}) {
    std::ofstream(dir_.path() / "prometheus.yml")
        << "global:\n  external_labels:\n    cluster: golden\n    replica: a\n";
    std::vector<std::string> all = {folder + "/prometheus",
                                    "--config.file=" + (dir_.path() / "prometheus.yml").string(),
                                    "--storage.tsdb.path=" + data.string(),
                                    "--storage.tsdb.retention.time=100y",
                                    "--storage.tsdb.min-block-duration=2h",
                                    "--storage.tsdb.max-block-duration=2h",
                                    "--web.listen-address=127.0.0.1:0"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    process_ = std::make_unique<testing::ChildProcess>(all, dir_.path() / "log");
    auto listening = process_->wait_for_output("msg=\"Listening on\"", 30);
    if (!listening) FAIL(process_->output());
    auto address = listening->substr(listening->find("address=") + 8);
    api = std::make_shared<PrometheusApi>(*HttpClient::make({}), "http://" + address);
    auto context = Context().with_timeout(std::chrono::seconds(30));
    while (!api->ready(context).ok()) {
      REQUIRE(context.sleep_for(std::chrono::milliseconds(20)).ok());
    }
    store = std::make_unique<PrometheusStore>(api, PrometheusStoreOptions{});
    REQUIRE_EQ(store->refresh(context), Status());
  }

  std::shared_ptr<PrometheusApi> api;
  std::unique_ptr<PrometheusStore> store;

 private:
  testing::TempDir dir_;
  std::unique_ptr<testing::ChildProcess> process_;
};

void make_blocks(const std::string& folder, const std::string& text, const fs::path& data) {
  testing::TempDir dir;
  std::ofstream(dir.path() / "in.txt") << text;
  testing::ChildProcess promtool({folder + "/promtool", "tsdb", "create-blocks-from", "openmetrics",
                                  (dir.path() / "in.txt").string(), data.string()},
                                 dir.path() / "log");
  INFO(promtool.output());
  REQUIRE_EQ(promtool.wait(), 0);
}

/// "labels time:value ..." a series, in the order of the stream; checks that labels only grow.
std::string contents(Store& store, const SeriesRequest& request) {
  auto stream = store.series(Context(), request);
  REQUIRE_EQ(stream.status(), Status());
  auto all = read_all(**stream);
  REQUIRE_EQ(all.status(), Status());
  std::string out;
  for (size_t i = 0; i < all->size(); ++i) {
    const auto& series = (*all)[i];
    if (i > 0) CHECK((*all)[i - 1].labels < series.labels);
    out += series.labels.to_string();
    SampleColumn samples;
    for (const auto& chunk : series.chunks) {
      REQUIRE_EQ(decode_chunk(*chunk.raw, request.range, samples), Status());
    }
    for (size_t s = 0; s < samples.size(); ++s) {
      out += " " + std::to_string(samples.times[s] / 1000) + ":" +
             std::to_string(static_cast<int>(samples.values[s]));
    }
    out += "\n";
  }
  return out;
}

const char* const kAwkwardLabels = R"(# TYPE m gauge
m{a="1"} 1 100
m{a="1",b="x"} 2 100
m{a="1",replica="own"} 3 130
m{a="1",replica="a",z="0"} 4 100
m{a="1",z="1"} 5 100
m{cluster="other",a="2"} 6 100
m{cluster="golden",a="0"} 7 100
m{zone="1"} 8 100
m 9 100
# TYPE n gauge
n{replica="b"} 10 100
# EOF
)";

SeriesRequest matching(std::vector<Matcher> matchers) {
  SeriesRequest request;
  request.matchers = std::move(matchers);
  return request;
}

std::vector<std::string> values(Result<LabelsResponse> response) {
  REQUIRE_EQ(response.status(), Status());
  return response->values;
}

using Texts = std::vector<std::string>;

bool same_histogram(const FloatHistogram* a, const FloatHistogram* b) {
  if (!a || !b) return a == b;
  return std::bit_cast<uint64_t>(a->sum) == std::bit_cast<uint64_t>(b->sum) &&
         a->count == b->count && a->schema == b->schema &&
         a->positive_buckets == b->positive_buckets && a->custom_values == b->custom_values;
}

/// How many samples differ, by place.
size_t differences(const SampleColumn& a, const SampleColumn& b) {
  if (a.size() != b.size()) return std::max(a.size(), b.size());
  size_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    bool same = a.times[i] == b.times[i] &&
                std::bit_cast<uint64_t>(a.values[i]) == std::bit_cast<uint64_t>(b.values[i]) &&
                same_histogram(a.histogram(i), b.histogram(i));
    if (!same) ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("prometheus server: series with labels of their own named like external ones") {
  for (const auto& folder : prometheus_folders()) {
    CAPTURE(folder);
    testing::TempDir data;
    make_blocks(folder, kAwkwardLabels, data.path());
    RealPrometheus server(folder, data.path());
    auto& store = *server.store;
    CHECK_EQ(store.external_labels(), Labels{{"cluster", "golden"}, {"replica", "a"}});
    CHECK_EQ(store.range().min, 100'000);
    const std::string m =
        "{__name__=\"m\", a=\"0\", cluster=\"golden\", replica=\"a\"} 100:7\n"
        "{__name__=\"m\", a=\"1\", b=\"x\", cluster=\"golden\", replica=\"a\"} 100:2\n"
        "{__name__=\"m\", a=\"1\", cluster=\"golden\", replica=\"a\"} 100:1 130:3\n"
        "{__name__=\"m\", a=\"1\", cluster=\"golden\", replica=\"a\", z=\"0\"} 100:4\n"
        "{__name__=\"m\", a=\"1\", cluster=\"golden\", replica=\"a\", z=\"1\"} 100:5\n"
        "{__name__=\"m\", a=\"2\", cluster=\"golden\", replica=\"a\"} 100:6\n"
        "{__name__=\"m\", cluster=\"golden\", replica=\"a\"} 100:9\n"
        "{__name__=\"m\", cluster=\"golden\", replica=\"a\", zone=\"1\"} 100:8\n";
    const std::string n = "{__name__=\"n\", cluster=\"golden\", replica=\"a\"} 100:10\n";
    CHECK_EQ(contents(store, {}), m + n);
    CHECK_EQ(contents(store, matching({Matcher::equal("replica", "a")})), m + n);
    CHECK_EQ(contents(store, matching({Matcher::equal("replica", "own")})), "");
    CHECK_EQ(contents(store, matching({Matcher::equal("__name__", "n")})), n);
    auto without = matching({Matcher::equal("a", "1")});
    without.without_replica_labels = {"replica"};
    CHECK_EQ(contents(store, without),
             "{__name__=\"m\", a=\"1\", b=\"x\", cluster=\"golden\"} 100:2\n"
             "{__name__=\"m\", a=\"1\", cluster=\"golden\"} 100:1 130:3\n"
             "{__name__=\"m\", a=\"1\", cluster=\"golden\", z=\"0\"} 100:4\n"
             "{__name__=\"m\", a=\"1\", cluster=\"golden\", z=\"1\"} 100:5\n");
    without.skip_chunks = true;
    without.limit = 2;
    CHECK_EQ(contents(store, without),
             "{__name__=\"m\", a=\"1\", b=\"x\", cluster=\"golden\"}\n"
             "{__name__=\"m\", a=\"1\", cluster=\"golden\"}\n");
    auto early = matching({Matcher::equal("a", "1")});
    early.range = {0, 99'999};
    CHECK_EQ(contents(store, early), "");
  }
}

TEST_CASE("prometheus server: label names and values, with external labels") {
  for (const auto& folder : prometheus_folders()) {
    CAPTURE(folder);
    testing::TempDir data;
    make_blocks(folder, kAwkwardLabels, data.path());
    RealPrometheus server(folder, data.path());
    auto& store = *server.store;
    CHECK_EQ(values(store.label_names(Context(), {})),
             Texts{"__name__", "a", "b", "cluster", "replica", "z", "zone"});
    LabelNamesRequest names;
    names.matchers = {Matcher::equal("zone", "1"), Matcher::equal("replica", "a")};
    names.without_replica_labels = {"replica"};
    CHECK_EQ(values(store.label_names(Context(), names)), Texts{"__name__", "cluster", "zone"});
    names.matchers = {Matcher::equal("replica", "b")};
    CHECK(values(store.label_names(Context(), names)).empty());

    auto values_of = [&](const char* label, std::vector<Matcher> matchers = {}) {
      LabelValuesRequest request;
      request.label = label;
      request.matchers = std::move(matchers);
      return values(store.label_values(Context(), request));
    };
    CHECK_EQ(values_of("a"), Texts{"0", "1", "2"});
    CHECK_EQ(values_of("a", {Matcher::equal("z", "1"), Matcher::equal("cluster", "golden")}),
             Texts{"1"});
    CHECK_EQ(values_of("replica"), Texts{"a"});
    CHECK_EQ(values_of("replica", {Matcher::equal("a", "none")}), Texts{});
    CHECK_EQ(values_of("replica", {Matcher::equal("a", "2")}), Texts{"a"});
    CHECK_EQ(values_of("a", {Matcher::not_equal("nothing", "x")}), Texts{"0", "1", "2"});
    LabelValuesRequest bad;
    CHECK_EQ(store.label_values(Context(), bad).status().code(), Code::kInvalidArgument);
    CHECK_EQ(server.api->flags(Context())->min_block_duration, 7'200'000);
    CHECK_FALSE(store.version().empty());
  }
}

TEST_CASE("prometheus server: golden blocks come through sample by sample, in frames of any size") {
  auto golden = testing::golden_dir();
  auto folder = prometheus3_folder();
  if (!golden || !folder) return;
  testing::TempDir data;
  std::map<Labels, SampleColumn> wanted;
  for (const auto& block : testing::golden_blocks(*golden, "raw_a")) {
    fs::copy(*golden / "raw" / block, data.path() / block, fs::copy_options::recursive);
    auto file = *golden / "raw" / (block + ".samples.ndjson.gz");
    for (const auto& series : testing::golden_series(file)) {
      auto labels = with_external_labels(series.labels, {{"cluster", "golden"}, {"replica", "a"}});
      auto samples = series.all_samples();
      for (size_t i = 0; i < samples.size(); ++i) wanted[labels].append_from(samples, i);
    }
  }
  REQUIRE_GT(wanted.size(), 10);
  for (const char* argument : {"--storage.remote.read-max-bytes-in-frame=1048576",
                               "--storage.remote.read-max-bytes-in-frame=1000"}) {
    CAPTURE(argument);
    RealPrometheus server(*folder, data.path(), {argument});
    auto stream = server.store->series(Context(), {});
    REQUIRE_EQ(stream.status(), Status());
    Series series;
    auto expected = wanted.begin();
    for (;;) {
      auto more = (*stream)->next(series);
      REQUIRE_EQ(more.status(), Status());
      if (!*more) break;
      REQUIRE_NE(expected, wanted.end());
      CHECK_EQ(series.labels, expected->first);
      SampleColumn samples;
      for (const auto& chunk : series.chunks) {
        REQUIRE_EQ(decode_chunk(*chunk.raw, TimeRange(), samples), Status());
      }
      CHECK_EQ(differences(samples, expected->second), 0);
      ++expected;
    }
    CHECK_EQ(expected, wanted.end());
  }
}
