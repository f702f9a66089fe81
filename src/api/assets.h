/* assets.h: the pages, built from web/ and carried in the binary.
 *
 * The table is made by tools/embed_web.py: all files of the build, each plain and compressed
 * beforehand, so that answering is a choice and a write. It is sorted by path (bytes), for binary
 * search.
 *
 * A path with a hash in its name never changes its bytes: `immutable` ones may be kept by browsers
 * for a year, the others are asked for with If-None-Match. A GET outside /api and /assets that
 * finds no file is a page of the console: it gets "/index.html", whose script reads the address.
 */
#pragma once
#include "base/str.h"

struct web_asset {
    struct str path; /* "/index.html", "/assets/console-3F5K2J7Q.js" */
    struct str type; /* Content-Type */
    struct str etag; /* with its quotes */
    bool immutable;
    struct str plain;
    struct str gzip;   /* empty where compression gains nothing */
    struct str brotli; /* empty where compression gains nothing */
};

extern const struct web_asset web_assets[];
extern const uint32_t web_asset_count;
