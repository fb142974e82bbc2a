#pragma once

#include "npverify/answer.h"
#include "npverify/cache.h"
#include "npverify/error.h"
#include "npverify/explain_flow.h"
#include "npverify/list.h"
#include "npverify/place.h"
#include "npverify/pools.h"
#include "npverify/profile.h"
#include "npverify/proof.h"
#include "npverify/question.h"
#include "npverify/report.h"
#include "npverify/shard.h"
#include "npverify/snapshot.h"

namespace npverify {

/// "0.1.0".
const char* version();

}  // namespace npverify
