// SPDX-License-Identifier: Apache-2.0
#include "query/active_queries.hpp"

#include "base/json_text.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

namespace mnemo {
namespace {

constexpr size_t kSlotSize = 1000;
constexpr size_t kMaxSlots = 10'000;         // 10 MB, whatever is allowed to run
constexpr uint64_t kMaxFileSize = 64 << 20;  // of what another run left
constexpr const char* kFileName = "queries.active";

/// The first bytes of a text, no character of it cut in two.
std::string_view prefix(std::string_view text, size_t size) {
  if (size >= text.size()) return text;
  while (size > 0 && (static_cast<uint8_t>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

/// `{"query":"...","timestamp_sec":1}`, at most a slot with its comma.
std::string entry_json(std::string_view query, int64_t time) {
  std::string end = ",\"timestamp_sec\":" + std::to_string(time) + "}";
  size_t room = kSlotSize - 1 - end.size();
  query = prefix(query, kSlotSize);
  while (true) {
    std::string entry = "{\"query\":";
    append_json_string(entry, query);
    if (entry.size() <= room) return entry + end;
    size_t excess = std::max<size_t>(1, (entry.size() - room) / 6);  // "\u0000" is the longest
    query = prefix(query, query.size() - excess);
  }
}

/// What is left of a file when its empty slots are gone, as an array.
std::string array_of(std::string content) {
  content.erase(std::remove(content.begin(), content.end(), '\0'), content.end());
  if (content.size() <= 1 || content[0] != '[') return {};
  content.back() = ']';  // it was a comma
  return content;
}

std::string left_behind(const std::filesystem::path& path) {
  auto content = read_file(path, kMaxFileSize);
  return content ? array_of(*std::move(content)) : std::string();
}

}  // namespace

Result<std::unique_ptr<ActiveQueries>> ActiveQueries::open(const std::filesystem::path& folder,
                                                           size_t max_queries) {
  max_queries = std::min(max_queries, kMaxSlots);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return errno_status(error.value(), "create folder", folder);
  auto path = folder / kFileName;
  std::string unfinished = left_behind(path);
  MNEMO_TRY(auto file, FileDescriptor::open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  // All of it is written now, so that the disk has room for it later.
  std::string empty(1 + max_queries * kSlotSize, '\0');
  empty[0] = '[';
  MNEMO_RETURN_IF_ERROR(file.write_all(empty, path));
  return std::unique_ptr<ActiveQueries>(
      new ActiveQueries(std::move(file), std::move(unfinished), max_queries));
}

ActiveQueries::ActiveQueries(FileDescriptor file, std::string unfinished, size_t max_queries)
    : file_(std::move(file)), unfinished_(std::move(unfinished)) {
  for (size_t slot = max_queries; slot > 0; --slot) free_.push_back(slot - 1);
}

ActiveQueries::Entry ActiveQueries::insert(std::string_view query, int64_t time) {
  size_t slot = 0;
  {
    std::lock_guard lock(mutex_);
    if (free_.empty()) return {nullptr, 0};
    slot = free_.back();
    free_.pop_back();
  }
  std::string content = entry_json(query, time);
  content.resize(kSlotSize);
  content.back() = ',';
  write(slot, content);
  return {this, slot};
}

void ActiveQueries::remove(size_t slot) {
  write(slot, std::string(kSlotSize, '\0'));
  std::lock_guard lock(mutex_);
  free_.push_back(slot);
}

/// The log is for diagnosis: a query doesn't fail for it.
void ActiveQueries::write(size_t slot, std::string_view content) const {
  auto offset = static_cast<off_t>(1 + slot * kSlotSize);
  (void)!::pwrite(file_.get(), content.data(), content.size(), offset);
}

}  // namespace mnemo
