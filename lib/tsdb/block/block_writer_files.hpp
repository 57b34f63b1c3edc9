// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/output_files.hpp"

#include <mnemo/block_writer.hpp>

#include <memory>

namespace mnemo {

/// Lets a BlockWriter change files through another seam than the file system itself, so that tests
/// can let any step of `finish` fail.
class BlockWriterFiles {
 public:
  static void replace(BlockWriter& writer, std::shared_ptr<OutputFiles> files);
};

}  // namespace mnemo
