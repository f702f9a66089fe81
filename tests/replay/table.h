/* table.h: rows of the registry and the store, as a script names them: `column=value`,
 * `column~part`.
 *
 * Numbers that are words (domain/words.def) are said as words, flags as a list ("clock,gap", "-"
 * for none), moments as ISO 8601 or "-", station and site by their names. energy_wh is energy_mwh
 * in Wh.
 */
#pragma once
#include "stage.h"

struct table_term {
    struct str column, value;
    bool part; /* '~' */
};

/* "a=b" or "a~b". False: neither. */
bool table_term(struct str word, struct table_term *term);
/* Makes a row, or changes the one with the same unique column. *why tells what is wrong. */
bool table_put(struct stage *stage, enum row_kind kind, const struct table_term *terms,
               uint32_t count, struct arena *arena, struct str *why);
/* The rows that all terms hold for, as memory and store know them together. False: *why. */
bool table_find(struct stage *stage, enum row_kind kind, const struct table_term *terms,
                uint32_t count, struct arena *arena, struct store_rows *rows, struct str *why);
/* Does the term hold? *why gets what stands there instead. */
bool table_holds(struct stage *stage, enum row_kind kind, const void *row,
                 const struct table_term *term, struct arena *arena, struct str *why);
/* ROW_KIND_COUNT: no such kind. */
enum row_kind table_kind(struct str name);
