#pragma once

namespace npverify::test {

/// By how much a test of many random worlds draws fewer of them: sanitizers make each take many times longer.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr unsigned fewer = 4;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr unsigned fewer = 4;
#else
inline constexpr unsigned fewer = 1;
#endif
#else
inline constexpr unsigned fewer = 1;
#endif

}  // namespace npverify::test
