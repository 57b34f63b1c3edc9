// SPDX-License-Identifier: Apache-2.0
#include "model/openmetrics/parser.hpp"

#include "base/number_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <string>
#include <vector>

using namespace mnemo;
using namespace mnemo::openmetrics;

namespace {

ReadBytes read_text(std::string text) {
  return [text = std::move(text), at = size_t{0}](std::span<char> buffer) mutable {
    size_t count = text.copy(buffer.data(), buffer.size(), at);
    at += count;
    return Result<size_t>(count);
  };
}

struct Parsed {
  std::vector<std::string> samples;  // "labels value time"
  Status status;
};

Parsed parse(std::string text) {
  Parser parser(read_text(std::move(text)));
  Parsed parsed;
  while (parser.next()) {
    auto time = parser.time() ? std::to_string(*parser.time()) : "none";
    parsed.samples.push_back(parser.labels().to_string() + " " + float_general(parser.value()) +
                             " " + time);
  }
  parsed.status = parser.status();
  return parsed;
}

/// The samples of well-formed lines, to which the end is added.
std::vector<std::string> samples(const std::string& lines) {
  auto parsed = parse(lines + "# EOF\n");
  CHECK_MESSAGE(parsed.status.ok(), parsed.status.message());
  return parsed.samples;
}

/// The error of a whole text.
std::string error(std::string text) {
  auto parsed = parse(std::move(text));
  CHECK_FALSE(parsed.status.ok());
  return parsed.status.message();
}

/// The error of one line, without its number.
std::string line_error(const std::string& line) {
  auto text = error(line + "\n# EOF\n");
  CHECK(text.starts_with("line 1: "));
  return text.substr(std::min<size_t>(8, text.size()));
}

using Samples = std::vector<std::string>;

}  // namespace

TEST_CASE("openmetrics: a metric family with its metadata") {
  CHECK(samples("# HELP http_requests_total Requests, by code.\n"
                "# TYPE http_requests counter\n"
                "# UNIT wait_seconds seconds\n"
                "http_requests_total{code=\"200\",method=\"get\"} 1021 1565133713.989\n"
                "http_requests_total{method=\"get\",code=\"400\",} 1 1565133713.990\n"
                "up 1 0\n") ==
        Samples{
            R"({__name__="http_requests_total", code="200", method="get"} 1021 1565133713989)",
            R"({__name__="http_requests_total", code="400", method="get"} 1 1565133713990)",
            R"({__name__="up"} 1 0)",
        });
}

TEST_CASE("openmetrics: names in quotes, in braces") {
  CHECK(samples(R"({"http.status",q="0.9","a b"="c"} 8.3835e-05 1)"
                "\n"
                R"({q="0.9","http.status"} 1 1)"
                "\n"
                R"({"plain"} 1 1)"
                "\n"
                R"({"10€ \"x\" {line\nbreak}",} 10 1)"
                "\n"
                R"(with:colon{"quoted"="v"} 2 1)"
                "\n") == Samples{
                             R"({__name__="http.status", "a b"="c", q="0.9"} 8.3835e-05 1000)",
                             R"({__name__="http.status", q="0.9"} 1 1000)",
                             R"({__name__="plain"} 1 1000)",
                             R"({__name__="10€ \"x\" {line\nbreak}"} 10 1000)",
                             R"({__name__="with:colon", quoted="v"} 2 1000)",
                         });
}

TEST_CASE("openmetrics: three escapes are undone, others stay") {
  CHECK(samples(R"(m{a="x\"y",b="\\n",c="l\nm",d="\t\q",e="",f="} 1 2 #"} 1 1)"
                "\n") ==
        Samples{R"({__name__="m", a="x\"y", b="\\n", c="l\nm", d="\\t\\q", f="} 1 2 #"} 1 1000)"});
}

TEST_CASE("openmetrics: bytes of zero in label values and help texts") {
  using namespace std::string_literals;
  CHECK(samples("# HELP m foo\0bar\nm{a=\"abc\0\"} 1 1\n"s) ==
        Samples{R"({__name__="m", a="abc\x00"} 1 1000)"});
}

