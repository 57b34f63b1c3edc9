// SPDX-License-Identifier: Apache-2.0
#include "tsdb/verify/verify.hpp"

#include "base/file.hpp"
#include "base/varint.hpp"
#include "tsdb/block/tombstones.hpp"
#include "tsdb/verify/fault_log.hpp"
#include "tsdb/verify/postings_check.hpp"
#include "tsdb/verify/series_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

namespace mnemo::tsdb {
namespace {

constexpr std::string_view kMeta = "meta.json";
constexpr std::string_view kIndex = "index";
constexpr std::string_view kTombstones = "tombstones";
constexpr uint64_t kMaxMetaSize = 64 << 20;

/// The folder's own name, whatever way leads there.
std::string folder_name(const std::filesystem::path& directory) {
  auto path = std::filesystem::absolute(directory).lexically_normal();
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

class BlockCheck {
 public:
  BlockCheck(const std::filesystem::path& directory, const FaultSink& sink,
             const VerifyOptions& options)
      : directory_(directory),
        options_(options),
        name_(folder_name(directory)),
        faults_(name_, sink, options.most_faults) {}

  VerifyReport run() {
    check_meta();
    open_segments();
    if (auto index = open_index()) check_index(*index);
    check_tombstones();
    check_statistics();
    return {faults_.count(), series_.refs.size(), series_.chunks, series_.samples.all};
  }

 private:
  void check_meta();
  void check_files(const ThanosMeta& thanos);
  void open_segments();
  std::optional<IndexReader> open_index();
  void check_index(const IndexReader& index);
  void check_symbols(const Symbols& symbols);
  void check_label_indices(const IndexReader& index);
  void check_tombstones();
  void check_statistics();

  const std::filesystem::path& directory_;
  const VerifyOptions& options_;
  std::string name_;
  FaultLog faults_;
  std::optional<BlockMeta> meta_;
  CheckedSegments segments_;
  bool has_symbols_ = false;
  bool has_postings_ = false;
  bool has_series_ = false;
  CheckedSeries series_;
};

void BlockCheck::check_meta() {
  auto text = read_file(directory_ / kMeta, kMaxMetaSize);
  if (!text.ok()) return faults_.add(kMeta, std::nullopt, text.status().message());
  auto meta = BlockMeta::parse(*text);
  if (!meta.ok()) return faults_.add(kMeta, std::nullopt, meta.status().message());
  meta_ = *std::move(meta);
  auto tell = [&](std::string reason) { faults_.add(kMeta, std::nullopt, std::move(reason)); };
  if (Ulid::parse(name_).ok() && meta_->ulid.to_string() != name_) {
    tell("ulid: " + meta_->ulid.to_string() + " isn't the folder's name");
  }
  if (meta_->min_time >= meta_->max_time) {
    tell(fmt::format("minTime {} isn't before maxTime {}", meta_->min_time, meta_->max_time));
  }
  if (meta_->thanos) check_files(*meta_->thanos);
}

/// The files that the Thanos section lists, and the segments.
void BlockCheck::check_files(const ThanosMeta& thanos) {
  std::error_code error;
  for (const auto& file : thanos.files) {
    auto path = directory_ / file.rel_path;
    if (file.rel_path == kMeta) continue;  // has no size
    auto size = std::filesystem::file_size(path, error);
    if (error) {
      faults_.add(file.rel_path, std::nullopt, "is listed in meta.json: " + error.message());
    } else if (file.size_bytes != 0 && size != static_cast<uint64_t>(file.size_bytes)) {
      faults_.add(file.rel_path, std::nullopt,
                  fmt::format("has {} bytes, in meta.json {}", size, file.size_bytes));
    }
  }
  for (const auto& segment : thanos.segment_files) {
    if (std::filesystem::exists(directory_ / "chunks" / segment, error)) continue;
    faults_.add("chunks/" + segment, std::nullopt, "is listed in meta.json, and isn't there");
  }
}

void BlockCheck::open_segments() {
  std::map<uint32_t, Status> bad;
  auto segments = ChunkSegments::open(directory_ / "chunks", &bad);
  if (!segments.ok()) return faults_.add("chunks", std::nullopt, segments.status().message());
  segments_.readable = true;
  segments_.segments = *std::move(segments);
  std::set<uint32_t> numbers;
  for (const auto& [number, bytes] : segments_.segments.segments()) numbers.insert(number);
  for (const auto& [number, status] : bad) {
    auto file = segment_name(number);
    std::string_view reason = status.message();
    if (reason.starts_with(file)) reason.remove_prefix(file.size() + 2);
    faults_.add(file, 0, std::string(reason));
    numbers.insert(number);
    segments_.told.insert(number);
  }
  // Prometheus counts the files: behind a gap it would read the wrong one.
  if (numbers.empty()) return;
  for (uint32_t number = 0; number < *numbers.rbegin() && segments_.told.size() < 1000; ++number) {
    if (numbers.contains(number)) continue;
    faults_.add(segment_name(number), std::nullopt, "the segment is missing");
    segments_.told.insert(number);
  }
}

std::optional<IndexReader> BlockCheck::open_index() {
  auto bytes = map_file(directory_ / kIndex);
  if (!bytes.ok()) {
    faults_.add(kIndex, std::nullopt, bytes.status().message());
    return std::nullopt;
  }
  std::vector<Status> bad;
  auto index = IndexReader::open(*std::move(bytes), &bad);
  if (!index.ok()) bad.push_back(index.status());
  for (const auto& status : bad) faults_.add(kIndex, std::nullopt, status.message());
  if (!index.ok()) return std::nullopt;
  const auto& toc = index->toc();
  auto is_there = [&](uint64_t section, std::string_view what) {
    if (section == 0) {
      faults_.add(kIndex, std::nullopt, fmt::format("table of contents: no {}", what));
    }
    return section != 0;
  };
  has_symbols_ = is_there(toc.symbols, "symbol table") && index->symbols().size() != 0;
  has_postings_ = is_there(toc.postings_offset_table, "postings offset table") &&
                  index->postings_table().size() != 0;
  has_series_ = is_there(toc.series, "series");
  return *std::move(index);
}

void BlockCheck::check_index(const IndexReader& index) {
  const auto& toc = index.toc();
  uint64_t total = index.file().size() - toc.series;
  for (const auto& [number, bytes] : segments_.segments.segments()) total += bytes.size();
  uint64_t before = 0;
  auto progress = [&](uint64_t done) {
    if (options_.progress) options_.progress(std::min(before + done, total), total);
  };
  if (has_symbols_) check_symbols(index.symbols());
  if (has_series_) {
    SeriesCheck check(index, has_symbols_, segments_, meta_ ? &*meta_ : nullptr, faults_);
    series_ = check.run(progress);
  }
  check_label_indices(index);
  if (!has_series_ || !has_symbols_ || !has_postings_) return;
  before = total - std::min(total, index.file().size() - toc.postings);
  PostingsCheck(index, series_, faults_).run(progress);
}

void BlockCheck::check_symbols(const Symbols& symbols) {
  auto cursor = symbols.begin();
  while (cursor.valid()) {
    auto status = cursor.next();
    if (!status.ok()) faults_.add(kIndex, std::nullopt, status.message());
  }
}

/// The lists that no one reads any more but that have checksums.
void BlockCheck::check_label_indices(const IndexReader& index) {
  const auto& toc = index.toc();
  bool has_table =
      toc.label_offset_table != 0 && toc.label_offset_table != toc.postings_offset_table;
  if (!has_table) return;
  auto section = [&](uint64_t offset, std::string_view what) {
    auto end = std::max(offset, index.file().size() - kTocSize);
    auto bytes = offset < end ? index.file().span().subspan(offset, end - offset)
                              : std::span<const uint8_t>();
    auto content = section_content(bytes, offset, what);
    if (!content.ok()) faults_.add(kIndex, offset, content.status().message());
    return content;
  };
  auto table = section(toc.label_offset_table, "label offset table");
  if (!table.ok()) return;
  ByteReader reader(*table);
  for (uint32_t count = reader.be32(); count > 0 && !reader.failed(); --count) {
    for (uint64_t texts = reader.uvarint(); texts > 0 && !reader.failed(); --texts) {
      reader.uvarint_string();
    }
    uint64_t offset = reader.uvarint();
    if (!reader.failed()) (void)section(offset, "label index").ok();
  }
  if (reader.failed()) {
    faults_.add(kIndex, toc.label_offset_table,
                located("label offset table", toc.label_offset_table, "an entry is cut off"));
  }
}

void BlockCheck::check_tombstones() {
  auto bytes = map_file(directory_ / kTombstones);
  if (!bytes.ok() && bytes.status().code() == Code::kNotFound) return;  // none, as in a bucket
  auto parsed = bytes.ok() ? Tombstones::parse(*bytes) : Result<Tombstones>(bytes.status());
  if (!parsed.ok()) return faults_.add(kTombstones, std::nullopt, parsed.status().message());
  for (uint64_t ref : parsed->series()) {
    if (!has_series_ || std::binary_search(series_.refs.begin(), series_.refs.end(), ref)) continue;
    faults_.add(kTombstones, std::nullopt,
                fmt::format("deletes from series {}, which isn't in the index", ref));
  }
  if (meta_ && meta_->stats.num_tombstones != parsed->count()) {
    faults_.add(kMeta, std::nullopt,
                fmt::format("stats.numTombstones: {}, there are {}", meta_->stats.num_tombstones,
                            parsed->count()));
  }
}

void BlockCheck::check_statistics() {
  if (!meta_ || !has_series_) return;
  const auto& stats = meta_->stats;
  auto compare = [&](std::string_view member, uint64_t claimed, uint64_t counted) {
    if (claimed == counted) return;
    faults_.add(kMeta, std::nullopt,
                fmt::format("stats.{}: {}, there are {}", member, claimed, counted));
  };
  compare("numSeries", stats.num_series, series_.refs.size());
  compare("numChunks", stats.num_chunks, series_.chunks);
  if (!segments_.readable) return;
  compare("numSamples", stats.num_samples, series_.samples.all);
  // Older blocks don't tell the kinds apart, and downsampled ones keep those of their source.
  bool has_kinds = stats.num_float_samples != 0 || stats.num_histogram_samples != 0;
  bool is_raw = !meta_->thanos || meta_->thanos->resolution == 0;
  if (!has_kinds || !is_raw) return;
  compare("numFloatSamples", stats.num_float_samples, series_.samples.floats);
  compare("numHistogramSamples", stats.num_histogram_samples, series_.samples.histograms);
}

}  // namespace

std::string Fault::to_string() const {
  auto text = fmt::format("block {}: {}: {}", block, file, what);
  if (!series.empty()) text += ": series " + series;
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

Result<VerifyReport> verify_block(const std::filesystem::path& directory, const FaultSink& sink,
                                  const VerifyOptions& options) {
  std::error_code error;
  if (!std::filesystem::is_directory(directory, error)) {
    return Status::not_found(directory.string() + ": no folder of a block");
  }
  return BlockCheck(directory, sink, options).run();
}

}  // namespace mnemo::tsdb
