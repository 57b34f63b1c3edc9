// SPDX-License-Identifier: Apache-2.0
#include "http/pem_files.hpp"

#include "base/file.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <utility>

namespace mnemo {
namespace {

constexpr uint64_t kMaxPemBytes = 16 << 20;

using BioPointer = std::unique_ptr<BIO, decltype(&BIO_free)>;
using CertPointer = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

BioPointer reader_of(const std::string& text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

CertPointer first_certificate(const std::string& pem) {
  auto bio = reader_of(pem);
  return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free};
}

Result<CertPointer> parse_certificate(const std::string& pem, const std::string& file) {
  auto cert = first_certificate(pem);
  if (!cert) return Status::invalid_argument(file + ": no PEM certificate in it");
  return cert;
}

std::string time_text(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unknown time";
  std::array<char, 32> text{};
  auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

}  // namespace

Result<std::string> read_pem_text(const std::string& file) {
  auto text = read_file(file, kMaxPemBytes);
  if (!text) return Status::invalid_argument(text.status().message());
  return text;
}

Status check_pem_texts(const PemTexts& texts, const PemFiles& names) {
  if (texts.cert.empty() != texts.key.empty()) {
    return Status::invalid_argument("a certificate and its key go together: both or neither");
  }
  if (!texts.ca.empty()) MNEMO_RETURN_IF_ERROR(parse_certificate(texts.ca, names.ca_file).status());
  if (texts.cert.empty()) return {};
  MNEMO_TRY(auto cert, parse_certificate(texts.cert, names.cert_file));
  auto bio = reader_of(texts.key);
  // An encrypted key must not ask on the terminal.
  auto no_password = [](char*, int, int, void*) { return -1; };
  KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr), &EVP_PKEY_free);
  if (!key) return Status::invalid_argument(names.key_file + ": no PEM private key in it");
  if (X509_check_private_key(cert.get(), key.get()) != 1) {
    return Status::invalid_argument(names.key_file + " is not the key of " + names.cert_file);
  }
  return {};
}

Result<PemTexts> read_pem_files(const PemFiles& files) {
  auto read = [](const std::string& file, std::string_view what) -> Result<std::string> {
    if (file.empty()) return std::string();
    return read_pem_text(file).with_context(what);
  };
  PemTexts texts;
  MNEMO_TRY(texts.cert, read(files.cert_file, "certificate"));
  MNEMO_TRY(texts.key, read(files.key_file, "key"));
  MNEMO_TRY(texts.ca, read(files.ca_file, "CA"));
  if (!files.ca_file.empty() && texts.ca.empty()) {
    return Status::invalid_argument(files.ca_file + ": no PEM certificate in it");
  }
  MNEMO_RETURN_IF_ERROR(check_pem_texts(texts, files));
  return texts;
}

std::optional<std::string> validity_fault(const std::string& pem) {
  auto cert = first_certificate(pem);
  if (!cert) return std::nullopt;
  const auto* begin = X509_get0_notBefore(cert.get());
  const auto* end = X509_get0_notAfter(cert.get());
  if (X509_cmp_current_time(end) < 0) return "expired on " + time_text(end);
  if (X509_cmp_current_time(begin) > 0) return "is not valid before " + time_text(begin);
  return std::nullopt;
}

std::string system_authorities() {
  static constexpr std::array<const char*, 3> kPlaces = {"/etc/ssl/certs/ca-certificates.crt",
                                                         "/etc/pki/tls/certs/ca-bundle.crt",
                                                         "/etc/ssl/ca-bundle.pem"};
  for (const char* place : kPlaces) {
    auto text = read_file(place, kMaxPemBytes);
    if (text) return *std::move(text);
  }
  return {};
}

PemWatch::PemWatch(PemFiles files, std::shared_ptr<Logger> logger)
    : files_(std::move(files)), logger_(logger ? std::move(logger) : null_logger()) {}

Result<std::shared_ptr<PemWatch>> PemWatch::open(PemFiles files, std::shared_ptr<Logger> logger) {
  std::shared_ptr<PemWatch> watch(new PemWatch(std::move(files), std::move(logger)));
  MNEMO_RETURN_IF_ERROR(watch->load(watch->stamps()));
  watch->looked_ = std::chrono::steady_clock::now();
  return watch;
}

PemWatch::Stamps PemWatch::stamps() const {
  return {stamp_of(files_.cert_file), stamp_of(files_.key_file), stamp_of(files_.ca_file)};
}

Status PemWatch::load(const Stamps& now) {
  MNEMO_TRY(auto texts, read_pem_files(files_));
  texts_ = std::make_shared<const PemTexts>(std::move(texts));
  stamps_ = now;
  complain_of_validity();
  return {};
}

/// Peers will refuse it, and say less clearly why.
void PemWatch::complain_of_validity() const {
  if (auto fault = validity_fault(texts_->cert)) {
    logger_->error("certificate is not valid",
                   {{"file", files_.cert_file}, {"err", files_.cert_file + " " + *fault}});
  }
}

std::shared_ptr<const PemTexts> PemWatch::current() {
  std::lock_guard lock(mutex_);
  auto now = std::chrono::steady_clock::now();
  if (now - looked_ < kInterval) return texts_;
  looked_ = now;
  auto found = stamps();
  if (found == stamps_) return texts_;
  auto status = load(found);
  stamps_ = found;
  if (status.ok()) {
    logger_->info("certificates were read again",
                  {{"file", files_.cert_file.empty() ? files_.ca_file : files_.cert_file}});
  } else {
    logger_->warn("changed certificates are not usable, the old ones stay",
                  {{"err", status.message()}});
  }
  return texts_;
}

}  // namespace mnemo
