// SPDX-License-Identifier: Apache-2.0
#include "fuzz/targets.hpp"

namespace mnemo::fuzz {
namespace {

constexpr Target kTargets[] = {
    {"chunk/1", run_chunk<1>},       // XOR
    {"chunk/2", run_chunk<2>},       // histogram
    {"chunk/3", run_chunk<3>},       // float histogram
    {"chunk/4", run_chunk<4>},       // XOR2
    {"chunk/5", run_chunk<5>},       // histogramST
    {"chunk/6", run_chunk<6>},       // floathistogramST
    {"chunk/255", run_chunk<255>},   // aggregate
    {"downsample", run_downsample},  // a series
    {"index", run_index},            //
    {"meta", run_meta},              // meta.json
    {"openmetrics", run_openmetrics},
    {"overlaps", run_overlaps},      // of chunks of a series
    {"promql", run_promql},          // an expression
    {"segment", run_segment},        // of chunks
    {"tombstones", run_tombstones},  //
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

const Target* find_target(std::string_view name) {
  for (const auto& target : kTargets) {
    if (target.name == name) return &target;
  }
  return nullptr;
}

}  // namespace mnemo::fuzz
