#include "engine/core/digest.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "engine/core/hex.h"
#include "engine/core/limits.h"

namespace kubediag {
namespace {

// The project's name space for version 5 UUIDs; any constant does, as long as it never changes.
constexpr std::array<uint8_t, 16> kNamespace = {0x7b, 0x1d, 0x5e, 0x0c, 0x9a, 0x34, 0x4f, 0x62,
                                                0x8c, 0x51, 0x2e, 0xd7, 0x43, 0x90, 0xab, 0x16};

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), digest.data());
  return HexOfBytes(digest.data(), digest.size());
}

Result<FileDigest> Sha256OfFile(int fd) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
    return Status::Internal("SHA-256 is not available");
  }
  FileDigest file;
  std::array<uint8_t, 64 * kKiB> piece{};
  for (;;) {
    const ssize_t got = read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Status::FromErrno("read", errno);
    if (got == 0) break;
    file.size += static_cast<uint64_t>(got);
    EVP_DigestUpdate(context.get(), piece.data(), static_cast<size_t>(got));
  }
  std::array<uint8_t, SHA256_DIGEST_LENGTH> digest{};
  EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
  file.sha256 = HexOfBytes(digest.data(), digest.size());
  return file;
}

std::string UuidV5(std::string_view name) {
  std::string input(reinterpret_cast<const char*>(kNamespace.data()), kNamespace.size());
  input.append(name);
  std::array<uint8_t, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const uint8_t*>(input.data()), input.size(), digest.data());
  digest[6] = static_cast<uint8_t>((digest[6] & 0x0f) | 0x50);
  digest[8] = static_cast<uint8_t>((digest[8] & 0x3f) | 0x80);
  std::string text = HexOfBytes(digest.data(), 16);
  for (size_t position : {8U, 13U, 18U, 23U}) text.insert(position, 1, '-');
  return text;
}

}  // namespace kubediag
