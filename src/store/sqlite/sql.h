/* sql.h: the SQL of the rows, written from domain/rows.def, and rows to and from a statement.
 *
 * In all statements parameter 1 is the id, 2 the version, 3 and on the columns in their order.
 */
#pragma once
#include "store/block.h"
#include "store/sqlite/db.h"

enum { SQL_ID = 1, SQL_VERSION = 2, SQL_COLS = 3, SQL_TEXT_MAX = 8192 };

enum sql_op {
    SQL_INSERT,
    SQL_PEEK,         /* version and indexed columns of the row with this id */
    SQL_UPDATE,       /* where the version is one less */
    SQL_UPDATE_PLAIN, /* the same when no indexed column changes: no index is touched */
    SQL_REDO,         /* insert, or update whatever is older */
    SQL_DELETE,
    SQL_OP_COUNT
};

/* All of these end the text with a NUL. */
void sql_write_op(enum sql_op op, enum row_kind kind, struct buf *sql);
void sql_create_table(enum row_kind kind, struct buf *sql);
void sql_add_column(enum row_kind kind, const struct col_desc *col, struct buf *sql);
/* The index that the column's flags ask for; false: none. `name` gets its name. */
bool sql_create_index(enum row_kind kind, const struct col_desc *col, struct buf *name,
                      struct buf *sql);
/* Parameters: 1 is limit, 2 and 3 are after_value and after_id, 4 and on the filters' values. */
void sql_query(const struct store_query *query, struct buf *sql);
/* Binds the parameters of sql_query. */
int sql_bind_query(sqlite3_stmt *statement, const struct store_query *query);

/* Binds id, version and the columns of the row, which must live until the statement has run.
 * Columns with a flag are left out where `plain`. */
int sql_bind_row(sqlite3_stmt *statement, enum row_kind kind, const void *row, bool plain);
/* The row that a query stands on; NULL: memory is out. */
void *sql_read_row(sqlite3_stmt *statement, enum row_kind kind, struct arena *arena);
/* Does a peeked row differ from this one in an indexed column? */
bool sql_index_changes(sqlite3_stmt *peek, enum row_kind kind, const void *row);

int sql_bind_text(sqlite3_stmt *statement, int at, struct str text);
int sql_bind_blob(sqlite3_stmt *statement, int at, struct str bytes);
struct str sql_column(sqlite3_stmt *statement, int at);
#define SQL_BLOCKS "SELECT id, at, len, crc, data FROM block"
/* The block that a query by SQL_BLOCKS stands on; its bytes live until the next step. */
struct packed_block sql_packed_block(sqlite3_stmt *statement);
