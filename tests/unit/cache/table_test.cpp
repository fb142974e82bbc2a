#include "cache/table.h"

#include <random>

#include "support/catch.h"

using npverify::cache::Digest;
using npverify::cache::digest_of;
using npverify::cache::Hasher;
using npverify::cache::Table;

namespace {

const Digest owner = digest_of("owner");

Digest key(int number) { return digest_of("key " + std::to_string(number)); }
std::string text(int number) { return std::string(static_cast<size_t>(number % 7), 'x') + std::to_string(number); }

Table table_of(int count) {
  Table table;
  for (int i = 0; i < count; ++i) table.put(key(i), text(i));
  return table;
}

}  // namespace

TEST_CASE("digests are SHA-256", "[cache]") {
  const Digest digest = digest_of("abc");
  CHECK(digest[0] == 0xba);
  CHECK(digest[1] == 0x78);
  CHECK(digest[31] == 0xad);
}

TEST_CASE("a checksum tells every change of one bit, and zeros at the end", "[cache]") {
  for (const size_t size : {1, 8, 31, 32, 33, 100}) {
    std::string text(size, 'a');
    const Digest whole = npverify::cache::checksum_of(text);
    CHECK(npverify::cache::checksum_of(text) == whole);
    CHECK(npverify::cache::checksum_of(text + '\0') != whole);
    for (size_t bit = 0; bit < 8 * size; ++bit) {
      std::string other = text;
      other[bit / 8] ^= static_cast<char>(1 << bit % 8);
      CHECK(npverify::cache::checksum_of(other) != whole);
      for (size_t more = bit + 1; more < 8 * size; ++more) {
        std::string third = other;
        third[more / 8] ^= static_cast<char>(1 << more % 8);
        if (npverify::cache::checksum_of(third) == whole) FAIL("bits " << bit << " and " << more << " of " << size << " bytes");
      }
    }
  }
}

TEST_CASE("parts of a digest do not run into each other", "[cache]") {
  CHECK(Hasher().add("ab").add("c").finish() != Hasher().add("a").add("bc").finish());
  CHECK(Hasher().add("ab").finish() != Hasher().add("ab").add("").finish());
}

TEST_CASE("a table gives back what was put, and nothing else", "[cache]") {
  const int count = GENERATE(0, 1, 2, 17, 3000);
  auto table = Table::read(table_of(count).write(owner), owner);
  REQUIRE(table);
  CHECK(table->size() == static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) CHECK(table->find(key(i)) == text(i));
  for (int i = count; i < count + 100; ++i) CHECK_FALSE(table->find(key(i)));
  CHECK_FALSE(table->changed());
  table->put(key(-1), "new");
  CHECK(table->changed());
  CHECK(table->find(key(-1)) == "new");
}

TEST_CASE("a table that is not whole is not read", "[cache]") {
  const std::string good = table_of(50).write(owner);
  std::mt19937 random(1);
  for (size_t size = 0; size < good.size(); size += 1 + random() % 20) CHECK_FALSE(Table::read(good.substr(0, size), owner));
  CHECK_FALSE(Table::read(good + '\0', owner));
  for (int i = 0; i < 500; ++i) {
    std::string bad = good;
    bad[random() % bad.size()] ^= static_cast<char>(1 << random() % 8);
    CHECK_FALSE(Table::read(bad, owner));
  }
  CHECK_FALSE(Table::read(good, digest_of("somebody else")));
}

TEST_CASE("what nobody asks for is dropped after a while, what is asked for stays", "[cache]") {
  std::string bytes = table_of(10).write(owner);
  for (int round = 0; round <= Table::most_idle + 1; ++round) {
    auto table = Table::read(std::move(bytes), owner);
    REQUIRE(table);
    CHECK(table->find(key(3)) == text(3));
    table->put(key(100 + round), "filler");
    bytes = table->write(owner);
  }
  auto table = Table::read(bytes, owner);
  REQUIRE(table);
  CHECK(table->find(key(3)) == text(3));
  CHECK_FALSE(table->find(key(4)));
}
