// SPDX-License-Identifier: Apache-2.0
#include <mnemo/block_meta.hpp>

#include "base/json_text.hpp"
#include "tsdb/block/json_fields.hpp"

#include <functional>
#include <utility>

namespace mnemo {
namespace {

constexpr std::string_view kNoUploadTime = "0001-01-01T00:00:00Z";

/// A string as Go's encoder writes it by default: what could end a script in HTML is escaped.
std::string quoted(std::string_view text) {
  std::string plain;
  append_json_string(plain, text);
  std::string result;
  for (size_t i = 0; i < plain.size(); ++i) {
    char c = plain[i];
    std::string_view rest(plain.data() + i, plain.size() - i);
    if (c == '<') {
      result += "\\u003c";
    } else if (c == '>') {
      result += "\\u003e";
    } else if (c == '&') {
      result += "\\u0026";
    } else if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) {
      result += rest[2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      result += c;
    }
  }
  return result;
}

/// Prints JSON as Go's MarshalIndent with tabs does.
class Printer {
 public:
  explicit Printer(std::string& out, int depth = 0) : out_(out), depth_(depth) {}

  void object(const std::function<void()>& members) { group('{', '}', members); }
  void array(const std::function<void()>& elements) { group('[', ']', elements); }

  void key(std::string_view name) {
    element();
    out_ += quoted(name);
    out_ += ": ";
  }
  /// Begins an element of an array.
  void element() {
    if (!is_first_) out_ += ',';
    is_first_ = false;
    new_line();
  }

  void text(std::string_view value) { out_ += quoted(value); }
  template <typename Integer>
  void integer(Integer value) {
    out_ += std::to_string(value);
  }

  void member(std::string_view name, std::string_view value) {
    key(name);
    text(value);
  }
  template <typename Integer>
  void member_integer(std::string_view name, Integer value) {
    key(name);
    integer(value);
  }
  template <typename Integer>
  void member_unless_zero(std::string_view name, Integer value) {
    if (value != 0) member_integer(name, value);
  }
  void member_if(std::string_view name, bool value) {
    if (!value) return;
    key(name);
    out_ += "true";
  }
  template <typename Elements, typename Print>
  void member_unless_empty(std::string_view name, const Elements& elements, const Print& print) {
    if (elements.empty()) return;
    key(name);
    array([&] {
      for (const auto& each : elements) {
        element();
        print(each);
      }
    });
  }
  /// A member whose value is a JSON text; left out when that is empty or malformed.
  void member_json(std::string_view name, const std::string& json) {
    if (json.empty()) return;
    auto document = tsdb::parse_json(json);
    if (!document.ok()) return;
    key(name);
    value(*document);
  }

 private:
  void value(const tsdb::Json& json) {
    if (json.is_object()) {
      object([&] {
        for (const auto& [name, each] : json.items()) {
          key(name);
          value(each);
        }
      });
    } else if (json.is_array()) {
      array([&] {
        for (const auto& each : json) {
          element();
          value(each);
        }
      });
    } else if (json.is_string()) {
      text(json.get_ref<const std::string&>());
    } else {
      out_ += json.dump();
    }
  }

  void group(char open, char close, const std::function<void()>& content) {
    out_ += open;
    ++depth_;
    is_first_ = true;
    content();
    --depth_;
    if (!is_first_) new_line();
    is_first_ = false;
    out_ += close;
  }

  void new_line() {
    out_ += '\n';
    out_.append(static_cast<size_t>(depth_), '\t');
  }

  std::string& out_;
  int depth_;
  bool is_first_ = true;
};

void print_stats(Printer& print, const BlockStats& stats) {
  print.object([&] {
    print.member_unless_zero("numSamples", stats.num_samples);
    print.member_unless_zero("numFloatSamples", stats.num_float_samples);
    print.member_unless_zero("numHistogramSamples", stats.num_histogram_samples);
    print.member_unless_zero("numSeries", stats.num_series);
    print.member_unless_zero("numChunks", stats.num_chunks);
    print.member_unless_zero("numTombstones", stats.num_tombstones);
  });
}

void print_parent(Printer& print, const BlockParent& parent) {
  print.object([&] {
    print.member("ulid", parent.ulid.to_string());
    print.member_integer("minTime", parent.min_time);
    print.member_integer("maxTime", parent.max_time);
  });
}

void print_compaction(Printer& print, const BlockCompaction& compaction) {
  auto text = [&](const std::string& value) { print.text(value); };
  print.object([&] {
    print.member_integer("level", compaction.level);
    print.member_unless_empty("sources", compaction.sources,
                              [&](const Ulid& ulid) { print.text(ulid.to_string()); });
    print.member_if("deletable", compaction.deletable);
    print.member_unless_empty("parents", compaction.parents,
                              [&](const BlockParent& parent) { print_parent(print, parent); });
    print.member_if("failed", compaction.failed);
    print.member_unless_empty("hints", compaction.hints, text);
  });
}

void print_file(Printer& print, const BlockFile& file) {
  print.object([&] {
    print.member("rel_path", file.rel_path);
    print.member_unless_zero("size_bytes", file.size_bytes);
    if (file.hash_func.empty() && file.hash.empty()) return;
    print.key("hash");
    print.object([&] {
      print.member("hashFunc", file.hash_func);
      print.member("value", file.hash);
    });
  });
}

void print_labels(Printer& print, const Labels& labels) {
  print.object([&] {
    for (const auto& label : labels) print.member(label.name, label.value);
  });
}

void print_thanos(Printer& print, const ThanosMeta& thanos) {
  print.object([&] {
    print.member_unless_zero("version", thanos.version);
    print.key("labels");
    print_labels(print, thanos.labels);
    print.key("downsample");
    print.object([&] { print.member_integer("resolution", thanos.resolution); });
    print.member("source", thanos.source);
    print.member_unless_empty("segment_files", thanos.segment_files,
                              [&](const std::string& name) { print.text(name); });
    print.member_unless_empty("files", thanos.files,
                              [&](const BlockFile& file) { print_file(print, file); });
    print.member_json("rewrites", thanos.rewrites_json);
    print.key("index_stats");
    print.object([&] {
      print.member_unless_zero("series_max_size", thanos.index_max_series_size);
      print.member_unless_zero("chunk_max_size", thanos.index_max_chunk_size);
    });
    print.member_json("extensions", thanos.extensions_json);
    print.member("upload_time",
                 thanos.upload_time.empty() ? kNoUploadTime : std::string_view(thanos.upload_time));
  });
}

}  // namespace

std::string BlockMeta::to_json() const {
  std::string out;
  Printer print(out);
  print.object([&] {
    print.member("ulid", ulid.to_string());
    print.member_integer("minTime", min_time);
    print.member_integer("maxTime", max_time);
    print.key("stats");
    print_stats(print, stats);
    print.key("compaction");
    print_compaction(print, compaction);
    print.member_integer("version", version);
    if (!thanos) return;
    print.key("thanos");
    print_thanos(print, *thanos);
  });
  if (thanos) out += '\n';  // Thanos ends the file with a new line, Prometheus doesn't
  return out;
}

}  // namespace mnemo