TEST_CASE("openmetrics: timestamps are cut to milliseconds as Prometheus cuts them") {
  CHECK(samples("a 1 1.0009\n"
                "a 1 -1.0009\n"
                "a 1 1565133713.9895\n"
                "a 1 1e3\n"
                // 4.35 * 1000 is 4350 in doubles, 1.001 * 1000 is 1000.9999999999999.
                "a 1 4.35\n"
                "a 1 1.001\n"
                "a 1\n") == Samples{
                                R"({__name__="a"} 1 1000)",
                                R"({__name__="a"} 1 -1000)",
                                R"({__name__="a"} 1 1565133713989)",
                                R"({__name__="a"} 1 1000000)",
                                R"({__name__="a"} 1 4350)",
                                R"({__name__="a"} 1 1000)",
                                R"({__name__="a"} 1 none)",
                            });
}

TEST_CASE("openmetrics: values that are no finite numbers") {
  CHECK(samples("a +Inf 1\na -Inf 1\na NaN 1\na 1e-400 1\n") == Samples{
                                                                    R"({__name__="a"} +Inf 1000)",
                                                                    R"({__name__="a"} -Inf 1000)",
                                                                    R"({__name__="a"} NaN 1000)",
                                                                    R"({__name__="a"} 0 1000)",
                                                                });
  CHECK_EQ(line_error("a 1e400 1"), "the number \"1e400\" is too large");
}

TEST_CASE("openmetrics: exemplars are checked and left out") {
  CHECK(samples("a_total 1 # {id=\"7\"} 4\n"
                "a_total 2 3 # {} 0.5 1520879607.789\n"
                "a_total 3 4 # {\"trace.id\"=\"x\",b=\"y\",} NaN\n") ==
        Samples{
            R"({__name__="a_total"} 1 none)",
            R"({__name__="a_total"} 2 3000)",
            R"({__name__="a_total"} 3 4000)",
        });
  for (auto bad : {"a 1 # {aa=bb} 1", "a 1 # {aa=\"bb\"}", "a 1 # {bb} 1", "a 1 # {\"bb\"} 1",
                   "a 1 # {a=\"b\",,c=\"d\"} 1", "a 1 # {a=\"b\"} 1_2", "a 1 # {a=\"b\"} 0x1p-3",
                   "a 1 # {a=\"b\"} true", "a 1 # {a=\"b\"} 1 NaN", "a 1 # {a=\"b\"} 1 2 3",
                   "a 1 # {a=\"b\"} 1 -Inf", "a 1 1 # {a=\"b\"} 1 z", "a 1 #{} 1", "a 1 1 # x"}) {
    CHECK_MESSAGE(!parse(std::string(bad) + "\n# EOF\n").status.ok(), bad);
  }
}

TEST_CASE("openmetrics: numbers in le and quantile are written anew, after their TYPE") {
  CHECK(samples("h_bucket{le=\"1\"} 1 1\n"
                "# TYPE h histogram\n"
                "h_bucket{le=\"1\"} 1 1\n"
                "h_bucket{le=\"-0\",quantile=\"1\"} 1 1\n"
                "h_bucket{le=\"1000000\"} 1 1\n"
                "h_bucket{le=\"+Inf\"} 1 1\n"
                "h_bucket{le=\"inf\"} 1 1\n"
                "h_bucket{le=\"none\"} 1 1\n"
                "# TYPE s summary\n"
                "s{quantile=\"1e-9\",le=\"1\"} 1 1\n"
                "# TYPE g gaugehistogram\n"
                "g_bucket{le=\"1\"} 1 1\n") ==
        Samples{
            R"({__name__="h_bucket", le="1"} 1 1000)",
            R"({__name__="h_bucket", le="1.0"} 1 1000)",
            R"({__name__="h_bucket", le="0.0", quantile="1"} 1 1000)",
            R"({__name__="h_bucket", le="1e+06"} 1 1000)",
            R"({__name__="h_bucket", le="+Inf"} 1 1000)",
            R"({__name__="h_bucket", le="+Inf"} 1 1000)",
            R"({__name__="h_bucket", le="none"} 1 1000)",
            R"({__name__="s", le="1", quantile="1e-09"} 1 1000)",
            R"({__name__="g_bucket", le="1"} 1 1000)",
        });
}

