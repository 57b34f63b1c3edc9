// SPDX-License-Identifier: Apache-2.0
// Slows a program's writing below one folder, so that a test can interrupt it between two files;
// and notes each file that gets its name there. For LD_PRELOAD. Environment:
//   MNEMO_SLOW_IO_DIR    the folder (absolute, without links)
//   MNEMO_SLOW_IO_MS     how long each write, fsync, rename and link below it takes, in
//   milliseconds MNEMO_SLOW_IO_LOG    a file to which a line "put <path below the folder>" is
//   appended after each
//                        rename or link into it
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

#define MNEMO_REPLACES extern "C" __attribute__((visibility("default")))

namespace {

template <typename Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

std::string_view setting(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

std::string path_of(int descriptor) {
  if (descriptor == AT_FDCWD) return ".";
  char path[PATH_MAX];
  auto link = "/proc/self/fd/" + std::to_string(descriptor);
  auto size = ::readlink(link.c_str(), path, sizeof(path));
  return size < 0 ? std::string() : std::string(path, static_cast<size_t>(size));
}

std::string path_at(int folder, const char* name) {
  return name[0] == '/' ? name : path_of(folder) + "/" + name;
}

/// The part of `path` below the slow folder, empty where it is elsewhere.
std::string_view below_slow_folder(std::string_view path) {
  auto folder = setting("MNEMO_SLOW_IO_DIR");
  if (folder.empty() || !path.starts_with(folder)) return {};
  path.remove_prefix(folder.size());
  return path.starts_with('/') ? path.substr(1) : std::string_view();
}

void pause_a_little() {
  int kept = errno;
  long ms = std::strtol(std::string(setting("MNEMO_SLOW_IO_MS")).c_str(), nullptr, 10);
  timespec time = {ms / 1000, ms % 1000 * 1000000};
  ::nanosleep(&time, nullptr);
  errno = kept;
}

void slow_down(int descriptor) {
  int kept = errno;
  if (!below_slow_folder(path_of(descriptor)).empty()) pause_a_little();
  errno = kept;
}

void note_put(std::string_view path) {
  std::string file(setting("MNEMO_SLOW_IO_LOG"));
  int log = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return;
  auto line = "put " + std::string(path) + "\n";
  // One call: a line is in the log whole or not at all.
  static auto* const write_line = original<ssize_t(int, const void*, size_t)>("write");
  static_cast<void>(write_line(log, line.data(), line.size()));
  ::close(log);
}

/// Carries out a call that gives a file the name `to`, slowly, and notes it.
template <typename Call>
int put_slowly(const std::string& to, Call call) {
  auto name = below_slow_folder(to);
  if (name.empty()) return call();
  pause_a_little();
  int result = call();
  int kept = errno;
  if (result == 0) note_put(name);
  pause_a_little();
  errno = kept;
  return result;
}

}  // namespace

MNEMO_REPLACES ssize_t write(int descriptor, const void* data, size_t size) {
  static auto* const call = original<ssize_t(int, const void*, size_t)>("write");
  slow_down(descriptor);
  return call(descriptor, data, size);
}

MNEMO_REPLACES int fsync(int descriptor) {
  static auto* const call = original<int(int)>("fsync");
  slow_down(descriptor);
  return call(descriptor);
}

MNEMO_REPLACES int fdatasync(int descriptor) {
  static auto* const call = original<int(int)>("fdatasync");
  slow_down(descriptor);
  return call(descriptor);
}

MNEMO_REPLACES int rename(const char* from, const char* to) noexcept {
  static auto* const call = original<int(const char*, const char*)>("rename");
  return put_slowly(path_at(AT_FDCWD, to), [&] { return call(from, to); });
}

MNEMO_REPLACES int renameat(int from_folder, const char* from, int to_folder,
                            const char* to) noexcept {
  static auto* const call = original<int(int, const char*, int, const char*)>("renameat");
  return put_slowly(path_at(to_folder, to), [&] { return call(from_folder, from, to_folder, to); });
}

MNEMO_REPLACES int renameat2(int from_folder, const char* from, int to_folder, const char* to,
                             unsigned int flags) noexcept {
  static auto* const call =
      original<int(int, const char*, int, const char*, unsigned int)>("renameat2");
  return put_slowly(path_at(to_folder, to),
                    [&] { return call(from_folder, from, to_folder, to, flags); });
}

MNEMO_REPLACES int link(const char* from, const char* to) noexcept {
  static auto* const call = original<int(const char*, const char*)>("link");
  return put_slowly(path_at(AT_FDCWD, to), [&] { return call(from, to); });
}

MNEMO_REPLACES int linkat(int from_folder, const char* from, int to_folder, const char* to,
                          int flags) noexcept {
  static auto* const call = original<int(int, const char*, int, const char*, int)>("linkat");
  return put_slowly(path_at(to_folder, to),
                    [&] { return call(from_folder, from, to_folder, to, flags); });
}
