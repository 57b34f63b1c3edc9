// SPDX-License-Identifier: Apache-2.0
#include <mnemo/block_meta.hpp>

#include <doctest/doctest.h>

using namespace mnemo;

namespace {

std::string error_of(std::string_view json) {
  auto meta = BlockMeta::parse(json);
  return meta.ok() ? "" : meta.status().to_string();
}

}  // namespace

TEST_CASE("meta: every member survives, in Thanos' order and escapes") {
  const std::string text = R"({
	"ulid": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
	"minTime": -5,
	"maxTime": 10,
	"stats": {
		"numTombstones": 3
	},
	"compaction": {
		"level": 3,
		"deletable": true,
		"failed": true,
		"hints": [
			"from-out-of-order"
		]
	},
	"version": 1,
	"thanos": {
		"version": 1,
		"labels": {
			"a": "\u003cb\u003e \u0026 \"é\""
		},
		"downsample": {
			"resolution": 300000
		},
		"source": "compactor.repair",
		"files": [
			{
				"rel_path": "chunks/000001",
				"size_bytes": 12,
				"hash": {
					"hashFunc": "SHA256",
					"value": "abc"
				}
			},
			{
				"rel_path": "meta.json"
			}
		],
		"rewrites": [
			{
				"sources": [
					"01ARZ3NDEKTSV4RRFFQ69G5FAV"
				],
				"deletions_applied": [
					{
						"matchers": []
					}
				]
			}
		],
		"index_stats": {
			"series_max_size": 64,
			"chunk_max_size": 512
		},
		"extensions": {
			"z": 1.5,
			"a": null
		},
		"upload_time": "2026-06-01T00:00:00Z"
	}
}
)";
  auto meta = BlockMeta::parse(text);
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  CHECK_EQ(meta->to_json(), text);
  CHECK_EQ(meta->thanos->labels.get("a"), "<b> & \"é\"");
  CHECK_EQ(meta->thanos->files[0].hash_func, "SHA256");
  CHECK((meta->range() == TimeRange{-5, 9}));
}

TEST_CASE("meta: what Prometheus writes has no Thanos section and no final new line") {
  BlockMeta meta;
  meta.ulid = *Ulid::parse("01ARZ3NDEKTSV4RRFFQ69G5FAV");
  CHECK_EQ(meta.to_json(), R"({
	"ulid": "01ARZ3NDEKTSV4RRFFQ69G5FAV",
	"minTime": 0,
	"maxTime": 0,
	"stats": {},
	"compaction": {
		"level": 0
	},
	"version": 1
})");
}

TEST_CASE("meta: unknown and null members are passed over") {
  auto meta =
      BlockMeta::parse(R"({"version":1,"stats":null,"more":[{}],"thanos":{"labels":null}})");
  REQUIRE(meta);
  CHECK(meta->thanos.has_value());
}

TEST_CASE("meta: errors say where") {
  CHECK_EQ(error_of("{\"version\": 1,]"), "DataLoss: malformed JSON at offset 14");
  CHECK_EQ(error_of(""), "DataLoss: malformed JSON at offset 0");
  CHECK_EQ(error_of("[]"), "DataLoss: the document is not an object");
  CHECK_EQ(error_of("{\"version\": 9}"), "Unimplemented: version 9 is not supported");
  CHECK_EQ(error_of("{\"version\": 1, \"minTime\": \"x\"}"),
           "DataLoss: minTime is not an integer in range");
  CHECK_EQ(error_of("{\"version\": 1, \"minTime\": 1e300}"),
           "DataLoss: minTime is not an integer in range");
  CHECK_EQ(error_of("{\"version\": 1, \"compaction\": {\"sources\": [1]}}"),
           "DataLoss: compaction.sources[0] is not a string");
  CHECK_EQ(error_of("{\"version\": 1, \"thanos\": {\"version\": 2}}"),
           "Unimplemented: thanos.version 2 is not supported");
  CHECK_EQ(error_of(std::string(100'000, '[')), "DataLoss: JSON is nested too deeply");
}

TEST_CASE("meta: labels by the thousand, which would take long to read, are refused") {
  auto with_labels = [](int count) {
    std::string text = R"({"version":1,"thanos":{"labels":{)";
    for (int i = 0; i < count; ++i) {
      text += (i > 0 ? ",\"l" : "\"l") + std::to_string(i) + R"(":"{:")";
    }
    return text + "}}}";
  };
  auto meta = BlockMeta::parse(with_labels(1000));
  REQUIRE_MESSAGE(meta.ok(), meta.status().to_string());
  CHECK_EQ(meta->thanos->labels.size(), 1000);
  CHECK_EQ(error_of(with_labels(1001)), "DataLoss: JSON has an object of too many members");
}
