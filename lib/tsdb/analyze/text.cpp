// SPDX-License-Identifier: Apache-2.0
#include "tsdb/analyze/analyze.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace mnemo::tsdb {
namespace {

template <typename... Arguments>
void append(std::string& out, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Arguments>(arguments)...);
}

/// As Go prints durations: "1h59m30.035s".
std::string go_duration(int64_t ms) {
  auto rest = ms < 0 ? 0 - static_cast<uint64_t>(ms) : static_cast<uint64_t>(ms);
  std::string text = ms < 0 ? "-" : "";
  if (rest < 1000) return rest == 0 ? "0s" : fmt::format("{}{}ms", text, rest);
  if (rest >= 3'600'000) append(text, "{}h", rest / 3'600'000);
  if (rest >= 60'000) append(text, "{}m", rest / 60'000 % 60);
  append(text, "{}", rest / 1000 % 60);
  if (rest % 1000 != 0) {
    auto fraction = fmt::format("{:03}", rest % 1000);
    text += "." + fraction.substr(0, fraction.find_last_not_of('0') + 1);
  }
  return text + "s";
}

void append_ranking(std::string& out, std::string_view title, const Ranking& ranking) {
  append(out, "\n{}:\n", title);
  for (const auto& [label, figure] : ranking) append(out, "{} {}\n", figure, label);
}

/// Buckets of a width between 10 and 100,000, a power of ten, so that there are some ten of them.
struct Buckets {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t width = 10;

  Buckets(uint64_t least, uint64_t most) {
    while (width < (most - least) / 10 && width <= 10000) width *= 10;
    start = least - least % width;
    end = most - most % width + width;
  }
};

/// A bar for each bucket, in percent of all chunks. The bounds that are shown are promtool's.
void append_histogram(std::string& out, std::string_view what, const Occurrences& occurrences,
                      uint64_t chunks) {
  if (occurrences.empty()) return append(out, "{}: N/A\n\n", what);
  uint64_t least = occurrences.begin()->first;
  uint64_t most = occurrences.rbegin()->first;
  Buckets buckets(least, most);
  std::map<uint64_t, uint64_t> counts;
  uint64_t sum = 0;
  uint64_t total = 0;
  for (const auto& [figure, count] : occurrences) {
    sum += figure * count;
    total += count;
    counts[(figure - buckets.start) / buckets.width] += count;
  }
  uint64_t highest = 0;
  for (const auto& [bucket, count] : counts) highest = std::max(highest, count);
  append(out, "{} (min/avg/max): {}/{}/{}\n", what, least, sum / total, most);
  auto digits = [](uint64_t number) { return std::to_string(number).size(); };
  for (uint64_t i = 0; i <= (buckets.end - buckets.start) / buckets.width; ++i) {
    auto at = counts.find(i);
    uint64_t count = at != counts.end() ? at->second : 0;
    uint64_t lower = buckets.start + i * buckets.width;
    append(out, "[{:{}}, {:{}}]: {:{}} {}\n", lower + 1, digits(buckets.end), lower + buckets.width,
           digits(buckets.end + buckets.width), count, digits(highest),
           std::string(100 * count / chunks, '#'));
  }
  out += '\n';
}

}  // namespace

std::string analysis_text(const BlockAnalysis& analysis, std::string_view selector) {
  std::string out;
  const auto& meta = analysis.meta;
  append(out, "Block ID: {}\n", meta.ulid.to_string());
  append(out, "Duration: {}\n", go_duration(meta.max_time - meta.min_time));
  append(out, "Total Series: {}\n", meta.stats.num_series);
  if (!selector.empty()) append(out, "Matcher: {}\n", selector);
  append(out, "Label names: {}\n", analysis.label_names);
  if (!selector.empty()) append(out, "Matched series: {}\n", analysis.series);
  append(out, "Postings (unique label pairs): {}\n", analysis.label_pairs);
  append(out, "Postings entries (total label pairs): {}\n", analysis.postings_entries);
  append_ranking(out, "Label pairs most involved in churning", analysis.churning_pairs);
  append_ranking(out, "Label names most involved in churning", analysis.churning_names);
  append_ranking(out, "Most common label pairs", analysis.common_pairs);
  append_ranking(out, "Label names with highest cumulative label value length",
                 analysis.longest_values);
  append_ranking(out, "Highest cardinality labels", analysis.most_values);
  append_ranking(out, "Highest cardinality metric names", analysis.largest_metrics);
  if (!analysis.chunks) return out;
  const auto& chunks = *analysis.chunks;
  out += "\nCompaction analysis:\n\n";
  append_histogram(out, "samples per float chunk", chunks.float_samples, chunks.chunks);
  append_histogram(out, "bytes per float chunk", chunks.float_bytes, chunks.chunks);
  append_histogram(out, "samples per histogram chunk", chunks.histogram_samples, chunks.chunks);
  append_histogram(out, "bytes per histogram chunk", chunks.histogram_bytes, chunks.chunks);
  append_histogram(out, "buckets per histogram chunk", chunks.histogram_buckets, chunks.chunks);
  return out;
}

}  // namespace mnemo::tsdb