TEST_CASE("openmetrics: the text ends with # EOF and nothing after it") {
  CHECK(parse("# EOF").status.ok());
  CHECK(parse("# EOF\n").status.ok());
  CHECK(parse("a 1 1\n# EOF").status.ok());
  for (auto text : {"", "metric 1\n", "metric 1", "metric 1 2", "a_total 1 # {aa=\"bb\"} 4",
                    "# HELP m text", "# TYPE m gauge"}) {
    CHECK_MESSAGE(error(text).find("data does not end with # EOF") != std::string::npos, text);
  }
  for (auto text : {"# EOF\na 1", "# EOF\n\n", "# EOFa 1", "# EOF \n", "# EOF\r\n"}) {
    CHECK_EQ(error(text),
             "line " + std::string(text[5] == '\n' ? "2" : "1") + ": unexpected data after # EOF");
  }
}

TEST_CASE("openmetrics: errors say where and what") {
  CHECK_EQ(error("a 1 1\nb 1 1\nc x 1\n# EOF\n"), "line 3: expected a number, found \"x\"");
  CHECK_EQ(line_error(""), "expected a metric's name, found the end of the line");
  CHECK_EQ(line_error(" a 1"), "expected a metric's name, found \" a 1\"");
  CHECK_EQ(line_error("a"),
           "expected a space and a value after the series, found the end of the line");
  CHECK_EQ(line_error("a\t1"), "expected a space and a value after the series, found \"\\t1\"");
  CHECK_EQ(line_error("a  1"), "expected a space and a value after the series, found \"  1\"");
  CHECK_EQ(line_error("a 1 2 3"),
           "expected the end of the line or an exemplar after the timestamp, found \" 3\"");
  CHECK_EQ(line_error("a 1 "),
           "expected a timestamp, an exemplar or the end of the line after the value, found \" \"");
  CHECK_EQ(line_error("a{b='c'} 1"), "expected a label value in quotes, found \"'c'} 1\"");
  CHECK_EQ(line_error("a{b=\"c\"d=\"e\"} 1"),
           "expected a comma or a closing brace, found \"d=\\\"e\\\"} 1\"");
  CHECK_EQ(line_error("a{b=\"\xff\"} 1"),
           "expected a label value in UTF-8, found \"\\\"\\xff\\\"} 1\"");
  CHECK_EQ(line_error("# comment"),
           "expected # HELP, # TYPE, # UNIT or # EOF (other comments are not OpenMetrics), found "
           "\"# comment\"");
  CHECK_EQ(line_error("# TYPE u untyped"), "invalid metric type \"untyped\"");
  CHECK_EQ(line_error("# UNIT metric suffix"),
           "unit \"suffix\" is not a suffix of metric \"metric\"");
  CHECK_EQ(line_error("a{b=\"1\",b=\"2\"} 1 1"), "label name \"b\" is not unique");
  CHECK_EQ(line_error("{\"a\",\"b\\\\\"=\"1\",\"b\\\\\"=\"2\"} 1 1"),
           "label name \"b\\\\\" is not unique");
  CHECK_EQ(line_error("{\"\",a=\"\"} 1 1"), "a series without labels");
  CHECK_EQ(line_error("a 1 NaN"), "invalid timestamp \"NaN\"");
  CHECK_EQ(line_error("a 1 1e300"), "invalid timestamp \"1e300\"");
  auto cut = "expected a metric's name, found \"" + std::string(40, '-') + "\"...";
  CHECK_EQ(line_error(std::string(50, '-')), cut);
}

