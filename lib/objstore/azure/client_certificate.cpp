// SPDX-License-Identifier: Apache-2.0
#include "objstore/azure/client_certificate.hpp"

#include "base/file.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include <string_view>
#include <utility>

namespace mnemo::azure {
namespace {

constexpr uint64_t kMaxFileBytes = 1 << 20;

struct Free {
  void operator()(BIO* bio) const { ::BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { ::EVP_PKEY_free(key); }
  void operator()(X509* cert) const { ::X509_free(cert); }
  void operator()(STACK_OF(X509) * certs) const { sk_X509_pop_free(certs, ::X509_free); }
  void operator()(PKCS12* file) const { ::PKCS12_free(file); }
  void operator()(PKCS8_PRIV_KEY_INFO* key) const { ::PKCS8_PRIV_KEY_INFO_free(key); }
  void operator()(OSSL_LIB_CTX* library) const { ::OSSL_LIB_CTX_free(library); }
  void operator()(OSSL_PROVIDER* provider) const { ::OSSL_PROVIDER_unload(provider); }
  void operator()(char* text) const { ::OPENSSL_free(text); }
  void operator()(unsigned char* bytes) const { ::OPENSSL_free(bytes); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

/// Leaves no errors behind in the thread's queue, where a connection would take them for its own.
class ErrorScope {
 public:
  ErrorScope() { ::ERR_set_mark(); }
  ErrorScope(const ErrorScope&) = delete;
  ErrorScope& operator=(const ErrorScope&) = delete;
  ~ErrorScope() { ::ERR_pop_to_mark(); }
};

/// What a file holds, before it is known to fit together.
struct Contents {
  Owned<EVP_PKEY> key;
  std::vector<std::string> certificates;  // DER
};

Status failure(std::string message) { return Status::failed_precondition(std::move(message)); }

Owned<BIO> reader_of(const std::string& text) {
  return Owned<BIO>(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<Contents> read_pem(const std::string& text) {
  Contents contents;
  size_t key_count = 0;
  auto bio = reader_of(text);
  for (;;) {
    char* name = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (::PEM_read_bio(bio.get(), &name, &header, &data, &size) != 1) break;
    Owned<char> name_owner(name);
    Owned<char> header_owner(header);
    Owned<unsigned char> data_owner(data);
    std::string_view kind(name);
    if (kind == "CERTIFICATE") {
      contents.certificates.emplace_back(reinterpret_cast<const char*>(data),
                                         static_cast<size_t>(size));
    } else if (kind.ends_with("PRIVATE KEY")) {
      if (kind == "ENCRYPTED PRIVATE KEY" ||
          std::string_view(header).find("ENCRYPTED") != std::string_view::npos) {
        return failure("the private key is encrypted, which only PKCS#12 files may be");
      }
      ++key_count;
    }
  }
  if (ERR_GET_REASON(::ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return failure("a PEM block is damaged");
  }
  if (key_count > 1) return failure("found more than one private key");
  if (key_count == 0) return contents;
  auto no_password = [](char*, int, int, void*) { return -1; };  // never asks on the terminal
  bio = reader_of(text);
  contents.key.reset(::PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!contents.key) return failure("the private key can't be read");
  return contents;
}

/// The key as one of the default library, which outlives the one that it was read with.
Owned<EVP_PKEY> copy_of(const EVP_PKEY* key) {
  Owned<PKCS8_PRIV_KEY_INFO> info(::EVP_PKEY2PKCS8(key));
  return Owned<EVP_PKEY>(info ? ::EVP_PKCS82PKEY(info.get()) : nullptr);
}

std::string der_of(const X509* cert) {
  unsigned char* bytes = nullptr;
  int size = ::i2d_X509(cert, &bytes);
  Owned<unsigned char> owner(bytes);
  return size > 0 ? std::string(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size))
                  : std::string();
}

/// Parses and decrypts with the algorithms of `library` (null: the default one).
Result<Contents> read_pkcs12(const std::string& data, const std::string& password,
                             OSSL_LIB_CTX* library) {
  auto bio = reader_of(data);
  PKCS12* place = ::PKCS12_init_ex(NID_pkcs7_data, library, nullptr);
  bool is_read = place && ::d2i_PKCS12_bio(bio.get(), &place);
  Owned<PKCS12> file(place);
  if (!is_read) return failure("is neither PEM nor PKCS#12");
  if (::PKCS12_mac_present(place) != 1) return failure("is PKCS#12 without a checksum (MAC)");
  auto size = static_cast<int>(password.size());
  bool is_open = ::PKCS12_verify_mac(place, password.c_str(), size) == 1;
  // There are two ways to write that there is no password.
  if (!is_open && password.empty()) is_open = ::PKCS12_verify_mac(place, nullptr, 0) == 1;
  if (!is_open && password.empty()) {
    return failure("needs a password, AZURE_CLIENT_CERTIFICATE_PASSWORD");
  }
  if (!is_open) return failure("AZURE_CLIENT_CERTIFICATE_PASSWORD is not its password");
  EVP_PKEY* key = nullptr;
  X509* own = nullptr;
  STACK_OF(X509)* others = nullptr;
  if (::PKCS12_parse(place, password.c_str(), &key, &own, &others) != 1) {
    return Status::unimplemented("is encrypted in a way that this OpenSSL doesn't know");
  }
  Owned<EVP_PKEY> key_owner(key);
  Owned<X509> own_owner(own);
  Owned<STACK_OF(X509)> others_owner(others);
  Contents contents;
  if (key) {
    contents.key = copy_of(key);
    if (!contents.key) return failure("the private key can't be read");
  }
  if (own) contents.certificates.push_back(der_of(own));
  for (int i = 0; i < sk_X509_num(others); ++i) {
    contents.certificates.push_back(der_of(sk_X509_value(others, i)));
  }
  return contents;
}

/// Many files are still encrypted with RC2, which OpenSSL has put aside.
Result<Contents> read_old_pkcs12(const std::string& data, const std::string& password) {
  Owned<OSSL_LIB_CTX> library(::OSSL_LIB_CTX_new());
  Owned<OSSL_PROVIDER> usual(::OSSL_PROVIDER_load(library.get(), "default"));
  Owned<OSSL_PROVIDER> old(::OSSL_PROVIDER_load(library.get(), "legacy"));
  auto contents = read_pkcs12(data, password, library.get());
  if (contents.status().code() == Code::kUnimplemented) return failure(contents.status().message());
  return contents;
}

Result<Contents> read_contents(const std::string& data, const std::string& password) {
  if (data.find("-----BEGIN ") != std::string::npos) return read_pem(data);
  auto contents = read_pkcs12(data, password, nullptr);
  if (contents.status().code() != Code::kUnimplemented) return contents;
  return read_old_pkcs12(data, password);
}

Owned<X509> certificate_of(const std::string& der) {
  const auto* begin = reinterpret_cast<const unsigned char*>(der.data());
  const auto* at = begin;
  Owned<X509> cert(::d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  return cert && at == begin + der.size() ? std::move(cert) : nullptr;
}

/// Of several certificates of one key the last is taken, as Go does.
Result<ClientCertificate> fit_together(Contents contents) {
  if (contents.certificates.empty()) return failure("found no certificate");
  if (!contents.key) return failure("found no private key");
  if (::EVP_PKEY_get_base_id(contents.key.get()) != EVP_PKEY_RSA) {
    return failure("the private key is no RSA key");
  }
  ClientCertificate certificate;
  bool has_own = false;
  for (auto& der : contents.certificates) {
    auto cert = certificate_of(der);
    if (!cert) return failure("a certificate can't be read");
    bool is_own = ::X509_check_private_key(cert.get(), contents.key.get()) == 1;
    has_own |= is_own;
    certificate.chain.insert(is_own ? certificate.chain.begin() : certificate.chain.end(),
                             std::move(der));
  }
  if (!has_own) return failure("the private key is of none of its certificates");
  certificate.key = std::move(contents.key);
  return certificate;
}

}  // namespace

Result<ClientCertificate> read_client_certificate(const std::string& file,
                                                  const std::string& password) {
  auto data = read_file(file, kMaxFileBytes);
  if (!data.ok()) return failure(data.status().message());
  ErrorScope scope;
  auto contents = read_contents(*data, password);
  if (!contents.ok()) return contents.status().with_context(file);
  return fit_together(*std::move(contents)).with_context(file);
}

}  // namespace mnemo::azure
