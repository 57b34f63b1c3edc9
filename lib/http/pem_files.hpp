// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file_stamp.hpp"

#include <mnemo/log.hpp>
#include <mnemo/status.hpp>

#include <array>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace mnemo {

/// Where a certificate with its key, and the authorities that a peer's certificate must come from,
/// are kept (PEM). Empty: there is none.
struct PemFiles {
  std::string cert_file = {};
  std::string key_file = {};
  std::string ca_file = {};
};

/// What is in them.
struct PemTexts {
  std::string cert = {};
  std::string key = {};
  std::string ca = {};
};

/// The text of one file. Errors: InvalidArgument, names the file.
Result<std::string> read_pem_text(const std::string& file);

/// Reads the files and checks that the certificate is one and the key is its own, and that there is
/// a certificate among the authorities. Errors: InvalidArgument, names the file.
Result<PemTexts> read_pem_files(const PemFiles& files);

/// The same for texts; `names` are what errors call them.
Status check_pem_texts(const PemTexts& texts, const PemFiles& names);

/// Why the first certificate of `pem` is not valid now ("expired on ...", "not valid before ...");
/// nothing when it is, or isn't a certificate.
std::optional<std::string> validity_fault(const std::string& pem);

/// The system's bundle of authorities; empty where there is none.
std::string system_authorities();

/// PEM files, read again when they change. A set that can't be read or doesn't fit together, as
/// half way through a rotation, is not taken: the last good one stays in use.
///
/// Thread-safe. Files are looked at (not read) at most once in `kInterval`.
class PemWatch {
 public:
  static constexpr std::chrono::milliseconds kInterval{500};

  /// Errors: those of `read_pem_files`.
  static Result<std::shared_ptr<PemWatch>> open(PemFiles files,
                                                std::shared_ptr<Logger> logger = null_logger());

  /// The newest good set; the same object as long as nothing changes.
  std::shared_ptr<const PemTexts> current();

  const PemFiles& files() const { return files_; }

 private:
  using Stamps = std::array<FileStamp, 3>;

  PemWatch(PemFiles files, std::shared_ptr<Logger> logger);
  Stamps stamps() const;
  Status load(const Stamps& now);
  void complain_of_validity() const;

  const PemFiles files_;
  const std::shared_ptr<Logger> logger_;
  std::mutex mutex_;
  Stamps stamps_{};  // of what was read last, good or not
  std::chrono::steady_clock::time_point looked_{};
  std::shared_ptr<const PemTexts> texts_;
};

}  // namespace mnemo
