/* The database as a file: what is refused, what is brought up to date, what a fault in it shows. */
#include "test.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/crc32c.h"
#include "store/files.h"

struct fixture {
    char directory[64], path[160];
    char why[STORE_WHY_SIZE];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    (void)snprintf(fixture->directory, sizeof fixture->directory, "/tmp/voltd-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/" STORE_FILE_NAME, fixture->directory);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf %s", fixture->directory);
    assert_int_equal(system(command), 0);
    free(fixture);
    return 0;
}

static struct store *open_store(struct fixture *fixture)
{
    struct store *store = NULL;

    if (store_sqlite_open(fixture->path, &store, fixture->why, sizeof fixture->why) != ERR_NONE)
        fail_msg("%s", fixture->why);
    return store;
}

static void expect_refused(struct fixture *fixture, enum err expect, const char *word)
{
    struct store *store = NULL;

    assert_int_equal(store_sqlite_open(fixture->path, &store, fixture->why, sizeof fixture->why),
                     expect);
    assert_null(store);
    if (!strstr(fixture->why, word))
        fail_msg("\"%s\" does not say \"%s\"", fixture->why, word);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void write_file(const char *path, struct str bytes)
{
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes.ptr, bytes.len), bytes.len);
    assert_int_equal(close(fd), 0);
}

static void put_setting(struct store *store, int64_t id, struct str name, int64_t block)
{
    struct setting_row row = { .id = id, .version = 1, .name = name, .value = STR("value") };
    struct store_op op = { .kind = STORE_PUT, .row_kind = ROW_setting, .row = &row };
    struct store_turn turn = { &op, 1, ERR_NONE };
    struct store_batch batch = { &turn, 1, { block, 1000, STR("some frames, some frames") } };

    assert_int_equal(store->ops->commit(store, &batch), ERR_NONE);
    assert_int_equal(turn.err, ERR_NONE);
}

static uint32_t count_settings(struct store *store, struct setting_row *first)
{
    struct store_query query = { .kind = ROW_setting, .limit = 100 };
    struct store_reader *reader;
    struct store_rows rows;
    struct arena arena;

    arena_init(&arena, NULL, 0);
    assert_int_equal(store->ops->reader_open(store, &reader), ERR_NONE);
    assert_int_equal(reader->ops->query(reader, &query, &arena, &rows), ERR_NONE);
    if (rows.count && first) {
        *first = *(const struct setting_row *)rows.rows[0];
        first->name = first->value = STR_NONE; /* the arena goes */
    }
    reader->ops->reader_close(reader);
    arena_reset(&arena);
    return rows.count;
}

struct faults {
    uint32_t count;
    char first[STORE_WHY_SIZE];
};

static void note_fault(void *context, const char *text)
{
    struct faults *faults = context;

    if (faults->count++ == 0)
        (void)snprintf(faults->first, sizeof faults->first, "%s", text);
}

static struct faults verify(const char *path, enum err expect)
{
    struct faults faults = { 0 };
    struct store_verdict verdict;
    enum err err = store_verify(path, note_fault, &faults, &verdict);

    if (err != expect)
        fail_msg("%s: %s", err_text(err), faults.first);
    assert_int_equal(verdict.faults, faults.count);
    return faults;
}

