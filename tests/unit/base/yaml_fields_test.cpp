// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_fields.hpp"

#include "base/byte_size.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace mnemo;

namespace {

struct Settings {
  std::string name = "default";
  bool on = false;
  int64_t offset = 7;
  uint64_t size = 1;
  uint64_t limit = 0;
  double part = 0;
  std::chrono::milliseconds wait{0};
  std::vector<std::string> list;
  std::string inner;
};

std::string read(const std::string& text, Settings& settings) {
  return yaml::read_document(
             "test", text,
             [&](const YAML::Node& root) {
               return yaml::read(root,
                                 {{"name", yaml::text(settings.name)},
                                  {"on", yaml::flag(settings.on)},
                                  {"offset", yaml::integer(settings.offset)},
                                  {"size", yaml::bytes(settings.size)},
                                  {"limit", yaml::count(settings.limit)},
                                  {"part", yaml::fraction(settings.part)},
                                  {"wait", yaml::duration(settings.wait)},
                                  {"list", yaml::texts(settings.list)},
                                  {"sub", yaml::section({{"inner", yaml::text(settings.inner)}})}});
             })
      .message();
}

std::string error_of(const std::string& text) {
  Settings settings;
  return read(text, settings);
}

}  // namespace

TEST_CASE("yaml fields: values are read, absent and null ones leave what was there") {
  Settings settings;
  CHECK_EQ(read("on: yes\noffset: -3\nsize: 2KB\nlimit: 5\npart: 0.25\nwait: 1m30s\nlist: [a, b]\n"
                "sub: {inner: x}\nname:\n",
                settings),
           "");
  CHECK_EQ(settings.name, "default");
  CHECK(settings.on);
  CHECK_EQ(settings.offset, -3);
  CHECK_EQ(settings.size, 2048);
  CHECK_EQ(settings.limit, 5);
  CHECK_EQ(settings.part, 0.25);
  CHECK_EQ(settings.wait.count(), 90'000);
  CHECK_EQ(settings.list, std::vector<std::string>{"a", "b"});
  CHECK_EQ(settings.inner, "x");
  CHECK_EQ(read("", settings), "");
}

TEST_CASE("yaml fields: errors name line and field, and what would have been known") {
  CHECK_EQ(error_of("on: true\nsub:\n  iner: SECRET\n"),
           "test: line 3: unknown field \"iner\"; known are inner");
  CHECK_EQ(error_of("name: a\nname: SECRET\n"), "test: line 2: field \"name\" is set twice");
  CHECK_EQ(error_of("name: [SECRET]"), "test: line 1: field \"name\" is no text");
  CHECK_EQ(error_of("on: maybe"), "test: line 1: field \"on\" is no true or false");
  CHECK_EQ(error_of("limit: -1"), "test: line 1: field \"limit\" is no number");
  CHECK_EQ(error_of("offset: 1.5"), "test: line 1: field \"offset\" is no whole number");
  CHECK_EQ(error_of("wait: 5"), "test: line 1: field \"wait\" is no duration");
  CHECK_EQ(error_of("size: lots"), "test: line 1: field \"size\" is no number of bytes");
  CHECK_EQ(error_of("list: a"), "test: line 1: field \"list\" is no list of texts");
  CHECK_EQ(error_of("sub: a"), "test: line 1: field \"sub\" is no map of fields");
  CHECK_EQ(error_of("[a]"), "test: line 1: not a map of fields");
  CHECK_EQ(error_of("{[a]: b}"), "test: line 1: a field's name is no text");
  CHECK_EQ(error_of("a: [").substr(0, 11), "test: line ");
}

TEST_CASE("byte size: units are of 1024s, as Thanos has them") {
  CHECK_EQ(*parse_byte_size("250MB"), 250ULL << 20);
  CHECK_EQ(*parse_byte_size("1.5GiB"), 3ULL << 29);
  CHECK_EQ(*parse_byte_size("7"), 7);
  for (const char* bad : {"", "MB", "1XB", "1Mb", "-1", "1e30", "99999EB"}) {
    CHECK_FALSE_MESSAGE(parse_byte_size(bad).ok(), bad);
  }
}
