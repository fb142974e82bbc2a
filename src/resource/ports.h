#pragma once

#include "resource/decode.h"

namespace npverify::resource {

/// TCP, UDP or SCTP; absent is TCP. `empty_is_absent`: where the API's field is no pointer, "" is absent too.
base::Protocol decode_protocol(const Field& protocol, bool empty_is_absent);

/// An address, reported where it is none; "" and "None" are absent.
void append_address(const Field& field, std::vector<base::Address>& addresses);

/// What to say of a port name that is not valid, where a number was meant.
std::string number_hint(std::string_view name);

}  // namespace npverify::resource
