// SPDX-License-Identifier: Apache-2.0
#include "base/digest.hpp"
#include "base/file.hpp"
#include "fake_entra.hpp"
#include "objstore/azure/token.hpp"
#include "support/temp_dir.hpp"

#include <nlohmann/json.hpp>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>

using namespace mnemo;
using namespace mnemo::azure;
using namespace mnemo::testing;
using nlohmann::json;

namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

Key take(EVP_PKEY* key) { return {key, &EVP_PKEY_free}; }

const Key& own_key() {
  static const Key key = take(EVP_RSA_gen(2048));
  return key;
}

const Key& other_key() {
  static const Key key = take(EVP_RSA_gen(2048));
  return key;
}

/// Signed by itself.
Certificate certificate_of(const Key& key, const std::string& name) {
  Certificate cert(X509_new(), &X509_free);
  X509_set_version(cert.get(), 2);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
  X509_set_pubkey(cert.get(), key.get());
  auto* subject = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(cert.get(), subject);
  X509_sign(cert.get(), key.get(), EVP_sha256());
  return cert;
}

/// What `write` puts into a BIO.
template <typename Write>
std::string written(Write write) {
  std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), &BIO_free);
  REQUIRE_EQ(write(bio.get()), 1);
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(size)};
}

std::string pem_of(const Certificate& cert) {
  return written([&](BIO* bio) { return PEM_write_bio_X509(bio, cert.get()); });
}

