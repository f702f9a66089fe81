/* memory.c: the store of tests and of the simulated world. Rows of a kind stand in an array in the
 * order of their ids; ids grow with time, so that a new one nearly always goes to the end.
 */
#include <pthread.h>
#include <stdlib.h>

#include "store/memory/match.h"
#include "store/store.h"
#include "store/sums.h"
#include "store/why.h"

struct table {
    void **rows;
    uint32_t count, cap;
};

/* How one change is taken back. */
struct undo {
    enum row_kind kind;
    int64_t id;
    void *before; /* what stood there, NULL: nothing */
};

struct memory_store {
    struct store store;
    pthread_mutex_t lock;
    struct table tables[ROW_KIND_COUNT];
    struct store_block **blocks; /* by id; each with its data behind it */
    uint32_t block_count, block_cap;
    struct undo *undos;
    uint32_t undo_count, undo_cap;
    uint64_t fault_in, fault_count; /* the first fault is in so many commits; how many follow */
    enum err fault;
};

struct memory_reader {
    struct store_reader reader;
    struct memory_store *memory;
};

static struct memory_store *memory_of(struct store *store)
{
    return CONTAINER_OF(store, struct memory_store, store);
}

static int64_t id_of(const void *row)
{
    return ((const struct row_head *)row)->id;
}

