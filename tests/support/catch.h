#pragma once

/// Catch2 of either generation: 2.13 (one header) or 3. Test files include this and nothing of Catch2's own.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <string>

namespace npverify::test {

/// A matcher for REQUIRE_THAT: the text contains `part`. Its name differs between the generations of Catch2.
inline auto contains_text(const std::string& part) {
#if __has_include(<catch2/catch_all.hpp>)
  return Catch::Matchers::ContainsSubstring(part);
#else
  return Catch::Matchers::Contains(part);
#endif
}

}  // namespace npverify::test
