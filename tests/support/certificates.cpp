// SPDX-License-Identifier: Apache-2.0
#include "support/certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <memory>

namespace mnemo::testing {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<FILE, decltype(&fclose)>;

File open_file(const std::filesystem::path& path, const char* mode) {
  return {fopen(path.c_str(), mode), &fclose};
}

void add_extension(X509* cert, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

void write_certificate(const std::filesystem::path& dir, const std::string& name,
                       const std::string& ca, const std::string& host, long hours) {
  static long serial = 1;
  Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  Certificate cert(X509_new(), &X509_free);
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), hours * 3600);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  add_extension(cert.get(), NID_basic_constraints, ca.empty() ? "critical,CA:TRUE" : "CA:FALSE");
  if (!host.empty()) add_extension(cert.get(), NID_subject_alt_name, host);
  if (ca.empty()) {
    X509_set_issuer_name(cert.get(), subject);
    X509_sign(cert.get(), key.get(), EVP_sha256());
  } else {
    auto ca_cert_file = open_file(dir / (ca + ".crt"), "r");
    Certificate issuer(PEM_read_X509(ca_cert_file.get(), nullptr, nullptr, nullptr), &X509_free);
    auto ca_key_file = open_file(dir / (ca + ".key"), "r");
    Key issuer_key(PEM_read_PrivateKey(ca_key_file.get(), nullptr, nullptr, nullptr),
                   &EVP_PKEY_free);
    X509_set_issuer_name(cert.get(), X509_get_subject_name(issuer.get()));
    X509_sign(cert.get(), issuer_key.get(), EVP_sha256());
  }
  auto cert_file = open_file(dir / (name + ".crt"), "w");
  PEM_write_X509(cert_file.get(), cert.get());
  auto key_file = open_file(dir / (name + ".key"), "w");
  PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

}  // namespace mnemo::testing
