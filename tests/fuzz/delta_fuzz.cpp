// A commit's delta from any bytes: whole items, one encoding.
#include <cstdlib>

#include "vault/base/writer.hpp"
#include "vault/store/hash_tree.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  vault::ByteView bytes = std::as_bytes(std::span(data, size));
  auto changes = vault::decode_delta(bytes);
  if (!changes) return 0;
  require(changes->size() * vault::kDeltaItemSize == size);
  vault::Writer out;
  for (const vault::ItemChange& change : *changes) encode(out, change);
  require(vault::equal(out.bytes(), bytes));
  return 0;
}
