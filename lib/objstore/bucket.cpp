// SPDX-License-Identifier: Apache-2.0
#include <mnemo/bucket.hpp>

namespace mnemo {

Result<bool> Bucket::exists(const Context& context, std::string_view name) {
  auto found = attributes(context, name);
  if (found.ok()) return true;
  if (found.status().code() == Code::kNotFound) return false;
  return std::move(found).status();
}

}  // namespace mnemo