TEST_CASE("openmetrics: malformed lines are refused") {
  for (auto bad : {"9",
                   "a{b=\"c\"} ",
                   "a{,b=\"c\"} 1 1",
                   "a{b=\"c\",,d=\"e\"} 1 1",
                   "a{b=} 1 1",
                   "a{b 1",
                   "a{\xff=\"foo\"} 1 1",
                   "a{=\"\"} 1 1",
                   "a{\"\"=\"x\"} 1 1",
                   "a{b=\"c} 1 1",
                   "a{b=\"c\\\"} 1 1",
                   "a{b=\"c\"}1 1",
                   "a {b=\"c\"} 1 1",
                   "a{ b=\"c\"} 1 1",
                   "a{b=\"c\" } 1 1",
                   "a{b:c=\"d\"} 1 1",
                   "{} 1 1",
                   "{a=\"b\"} 1 1",
                   "{\"a\",\"b\"} 1 1",
                   "a{\"b\"} 1 1",
                   "{a} 1 1",
                   "{\"a\",\"b = \"c\"} 1 1",
                   "\"a\" 1 1",
                   "a{__name__=\"b\"} 1 1",
                   "a 0x1p-3 1",
                   "a 1_2 1",
                   "a 1 1_2",
                   "a 1 0x10",
                   "a 1\r",
                   "a 1 1\r",
                   "a 1 1 ",
                   "a 1 +Inf",
                   "{\"a\xff\"} 1 1",
                   "#  TYPE c counter",
                   "#\tTYPE c counter",
                   "#TYPE c counter",
                   "# TYPE ",
                   "# TYPE m",
                   "# TYPE c counter ",
                   "# TYPE c  counter",
                   "# TYPE 9 counter",
                   "# HELP ",
                   "# HELP m",
                   "# HELP m \xff",
                   "# UNIT m",
                   "# UNIT a_s b_s",
                   "# UNIT s s",
                   "# UNIT metricsuffix suffix",
                   "# help m x",
                   "#",
                   "# "}) {
    CHECK_MESSAGE(!parse(std::string(bad) + "\n# EOF\n").status.ok(), bad);
  }
}

TEST_CASE("openmetrics: a name that stands twice among many, or by its escapes") {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "l" + std::to_string(i) + "=\"\",";
  CHECK(samples("a{" + many + "} 1 1\n").size() == 1);
  CHECK_EQ(line_error("a{" + many + "l7=\"\"} 1 1"), "label name \"l7\" is not unique");
  CHECK_EQ(line_error(R"(a{"\q"="1","\\q"="2"} 1 1)"), R"(label name "\\q" is not unique)");
}

TEST_CASE("openmetrics: odd but well-formed lines are taken") {
  for (auto good :
       {"# HELP m ", "# HELP m \\x \\n \"quoted\"", "# UNIT m ", "# UNIT a_s s",
        "# TYPE \"m.n\" gauge", "# HELP \"m.n\" x", "_ 1 1", ":: 1 1", "a{} 1 1", "a{b=\"c\",} 1 1",
        "{\"a\"} 1 1", "{\"a\",} 1 1", "{b=\"c\",\"a\"} 1 1", "a +1. .5", "a{_0=\"\"} 1 1"}) {
    auto parsed = parse(std::string(good) + "\n# EOF\n");
    CHECK_MESSAGE(parsed.status.ok(), parsed.status.message());
  }
}

TEST_CASE("openmetrics: a guess that is wrong changes nothing") {
  const std::string text =
      "a{b=\"c\"} 1 1\na{b=\"c\"} 2 2\na{b=\"cd\"} 3 3\na 4 4\na{b=\"c\"}5 5\n# EOF\n";
  for (auto guess : {"a{b=\"c\"}", "a", "a{b=\"cd\"}", "b"}) {
    Parser parser(read_text(text));
    std::vector<std::string> found;
    while (parser.next(guess)) {
      found.push_back(std::string(parser.series()) + " " + parser.labels().to_string());
    }
    CHECK(found == Samples{R"(a{b="c"} {__name__="a", b="c"})", R"(a{b="c"} {__name__="a", b="c"})",
                           R"(a{b="cd"} {__name__="a", b="cd"})", R"(a {__name__="a"})"});
    CHECK(parser.status().message().starts_with("line 5: "));
  }
}

TEST_CASE("openmetrics: a parser begins where another one stood") {
  const std::string text =
      "# TYPE h histogram\nh{le=\"1\"} 1 1\nh{le=\"2\"} 2 2\n# TYPE g gauge\ng{le=\"3\"} 3 3\n!\n";
  Parser first(read_text(text));
  REQUIRE(first.next());
  REQUIRE(first.next());
  auto position = first.position();
  CHECK_EQ(position.offset, text.find("h{le=\"2\""));
  CHECK_EQ(position.lines, 2);
  Parser second(read_text(text.substr(position.offset)), position);
  REQUIRE(second.next());
  CHECK_EQ(second.labels().to_string(), R"({__name__="h", le="2.0"})");
  REQUIRE(second.next());
  CHECK_EQ(second.labels().to_string(), R"({__name__="g", le="3"})");
  CHECK_FALSE(second.next());
  CHECK(second.status().message().starts_with("line 6: "));
}