/* The index of the first row whose id is not below `id`. */
static uint32_t find_at(const struct table *table, int64_t id)
{
    uint32_t low = 0, high = table->count;

    if (high && id_of(table->rows[high - 1]) < id)
        return high;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (id_of(table->rows[middle]) < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void *find(const struct table *table, int64_t id)
{
    uint32_t at = find_at(table, id);

    return at < table->count && id_of(table->rows[at]) == id ? table->rows[at] : NULL;
}

/* The array with room for one more, or NULL when memory is out; the old one then stays. */
static void *grown(void *array, uint32_t *cap, uint32_t count, size_t size)
{
    uint32_t more = *cap ? *cap * 2 : 64;

    if (count < *cap)
        return array;
    array = more > *cap ? realloc(array, more * size) : NULL;
    if (array)
        *cap = more;
    return array;
}

/* Puts `row` (NULL: nothing) in the place of the row with this id and returns what stood there. The
 * table has room for one more. */
static void *exchange(struct table *table, int64_t id, void *row)
{
    uint32_t at = find_at(table, id);
    bool was = at < table->count && id_of(table->rows[at]) == id;
    void *before = was ? table->rows[at] : NULL;

    if (was && row) {
        table->rows[at] = row;
    } else if (was) {
        table->count--;
        memmove(&table->rows[at], &table->rows[at + 1], (table->count - at) * sizeof(void *));
    } else if (row) {
        memmove(&table->rows[at + 1], &table->rows[at], (table->count - at) * sizeof(void *));
        table->rows[at] = row;
        table->count++;
    }
    return before;
}

static void undo_to(struct memory_store *memory, uint32_t mark)
{
    while (memory->undo_count > mark) {
        const struct undo *undo = &memory->undos[--memory->undo_count];

        free(exchange(&memory->tables[undo->kind], undo->id, undo->before));
    }
}

static enum err change(struct memory_store *memory, enum row_kind kind, int64_t id, void *row)
{
    struct table *table = &memory->tables[kind];
    void *undos =
        grown(memory->undos, &memory->undo_cap, memory->undo_count, sizeof *memory->undos);
    void *rows = grown(table->rows, &table->cap, table->count, sizeof *table->rows);

    if (undos)
        memory->undos = undos;
    if (rows)
        table->rows = rows;
    if (!undos || !rows) {
        free(row);
        return ERR_FULL;
    }
    memory->undos[memory->undo_count++] = (struct undo){ kind, id, exchange(table, id, row) };
    return ERR_NONE;
}

static bool same_value(const struct col_desc *col, const void *a, const void *b)
{
    return col->flags & COL_NOCASE ? str_equal_nocase(row_span(a, col), row_span(b, col))
                                   : str_equal(row_span(a, col), row_span(b, col));
}

/* Is a unique value of `row` taken by another? Looked at only where it differs from `before`. */
static bool is_taken(const struct table *table, enum row_kind kind, const void *row,
                     const void *before)
{
    const struct row_desc *desc = &row_descs[kind];

    for (uint32_t i = 0; i < desc->col_count; i++) {
        const struct col_desc *col = &desc->cols[i];

        if (!(col->flags & COL_UNIQUE) || row_span(row, col).len == 0 ||
            (before && same_value(col, row, before)))
            continue;
        for (uint32_t r = 0; r < table->count; r++)
            if (id_of(table->rows[r]) != id_of(row) && same_value(col, row, table->rows[r]))
                return true;
    }
    return false;
}

static enum err put(struct memory_store *memory, const struct store_op *op)
{
    const struct row_head *head = op->row;
    const struct row_head *before = find(&memory->tables[op->row_kind], head->id);
    int64_t stored = before ? before->version : 0;
    void *copy;

    check(head->id > 0);
    check(head->version > 0);
    if (op->redo && stored >= head->version)
        return ERR_NONE;
    if (!op->redo && stored != head->version - 1)
        return ERR_CONFLICT;
    if (is_taken(&memory->tables[op->row_kind], op->row_kind, op->row, before))
        return ERR_EXISTS;
    copy = row_clone_heap(op->row_kind, op->row);
    return copy ? change(memory, op->row_kind, head->id, copy) : ERR_FULL;
}

static enum err apply(struct memory_store *memory, const struct store_turn *turn)
{
    enum err err = ERR_NONE;

    for (uint32_t i = 0; i < turn->op_count && err == ERR_NONE; i++) {
        const struct store_op *op = &turn->ops[i];

        if (op->kind == STORE_PUT)
            err = put(memory, op);
        else if (find(&memory->tables[op->row_kind], op->id))
            err = change(memory, op->row_kind, op->id, NULL);
    }
    return err;
}

static enum err keep_block(struct memory_store *memory, const struct store_block *block)
{
    struct store_block *copy, **blocks;
    char *data;

    check(memory->block_count == 0 || memory->blocks[memory->block_count - 1]->id < block->id);
    blocks = grown(memory->blocks, &memory->block_cap, memory->block_count, sizeof *blocks);
    if (!blocks)
        return ERR_FULL;
    memory->blocks = blocks;
    copy = malloc(sizeof *copy + block->data.len);
    if (!copy)
        return ERR_FULL;
    data = (char *)(copy + 1);
    if (block->data.len)
        memcpy(data, block->data.ptr, block->data.len);
    *copy = (struct store_block){ block->id, block->at, { data, block->data.len } };
    memory->blocks[memory->block_count++] = copy;
    return ERR_NONE;
}

static enum err due_fault(struct memory_store *memory)
{
    if (memory->fault_in > 1)
        memory->fault_in--;
    else if (memory->fault_count > 0) {
        memory->fault_count--;
        why_say(memory->store.why, "a fault on demand: %s", err_text(memory->fault));
        return memory->fault;
    }
    return ERR_NONE;
}

static enum err memory_commit(struct store *store, struct store_batch *batch)
{
    struct memory_store *memory = memory_of(store);
    enum err err;

    pthread_mutex_lock(&memory->lock);
    err = due_fault(memory);
    for (uint32_t i = 0; i < batch->turn_count && err == ERR_NONE; i++) {
        uint32_t mark = memory->undo_count;

        batch->turns[i].err = apply(memory, &batch->turns[i]);
        if (batch->turns[i].err != ERR_NONE)
            undo_to(memory, mark);
        if (batch->turns[i].err == ERR_FULL)
            err = ERR_FULL;
    }
    if (err == ERR_NONE && batch->block.id)
        err = keep_block(memory, &batch->block);
    if (err != ERR_NONE)
        undo_to(memory, 0);
    while (memory->undo_count)
        free(memory->undos[--memory->undo_count].before);
    pthread_mutex_unlock(&memory->lock);
    return err;
}

static enum err memory_last_block(struct store *store, int64_t *id)
{
    struct memory_store *memory = memory_of(store);

    pthread_mutex_lock(&memory->lock);
    *id = memory->block_count ? memory->blocks[memory->block_count - 1]->id : 0;
    pthread_mutex_unlock(&memory->lock);
    return ERR_NONE;
}

static enum err memory_reader_open(struct store *store, struct store_reader **out)
{
    struct memory_reader *reader = calloc(1, sizeof *reader);

    if (!reader) {
        why_say(store->why, "memory is out");
        return ERR_FULL;
    }
    reader->reader.ops = store->ops;
    reader->memory = memory_of(store);
    *out = &reader->reader;
    return ERR_NONE;
}

static void memory_reader_close(struct store_reader *reader)
{
    free(CONTAINER_OF(reader, struct memory_reader, reader));
}

static enum err memory_query(struct store_reader *reader, const struct store_query *query,
                             struct arena *arena, struct store_rows *rows)
{
    struct memory_store *memory = CONTAINER_OF(reader, struct memory_reader, reader)->memory;
    const struct table *table = &memory->tables[query->kind];
    enum err err;

    pthread_mutex_lock(&memory->lock);
    err = match_rows(query, (const void *const *)table->rows, table->count, arena, rows);
    pthread_mutex_unlock(&memory->lock);
    return err;
}

static enum err memory_sum_sessions(struct store_reader *reader,
                                    const struct store_sum_query *query, struct arena *arena,
                                    struct store_sums *out)
{
    struct memory_store *memory = CONTAINER_OF(reader, struct memory_reader, reader)->memory;
    const struct table *table = &memory->tables[ROW_session];
    struct sums sums;
    bool fits = true;

    sums_init(&sums, query->group, arena);
    pthread_mutex_lock(&memory->lock);
    for (uint32_t i = 0; i < table->count && fits; i++) {
        const struct session_row *session = table->rows[i];

        if (session->started_at >= query->from && session->started_at < query->to)
            fits = sums_add(&sums, session);
    }
    pthread_mutex_unlock(&memory->lock);
    fits = fits && sums_done(&sums, out);
    sums_fini(&sums);
    return fits ? ERR_NONE : ERR_FULL;
}

/* The index of the first block whose id is not below `id`. */
static uint32_t find_block(const struct memory_store *memory, int64_t id)
{
    uint32_t low = 0, high = memory->block_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (memory->blocks[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum err memory_read_block(struct store_reader *reader, int64_t id, struct arena *arena,
                                  struct store_block *block)
{
    struct memory_store *memory = CONTAINER_OF(reader, struct memory_reader, reader)->memory;
    enum err err = ERR_NOT_FOUND;
    uint32_t at;

    pthread_mutex_lock(&memory->lock);
    at = find_block(memory, id);
    if (at < memory->block_count && memory->blocks[at]->id == id) {
        const struct store_block *stored = memory->blocks[at];
        struct str data = arena_copy(arena, stored->data);

        err = data.ptr ? ERR_NONE : ERR_FULL;
        if (data.ptr)
            *block = (struct store_block){ id, stored->at, data };
    }
    pthread_mutex_unlock(&memory->lock);
    return err;
}

static uint32_t prune_blocks(struct memory_store *memory, int64_t before, uint32_t limit)
{
    uint32_t count = find_block(memory, before);

    if (count > limit)
        count = limit;
    for (uint32_t i = 0; i < count; i++)
        free(memory->blocks[i]);
    memory->block_count -= count;
    if (count)
        memmove(memory->blocks, memory->blocks + count,
                memory->block_count * sizeof *memory->blocks);
    return count;
}

static enum err memory_prune(struct store *store, const struct store_prune *prune,
                             uint32_t *removed)
{
    struct memory_store *memory = memory_of(store);
    struct table *table = &memory->tables[prune->kind];
    const struct store_filter filters[] = {
        { .column = prune->time_column, .test = STORE_LT, .number = prune->at },
        { .column = prune->time_column, .test = STORE_NE, .number = UTC_UNKNOWN },
        { .column = prune->time_column, .test = STORE_NE, .number = 0 },
    };
    const struct store_query query = { .kind = prune->kind,
                                       .filters = filters,
                                       .filter_count = COUNT(filters),
                                       .order_by = prune->time_column,
                                       .limit = prune->limit };
    struct store_rows rows = { 0 };
    struct arena arena;
    enum err err = ERR_NONE;
    uint32_t count;

    arena_init(&arena, NULL, 0);
    pthread_mutex_lock(&memory->lock);
    count = prune_blocks(memory, prune->block_before, prune->limit);
    if (prune->time_column)
        err = match_rows(&query, (const void *const *)table->rows, table->count, &arena, &rows);
    for (uint32_t i = 0; i < rows.count && count < prune->limit; i++, count++)
        free(exchange(table, id_of(rows.rows[i]), NULL));
    pthread_mutex_unlock(&memory->lock);
    arena_reset(&arena);
    if (err == ERR_NONE)
        *removed = count;
    return err;
}

static enum err memory_backup(struct store *store, const char *path)
{
    (void)path;
    why_say(store->why, "a store in memory has no backup");
    return ERR_NOT_SUPPORTED;
}

static void memory_close(struct store *store)
{
    struct memory_store *memory = memory_of(store);

    for (size_t kind = 0; kind < ROW_KIND_COUNT; kind++) {
        for (uint32_t i = 0; i < memory->tables[kind].count; i++)
            free(memory->tables[kind].rows[i]);
        free(memory->tables[kind].rows);
    }
    for (uint32_t i = 0; i < memory->block_count; i++)
        free(memory->blocks[i]);
    free(memory->blocks);
    free(memory->undos);
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static const struct store_ops memory_ops = {
    .commit = memory_commit,
    .last_block = memory_last_block,
    .reader_open = memory_reader_open,
    .reader_close = memory_reader_close,
    .query = memory_query,
    .sum_sessions = memory_sum_sessions,
    .read_block = memory_read_block,
    .prune = memory_prune,
    .backup = memory_backup,
    .close = memory_close,
};

enum err store_memory_open(struct store **store)
{
    struct memory_store *memory = calloc(1, sizeof *memory);

    if (!memory)
        return ERR_FULL;
    check(pthread_mutex_init(&memory->lock, NULL) == 0);
    memory->store.ops = &memory_ops;
    *store = &memory->store;
    return ERR_NONE;
}

void store_memory_fault(struct store *store, uint64_t n, uint64_t count, enum err err)
{
    struct memory_store *memory = memory_of(store);

    check(store->ops == &memory_ops);
    check(err != ERR_NONE);
    pthread_mutex_lock(&memory->lock);
    memory->fault_in = n;
    memory->fault_count = count;
    memory->fault = err;
    pthread_mutex_unlock(&memory->lock);
}
