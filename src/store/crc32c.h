/* crc32c.h: the Castagnoli checksum (RFC 3720 §B.4), as the log blocks carry it. */
#pragma once
#include "base/base.h"

/* The checksum of `bytes`, going on from `crc`: 0 to begin with. */
uint32_t crc32c(uint32_t crc, struct str bytes);
/* The same without the processor's help: for those that have no instruction for it. */
uint32_t crc32c_by_table(uint32_t crc, struct str bytes);