static void what_was_committed_is_there_after_opening_again(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_store(fixture);
    struct stat about;
    int64_t last;

    put_setting(store, 1, STR("a"), 1);
    store->ops->close(store);
    store = open_store(fixture);
    assert_int_equal(count_settings(store, NULL), 1);
    assert_int_equal(store->ops->last_block(store, &last), ERR_NONE);
    assert_int_equal(last, 1);
    store->ops->close(store);
    assert_int_equal(stat(fixture->path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    (void)verify(fixture->path, ERR_NONE);
}

static void what_is_not_ours_is_refused_and_left_as_it_is(void **state)
{
    static const char text[] =
        "These are the accounts of 2026. They are not a database of voltd at all, "
        "but they are long enough to look like the head of one to a program.";
    struct fixture *fixture = *state;
    char back[sizeof text];
    int fd;

    write_file(fixture->path, STR(text));
    expect_refused(fixture, ERR_CORRUPT, "no database");
    fd = open(fixture->path, O_RDONLY);
    assert_int_equal(read(fd, back, sizeof back), sizeof text - 1);
    assert_int_equal(close(fd), 0);
    assert_memory_equal(back, text, sizeof text - 1);

    assert_int_equal(unlink(fixture->path), 0);
    run_sql(fixture->path, "CREATE TABLE accounts (year INTEGER)");
    expect_refused(fixture, ERR_CORRUPT, "another program");
    (void)verify(fixture->path, ERR_CORRUPT);
    run_sql(fixture->path, "INSERT INTO accounts VALUES (2026)");
}

static void a_file_of_a_newer_version_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_store(fixture);

    store->ops->close(store);
    run_sql(fixture->path, "PRAGMA user_version = 100000");
    expect_refused(fixture, ERR_CORRUPT, "newer voltd (schema 100000");
    (void)verify(fixture->path, ERR_CORRUPT);
}

static void a_path_that_cannot_be_is_told(void **state)
{
    struct fixture *fixture = *state;

    (void)snprintf(fixture->path, sizeof fixture->path, "%s/none/voltd.db", fixture->directory);
    expect_refused(fixture, ERR_STORAGE, "No such file");
    (void)snprintf(fixture->path, sizeof fixture->path, "%s", fixture->directory);
    expect_refused(fixture, ERR_STORAGE, "Is a directory");
}

/* A database as a version with fewer tables and columns would have left it. */
static void make_old(const char *path)
{
    run_sql(path, "PRAGMA application_id = 0x766f6c74; PRAGMA user_version = 6;"
                  "CREATE TABLE block (id INTEGER PRIMARY KEY, at INTEGER NOT NULL,"
                  " len INTEGER NOT NULL, crc INTEGER NOT NULL, data BLOB NOT NULL) STRICT;"
                  "CREATE TABLE setting (id INTEGER PRIMARY KEY, version INTEGER NOT NULL,"
                  " name TEXT NOT NULL DEFAULT '') STRICT;"
                  "INSERT INTO setting VALUES (5, 3, 'kept')");
}

static void an_older_file_is_copied_and_brought_up_to_date(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;
    struct setting_row row;
    char copy[192];

    make_old(fixture->path);
    store = open_store(fixture);
    assert_int_equal(count_settings(store, &row), 1);
    assert_int_equal(row.id, 5);
    assert_int_equal(row.version, 3);
    put_setting(store, 6, STR("new"), 1);
    store->ops->close(store);
    (void)verify(fixture->path, ERR_NONE);
    (void)snprintf(copy, sizeof copy, "%s.before-6", fixture->path);
    run_sql(copy, "INSERT INTO setting VALUES (6, 1, 'as it was')"); /* three columns */
    assert_int_equal(unlink(copy), 0);
    store = open_store(fixture); /* nothing to do any more */
    assert_int_equal(count_settings(store, NULL), 2);
    store->ops->close(store);
    assert_int_not_equal(access(copy, F_OK), 0);
}

static void without_room_for_the_copy_nothing_is_changed(void **state)
{
    struct fixture *fixture = *state;
    char in_the_way[192];

    make_old(fixture->path);
    (void)snprintf(in_the_way, sizeof in_the_way, "%s.before-6.part", fixture->path);
    assert_int_equal(mkdir(in_the_way, 0700), 0);
    expect_refused(fixture, ERR_STORAGE, "no copy could be made");
    run_sql(fixture->path, "INSERT INTO setting VALUES (6, 1, 'as it was')");
}

/* Turns one bit in the stored bytes of block 1; false behind the last byte. */
static bool flip_byte(const char *path, int at)
{
    sqlite3_blob *blob = NULL;
    sqlite3 *db = NULL;
    char byte;
    bool is_there;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_blob_open(db, "main", "block", "data", 1, 1, &blob), SQLITE_OK);
    is_there = at < sqlite3_blob_bytes(blob);
    if (is_there) {
        assert_int_equal(sqlite3_blob_read(blob, &byte, 1, at), SQLITE_OK);
        byte = (char)(byte ^ 1 << at % 8);
        assert_int_equal(sqlite3_blob_write(blob, &byte, 1, at), SQLITE_OK);
    }
    assert_int_equal(sqlite3_blob_close(blob), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return is_there;
}

static void every_flipped_byte_of_a_block_is_seen(void **state)
{
    static const char *const changes[] = {
        "at = at + 1",
        "at = at - 4294967296",
        "len = len + 1",
        "len = len - 1",
        "len = -1",
        "len = 9223372036854775807",
        "crc = crc + 1",
        "crc = crc + 4294967296",
        "crc = 0",
        "data = x''",
        "data = zeroblob(length(data))",
        "id = 3",
    };
    struct fixture *fixture = *state;
    struct store *store = open_store(fixture);
    struct store_reader *reader;
    struct store_block block;
    struct arena arena;
    char sql[256], back[64];
    int flipped = 0;

    put_setting(store, 1, STR("a"), 1);
    assert_int_equal(store->ops->reader_open(store, &reader), ERR_NONE);
    arena_init(&arena, NULL, 0);
    run_sql(fixture->path, "CREATE TABLE kept AS SELECT * FROM block");
    for (size_t i = 0; i < COUNT(changes); i++) {
        int64_t id = i + 1 == COUNT(changes) ? 3 : 1;

        print_message("# %s\n", changes[i]);
        (void)snprintf(sql, sizeof sql, "UPDATE block SET %s", changes[i]);
        run_sql(fixture->path, sql);
        assert_int_equal(reader->ops->read_block(reader, id, &arena, &block), ERR_CORRUPT);
        (void)snprintf(back, sizeof back, "log block %d is damaged", (int)id);
        assert_non_null(strstr(reader->why, back));
        run_sql(fixture->path, "DELETE FROM block; INSERT INTO block SELECT * FROM kept");
    }
    for (int at = 0; flip_byte(fixture->path, at); at++, flipped++) {
        assert_int_equal(reader->ops->read_block(reader, 1, &arena, &block), ERR_CORRUPT);
        assert_true(flip_byte(fixture->path, at)); /* and back */
        assert_int_equal(reader->ops->read_block(reader, 1, &arena, &block), ERR_NONE);
    }
    assert_true(flipped > 10);
    arena_reset(&arena);
    reader->ops->reader_close(reader);
    store->ops->close(store);
}

static void verify_names_what_is_wrong(void **state)
{
    static const struct {
        const char *sql, *word;
    } cases[] = {
        { "UPDATE block SET data = x'00' WHERE id = 2", "log block 2 is damaged" },
        { "DELETE FROM block WHERE id = 2", "log blocks 2 to 2 are missing" },
        { "UPDATE setting SET version = 0", "rows of setting" },
        { "UPDATE site SET demo = 2", "rows of site" },
        { "DROP TABLE block", "the table block is missing" },
        { "DROP TABLE token", "the table token is missing" },
        { "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'token'",
          "damaged" },
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct store *store = open_store(fixture);
        struct faults faults;

        print_message("# %s\n", cases[i].sql);
        for (int64_t id = 1; id <= 3; id++)
            put_setting(store, id, (struct str){ "abc", (uint32_t)id }, id);
        store->ops->close(store);
        run_sql(fixture->path, "INSERT INTO site (id, version) VALUES (1, 1)");
        (void)verify(fixture->path, ERR_NONE);
        run_sql(fixture->path, cases[i].sql);
        faults = verify(fixture->path, ERR_CORRUPT);
        if (!strstr(faults.first, cases[i].word))
            fail_msg("\"%s\" does not say \"%s\"", faults.first, cases[i].word);
        assert_int_equal(unlink(fixture->path), 0);
    }
}

static void a_damaged_page_is_found(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_store(fixture);
    int fd;

    for (int64_t id = 1; id <= 3; id++)
        put_setting(store, id, (struct str){ "abc", (uint32_t)id }, id);
    store->ops->close(store);
    fd = open(fixture->path, O_WRONLY);
    assert_true(fd >= 0);
    for (off_t page = 1; page < 6; page++)
        assert_int_equal(pwrite(fd, "\xff\xff\xff\xff", 4, page * 4096), 4);
    assert_int_equal(close(fd), 0);
    assert_true(verify(fixture->path, ERR_CORRUPT).count > 0);
    write_file(fixture->path,
               STR("SQLite format 3\0 and then nothing that makes sense any more......"
                   "......................................................"));
    (void)verify(fixture->path, ERR_CORRUPT);
    expect_refused(fixture, ERR_CORRUPT, "no database");
}

static void a_backup_is_the_moment_at_which_it_was_asked_for(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_store(fixture);
    char backup[128], directory[128];

    (void)snprintf(backup, sizeof backup, "%s/backup.db", fixture->directory);
    (void)snprintf(directory, sizeof directory, "%s/new", fixture->directory);
    put_setting(store, 1, STR("a"), 1);
    assert_int_equal(store->ops->backup(store, backup), ERR_NONE);
    put_setting(store, 2, STR("b"), 2);
    store->ops->close(store);
    (void)verify(backup, ERR_NONE);

    assert_int_equal(store_restore(backup, directory, fixture->why), ERR_NONE);
    assert_int_equal(store_restore(backup, directory, fixture->why), ERR_EXISTS);
    assert_non_null(strstr(fixture->why, STORE_FILE_NAME));
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/" STORE_FILE_NAME, directory);
    store = open_store(fixture);
    assert_int_equal(count_settings(store, NULL), 1);
    assert_int_equal(store->ops->backup(store, backup), ERR_NONE); /* replaces the older one */
    store->ops->close(store);
}

static void a_damaged_backup_is_not_restored(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = open_store(fixture);
    char directory[128], file[160];

    put_setting(store, 1, STR("a"), 1);
    store->ops->close(store);
    run_sql(fixture->path, "UPDATE block SET crc = crc + 1");
    (void)snprintf(directory, sizeof directory, "%s/new", fixture->directory);
    assert_int_equal(store_restore(fixture->path, directory, fixture->why), ERR_CORRUPT);
    assert_non_null(strstr(fixture->why, "log block 1 is damaged"));
    (void)snprintf(file, sizeof file, "%s/" STORE_FILE_NAME, directory);
    assert_int_not_equal(access(file, F_OK), 0);
    assert_int_not_equal(store_restore("/none.db", directory, fixture->why), ERR_NONE);
}

static void a_directory_belongs_to_one_process(void **state)
{
    struct fixture *fixture = *state;
    struct store_lock first, second;
    char pid[32];

    assert_int_equal(store_lock_take(fixture->directory, &first, fixture->why), ERR_NONE);
    assert_int_equal(store_lock_take(fixture->directory, &second, fixture->why), ERR_EXISTS);
    (void)snprintf(pid, sizeof pid, "process %d:", (int)getpid());
    assert_non_null(strstr(fixture->why, pid));
    store_lock_drop(&first);
    assert_int_equal(store_lock_take(fixture->directory, &second, fixture->why), ERR_NONE);
    store_lock_drop(&second);
    assert_int_equal(store_lock_take("/none", &first, fixture->why), ERR_STORAGE);
    assert_non_null(strstr(fixture->why, "No such file"));
}

static void a_place_is_judged_by_its_file_system(void **state)
{
    struct fixture *fixture = *state;
    enum store_place place = STORE_PLACE_BAD;

    assert_int_equal(store_check_place(fixture->directory, &place, fixture->why), ERR_NONE);
    assert_int_not_equal(place, STORE_PLACE_BAD);
    assert_int_equal(store_check_place("/none", &place, fixture->why), ERR_STORAGE);
}

static void the_checksum_is_the_one_of_the_standard(void **state)
{
    char bytes[32];
    (void)state;
    assert_int_equal(crc32c(0, STR("")), 0);
    assert_int_equal(crc32c_by_table(0, STR("123456789")), 0xe3069283);
    assert_int_equal(crc32c(0, STR("123456789")), 0xe3069283);
    memset(bytes, 0, sizeof bytes); /* RFC 3720 §B.4 */
    assert_int_equal(crc32c(0, (struct str){ bytes, 32 }), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(crc32c(0, (struct str){ bytes, 32 }), 0x62a8ab43);
    for (char i = 0; i < 32; i++)
        bytes[(int)i] = i;
    assert_int_equal(crc32c(0, (struct str){ bytes, 32 }), 0x46dd794e);
    for (uint32_t cut = 0; cut <= 32; cut++)
        assert_int_equal(
            crc32c(crc32c(0, (struct str){ bytes, cut }), (struct str){ bytes + cut, 32 - cut }),
            0x46dd794e);
}

/* --- several threads --- */

struct crowd {
    struct store *store;
    _Atomic bool stop;
};

enum { COMMITS = 400 };

/* Each snapshot has all commits up to one of them, and nothing of those after it. */
static void *read_all_the_time(void *context)
{
    struct crowd *crowd = context;
    struct store_reader *reader;
    struct arena arena;
    uint32_t before = 0;

    check(crowd->store->ops->reader_open(crowd->store, &reader) == ERR_NONE);
    arena_init(&arena, NULL, 0);
    while (!crowd->stop && before < COMMITS) {
        struct store_query query = { .kind = ROW_setting, .limit = STORE_LIMIT_MAX };
        struct store_rows rows;
        struct store_block block;

        check(reader->ops->query(reader, &query, &arena, &rows) == ERR_NONE);
        check(rows.count >= before);
        before = rows.count;
        for (uint32_t i = 0; i < rows.count; i++)
            check(((const struct row_head *)rows.rows[i])->id == (int64_t)i + 1);
        if (before)
            check(reader->ops->read_block(reader, before, &arena, &block) == ERR_NONE);
        arena_reset(&arena);
    }
    reader->ops->reader_close(reader);
    return NULL;
}

static void *write_all_the_time(void *context)
{
    struct crowd *crowd = context;

    for (int64_t n = 1; n <= COMMITS; n++)
        put_setting(crowd->store, n, STR_NONE, n);
    crowd->stop = true;
    return NULL;
}

static void readers_and_a_backup_see_whole_commits_while_others_are_made(void **state)
{
    struct fixture *fixture = *state;
    struct crowd crowd = { .store = open_store(fixture) };
    void *(*const roles[])(void *) = { write_all_the_time, read_all_the_time, read_all_the_time };
    pthread_t threads[COUNT(roles)];
    struct store *copy;
    char backup[192];
    int64_t last;

    (void)snprintf(backup, sizeof backup, "%s.backup", fixture->path);
    for (size_t i = 0; i < COUNT(roles); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, roles[i], &crowd), 0);
    do {
        assert_int_equal(crowd.store->ops->backup(crowd.store, backup), ERR_NONE);
        (void)verify(backup, ERR_NONE);
    } while (!crowd.stop);
    for (size_t i = 0; i < COUNT(roles); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    crowd.store->ops->close(crowd.store);
    assert_int_equal(store_sqlite_open(backup, &copy, fixture->why, sizeof fixture->why), ERR_NONE);
    assert_int_equal(copy->ops->last_block(copy, &last), ERR_NONE);
    assert_int_equal(count_settings(copy, NULL), last < 100 ? last : 100);
    copy->ops->close(copy);
}

/* Rows in which a text is looked for the hard way. */
static void fill_slow_rows(struct store *store)
{
    static char body[4000];
    struct store_op ops[1500];
    static struct event_row rows[COUNT(ops)];
    struct store_turn turn = { ops, COUNT(ops), ERR_NONE };
    struct store_batch batch = { &turn, 1, { 0 } };

    memset(body, 'a', sizeof body);
    for (size_t i = 0; i < COUNT(ops); i++) {
        rows[i] = (struct event_row){ .id = (int64_t)i + 1, .version = 1 };
        rows[i].body = (struct str){ body, sizeof body };
        ops[i] = (struct store_op){ .kind = STORE_PUT, .row_kind = ROW_event, .row = &rows[i] };
    }
    assert_int_equal(store->ops->commit(store, &batch), ERR_NONE);
    assert_int_equal(turn.err, ERR_NONE);
}

static void a_question_that_takes_too_long_is_given_up(void **state)
{
    static char needle[2000];
    struct fixture *fixture = *state;
    struct store *store = open_store(fixture);
    struct store_filter filter = { .column = "body", .test = STORE_CONTAINS };
    struct store_query query = {
        .kind = ROW_event, .filters = &filter, .filter_count = 1, .limit = 1
    };
    struct store_reader *reader;
    struct store_rows rows;
    struct arena arena;

    fill_slow_rows(store);
    memset(needle, 'a', sizeof needle - 1);
    needle[sizeof needle - 1] = 'b';
    filter.text = (struct str){ needle, sizeof needle };
    assert_int_equal(store->ops->reader_open(store, &reader), ERR_NONE);
    arena_init(&arena, NULL, 0);
    assert_int_equal(reader->ops->query(reader, &query, &arena, &rows), ERR_TIMEOUT);
    assert_non_null(strstr(reader->why, "ask for less"));
    filter.text = STR("A");
    assert_int_equal(reader->ops->query(reader, &query, &arena, &rows), ERR_NONE);
    assert_int_equal(rows.count, 1);
    arena_reset(&arena);
    reader->ops->reader_close(reader);
    store->ops->close(store);
}

#define IN_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIRECTORY(what_was_committed_is_there_after_opening_again),
        IN_DIRECTORY(what_is_not_ours_is_refused_and_left_as_it_is),
        IN_DIRECTORY(a_file_of_a_newer_version_is_refused),
        IN_DIRECTORY(a_path_that_cannot_be_is_told),
        IN_DIRECTORY(an_older_file_is_copied_and_brought_up_to_date),
        IN_DIRECTORY(without_room_for_the_copy_nothing_is_changed),
        IN_DIRECTORY(every_flipped_byte_of_a_block_is_seen),
        IN_DIRECTORY(verify_names_what_is_wrong),
        IN_DIRECTORY(a_damaged_page_is_found),
        IN_DIRECTORY(a_backup_is_the_moment_at_which_it_was_asked_for),
        IN_DIRECTORY(a_damaged_backup_is_not_restored),
        IN_DIRECTORY(a_directory_belongs_to_one_process),
        IN_DIRECTORY(a_place_is_judged_by_its_file_system),
        IN_DIRECTORY(readers_and_a_backup_see_whole_commits_while_others_are_made),
        IN_DIRECTORY(a_question_that_takes_too_long_is_given_up),
        cmocka_unit_test(the_checksum_is_the_one_of_the_standard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
