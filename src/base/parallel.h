#pragma once

#include <cstddef>
#include <functional>

namespace npverify::base {

/// Does work(0) .. work(count - 1), each once, on up to `jobs` threads (the caller's among them; 0: as many as the machine has). Returns when
/// all are done. Of what the calls threw, the first by index is thrown again.
void in_parallel(size_t count, unsigned jobs, const std::function<void(size_t)>& work);

}  // namespace npverify::base