std::string pem_of(const Key& key) {
  return written([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string encrypted_pem_of(const Key& key) {
  return written([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key.get(), EVP_aes_256_cbc(), "OPENSESAME", 10,
                                         nullptr, nullptr);
  });
}

/// "RSA PRIVATE KEY" or "EC PRIVATE KEY".
std::string traditional_pem_of(const Key& key, const EVP_CIPHER* cipher = nullptr) {
  std::string password = "OPENSESAME";
  return written([&](BIO* bio) {
    return PEM_write_bio_PrivateKey_traditional(
        bio, key.get(), cipher,
        cipher ? reinterpret_cast<unsigned char*>(password.data()) : nullptr, cipher ? 10 : 0,
        nullptr, nullptr);
  });
}

std::string der_of(const Certificate& cert) {
  return written([&](BIO* bio) { return i2d_X509_bio(bio, cert.get()); });
}

/// A PKCS#12 file, encrypted as OpenSSL does it today; with `old`, a library of its old algorithms,
/// as it did before.
std::string pkcs12_of(const Key& key, const Certificate& cert, const char* password,
                      const Certificate& other = nullptr, OSSL_LIB_CTX* old = nullptr) {
  STACK_OF(X509)* others = sk_X509_new_null();
  if (other) sk_X509_push(others, other.get());
  int key_cipher = old ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : 0;
  int cert_cipher = old ? NID_pbe_WithSHA1And40BitRC2_CBC : 0;
  std::unique_ptr<PKCS12, decltype(&PKCS12_free)> file(
      PKCS12_create_ex(password, "name", key.get(), cert.get(), others, key_cipher, cert_cipher, 0,
                       0, 0, old, nullptr),
      &PKCS12_free);
  sk_X509_free(others);
  REQUIRE(file);
  return written([&](BIO* bio) { return i2d_PKCS12_bio(bio, file.get()); });
}

std::string bytes_of(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  auto bytes = parse_base64(text);
  REQUIRE(bytes);
  return *bytes;
}

/// The parts of a JWT.
struct Assertion {
  json header;
  json claims;
  std::string signed_text;
  std::string signature;

  explicit Assertion(const PeerRequest& request) {
    const std::string name = "&client_assertion=";
    auto at = request.body.find(name);
    REQUIRE_NE(at, std::string::npos);
    auto text = request.body.substr(at + name.size());
    auto first = text.find('.');
    auto second = text.find('.', first + 1);
    REQUIRE_NE(second, std::string::npos);
    header = json::parse(bytes_of(text.substr(0, first)));
    claims = json::parse(bytes_of(text.substr(first + 1, second - first - 1)));
    signed_text = text.substr(0, second);
    signature = bytes_of(text.substr(second + 1));
  }

  bool is_signed_by(const Certificate& cert) const {
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> check(EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free);
    EVP_PKEY_CTX* options = nullptr;
    EVP_DigestVerifyInit(check.get(), &options, EVP_sha256(), nullptr,
                         X509_get0_pubkey(cert.get()));
    EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
    return EVP_DigestVerify(check.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                            signature.size(),
                            reinterpret_cast<const unsigned char*>(signed_text.data()),
                            signed_text.size()) == 1;
  }
};

std::string thumbprint_of(const Certificate& cert) {
  std::array<unsigned char, 32> digest{};
  unsigned int size = 0;
  REQUIRE_EQ(X509_digest(cert.get(), EVP_sha256(), digest.data(), &size), 1);
  return {reinterpret_cast<const char*>(digest.data()), size};
}

/// An environment that names a certificate's file, and Entra ID, which gives tokens.
struct Entra {
  ScopedVariables variables;
  TempDir folder;
  std::string file = (folder.path() / "client.pem").string();
  FakeServer server{tokens()};

  explicit Entra(const std::string& content) {
    clear(variables).set("AZURE_AUTHORITY_HOST", server.url());
    variables.set("AZURE_TENANT_ID", "tenant");
    variables.set("AZURE_CLIENT_ID", "client");
    variables.set("AZURE_CLIENT_CERTIFICATE_PATH", file);
    write(content);
  }

  void write(const std::string& content) const {
    REQUIRE(write_file_atomically(file, content).ok());
  }
  void set_password(const std::string& password) {
    variables.set("AZURE_CLIENT_CERTIFICATE_PASSWORD", password);
  }
  /// The token, or why there is none.
  std::string fetch(BucketEnvironment environment = quick_environment()) const {
    auto source = token_source({}, environment);
    if (!source.ok()) return source.status().to_string();
    auto token = (*source)->fetch(Context().with_timeout(std::chrono::seconds(10)));
    return token.ok() ? token->text : token.status().to_string();
  }
  Assertion last_assertion() const {
    auto requests = server.requests();
    REQUIRE_FALSE(requests.empty());
    return Assertion(requests.back());
  }
};

/// How a file is refused, without what every refusal begins with.
std::string refusal_of(const std::string& content, const std::string& password = {}) {
  Entra entra(content);
  if (!password.empty()) entra.set_password(password);
  auto message = entra.fetch();
  CHECK_EQ(entra.server.count(), 0);
  CHECK_FALSE(has(message, "OPENSESAME"));
  const auto start = "FailedPrecondition: AZURE_CLIENT_CERTIFICATE_PATH: " + entra.file + ": ";
  return message.starts_with(start) ? message.substr(start.size()) : "unexpected: " + message;
}

}  // namespace

TEST_CASE("azure: a client certificate's key signs what Entra ID gives a token for") {
  auto cert = certificate_of(own_key(), "app");
  Entra entra(pem_of(own_key()) + pem_of(cert));
  auto environment = quick_environment();
  environment.now_ms = [] { return int64_t{1'700'000'000'999}; };
  CHECK_EQ(entra.fetch(environment), "T0");
  CHECK_EQ(entra.server.lines()[0], "POST /tenant/oauth2/v2.0/token");
  CHECK(entra.server.requests()[0].body.starts_with(
      "client_id=client&grant_type=client_credentials&scope=https%3A%2F%2Fstorage.azure.com%2F"
      ".default&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-"
      "bearer&client_assertion="));
  auto assertion = entra.last_assertion();
  CHECK(assertion.is_signed_by(cert));
  CHECK_FALSE(assertion.is_signed_by(certificate_of(other_key(), "app")));
  auto thumbprint = assertion.header["x5t#S256"].get<std::string>();
  CHECK_EQ(thumbprint.size(), 43);  // no padding
  CHECK_EQ(bytes_of(thumbprint), thumbprint_of(cert));
  assertion.header.erase("x5t#S256");
  CHECK_EQ(assertion.header, json({{"alg", "PS256"}, {"typ", "JWT"}}));
  auto id = assertion.claims["jti"].get<std::string>();
  CHECK_EQ(id.size(), 36);
  assertion.claims.erase("jti");
  CHECK_EQ(assertion.claims, json({{"aud", entra.server.url() + "/tenant/oauth2/v2.0/token"},
                                   {"iss", "client"},
                                   {"sub", "client"},
                                   {"nbf", 1'700'000'000},
                                   {"exp", 1'700'000'600}}));
  CHECK_EQ(entra.fetch(environment), "T1");
  CHECK_NE(entra.last_assertion().claims["jti"].get<std::string>(), id);
}

TEST_CASE("azure: the certificate's chain is sent where it is asked for, its own first") {
  auto cert = certificate_of(own_key(), "app");
  auto issuer = certificate_of(other_key(), "issuer");
  Entra entra(pem_of(issuer) + pem_of(cert) + traditional_pem_of(own_key()));
  for (const char* yes : {"1", "true", "True"}) {
    entra.variables.set("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", yes);
    REQUIRE(has(entra.fetch(), "T"));
    auto assertion = entra.last_assertion();
    CHECK(assertion.is_signed_by(cert));
    CHECK_EQ(assertion.header["x5c"],
             json({base64_text(der_of(cert)), base64_text(der_of(issuer))}));
  }
  entra.variables.set("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "yes");
  entra.fetch();
  CHECK_FALSE(entra.last_assertion().header.contains("x5c"));
}

TEST_CASE("azure: a client certificate that was replaced is taken for the next token") {
  auto before = certificate_of(own_key(), "before");
  auto after = certificate_of(other_key(), "after");
  Entra entra(pem_of(own_key()) + pem_of(before));
  auto source = *token_source({}, quick_environment());
  REQUIRE(source->fetch(Context()).ok());
  CHECK(entra.last_assertion().is_signed_by(before));
  entra.write(pem_of(other_key()) + pem_of(after));
  REQUIRE(source->fetch(Context()).ok());
  auto assertion = entra.last_assertion();
  CHECK(assertion.is_signed_by(after));
  CHECK_EQ(bytes_of(assertion.header["x5t#S256"]), thumbprint_of(after));
}

TEST_CASE("azure: a client certificate in PKCS#12, with and without a password") {
  auto cert = certificate_of(own_key(), "app");
  auto issuer = certificate_of(other_key(), "issuer");
  Entra entra(pkcs12_of(own_key(), cert, "OPENSESAME", issuer));
  entra.set_password("OPENSESAME");
  entra.variables.set("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "true");
  CHECK_EQ(entra.fetch(), "T0");
  CHECK(entra.last_assertion().is_signed_by(cert));
  CHECK_EQ(entra.last_assertion().header["x5c"],
           json({base64_text(der_of(cert)), base64_text(der_of(issuer))}));
  entra.variables.unset("AZURE_CLIENT_CERTIFICATE_PASSWORD");
  entra.write(pkcs12_of(own_key(), cert, ""));
  CHECK_EQ(entra.fetch(), "T1");
  entra.write(pkcs12_of(own_key(), cert, nullptr));
  CHECK_EQ(entra.fetch(), "T2");
  CHECK(entra.last_assertion().is_signed_by(cert));
}

TEST_CASE("azure: a client certificate in PKCS#12 that is encrypted with RC2") {
  std::unique_ptr<OSSL_LIB_CTX, decltype(&OSSL_LIB_CTX_free)> library(OSSL_LIB_CTX_new(),
                                                                      &OSSL_LIB_CTX_free);
  auto* usual = OSSL_PROVIDER_load(library.get(), "default");
  auto* old = OSSL_PROVIDER_load(library.get(), "legacy");
  if (old) {
    auto cert = certificate_of(own_key(), "app");
    Entra entra(pkcs12_of(own_key(), cert, "OPENSESAME", nullptr, library.get()));
    entra.set_password("OPENSESAME");
    CHECK_EQ(entra.fetch(), "T0");
    CHECK(entra.last_assertion().is_signed_by(cert));
    OSSL_PROVIDER_unload(old);
  } else {
    MESSAGE("skipped: OpenSSL's old algorithms are not installed");
  }
  OSSL_PROVIDER_unload(usual);
}

TEST_CASE("azure: client certificates that can't be used are refused, each with its reason") {
  auto cert = certificate_of(own_key(), "app");
  auto key_text = pem_of(own_key());
  auto cert_text = pem_of(cert);
  auto elliptic = take(EVP_EC_gen("P-256"));
  auto elliptic_cert = pem_of(certificate_of(elliptic, "app"));
  CHECK_EQ(refusal_of(cert_text), "found no private key");
  CHECK_EQ(refusal_of(key_text), "found no certificate");
  CHECK_EQ(refusal_of(cert_text + pem_of(other_key())),
           "the private key is of none of its certificates");
  CHECK_EQ(refusal_of(cert_text + key_text + pem_of(other_key())),
           "found more than one private key");
  CHECK_EQ(refusal_of(elliptic_cert + pem_of(elliptic)), "the private key is no RSA key");
  CHECK_EQ(refusal_of(elliptic_cert + traditional_pem_of(elliptic)),
           "the private key is no RSA key");
  const std::string encrypted = "the private key is encrypted, which only PKCS#12 files may be";
  CHECK_EQ(refusal_of(encrypted_pem_of(own_key()) + cert_text), encrypted);
  CHECK_EQ(refusal_of(encrypted_pem_of(own_key()) + cert_text, "OPENSESAME"), encrypted);
  CHECK_EQ(refusal_of(cert_text + traditional_pem_of(own_key(), EVP_aes_256_cbc())), encrypted);
  CHECK_EQ(refusal_of(cert_text + key_text.substr(0, 400)), "a PEM block is damaged");
  const std::string junk = "AAAA\n-----END ";
  CHECK_EQ(refusal_of(cert_text + "-----BEGIN PRIVATE KEY-----\n" + junk + "PRIVATE KEY-----\n"),
           "the private key can't be read");
  CHECK_EQ(refusal_of(key_text + "-----BEGIN CERTIFICATE-----\n" + junk + "CERTIFICATE-----\n"),
           "a certificate can't be read");
}

TEST_CASE("azure: PKCS#12 that can't be used is refused, each with its reason") {
  auto cert = certificate_of(own_key(), "app");
  auto file = pkcs12_of(own_key(), cert, "OPENSESAME");
  CHECK_EQ(refusal_of(file, "WRONG"), "AZURE_CLIENT_CERTIFICATE_PASSWORD is not its password");
  CHECK_EQ(refusal_of(file), "needs a password, AZURE_CLIENT_CERTIFICATE_PASSWORD");
  CHECK_EQ(refusal_of(pkcs12_of(nullptr, cert, "P"), "P"), "found no private key");
  CHECK_EQ(refusal_of(pkcs12_of(own_key(), nullptr, "P"), "P"), "found no certificate");
  auto elliptic = take(EVP_EC_gen("P-256"));
  CHECK_EQ(refusal_of(pkcs12_of(elliptic, certificate_of(elliptic, "app"), "P"), "P"),
           "the private key is no RSA key");
  const std::string neither = "is neither PEM nor PKCS#12";
  CHECK_EQ(refusal_of(""), neither);
  CHECK_EQ(refusal_of("OPENSESAME is garbage"), neither);
  CHECK_EQ(refusal_of(der_of(cert)), neither);
  for (size_t size = 1; size < file.size(); size += 97) {
    CHECK_EQ(refusal_of(file.substr(0, size), "OPENSESAME"), neither);
  }
}

TEST_CASE("azure: a client certificate's file that isn't there is named") {
  Entra entra("");
  REQUIRE(std::filesystem::remove(entra.file));
  auto message = entra.fetch();
  CHECK(has(message, "FailedPrecondition: AZURE_CLIENT_CERTIFICATE_PATH: "));
  CHECK(has(message, entra.file));
  CHECK(has(message, "No such file"));
}

TEST_CASE("azure: a secret goes before a client certificate, and that before a pod's token") {
  Entra entra(pem_of(own_key()) + pem_of(certificate_of(own_key(), "app")));
  entra.variables.set("AZURE_FEDERATED_TOKEN_FILE", "/nowhere");
  CHECK_EQ(entra.fetch(), "T0");
  CHECK_EQ(entra.last_assertion().header["alg"], "PS256");
  entra.variables.set("AZURE_CLIENT_SECRET", "SECRET");
  CHECK_EQ(entra.fetch(), "T1");
  CHECK(entra.server.requests().back().body.ends_with("&client_secret=SECRET"));
}
