/* openapi.h: contracts/openapi.yaml as JSON, made by tools/gen_openapi.py when the program is
 * built. */
#pragma once
#include <stdint.h>

extern const unsigned char openapi_json[];
extern const uint32_t openapi_json_len;
