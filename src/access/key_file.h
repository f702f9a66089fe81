/* key_file.h: the server's key, DIR/voltd.key: 32 random bytes that station passwords are hashed
 * with. Whoever steals the database alone cannot try passwords.
 */
#pragma once
#include "base/base.h"

#define SERVER_KEY_BYTES 32
#define SERVER_KEY_FILE  "voltd.key"

/* Reads DIR/voltd.key, or makes it (0600, on disk before this returns). ERR_OS, ERR_CORRUPT: `why`
 * says which file, and what to do. */
MUST_CHECK enum err key_file_open(const char *directory, uint8_t key[SERVER_KEY_BYTES], char *why,
                                  size_t why_cap);
