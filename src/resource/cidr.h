#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/address.h"

namespace npverify::resource {

/// A CIDR as an API server without StrictIPCIDRValidation takes it.
struct LegacyCidr {
  base::Prefix prefix;
  int written_length = 0;  ///< as in the text: for an IPv4-mapped IPv6 address counted over 128 bits
  std::string remark;      ///< what a strict server refuses ("has host bits set"), or empty
};

/// Source: netutils.ParseCIDRSloppy of k8s.io/utils: leading zeros are decimal, host bits are cleared.
std::optional<LegacyCidr> parse_legacy_cidr(std::string_view text);

/// An address as ParseIPSloppy takes it.
std::optional<base::Address> parse_legacy_address(std::string_view text);

}  // namespace npverify::resource
