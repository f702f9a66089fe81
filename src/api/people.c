/* people.c: people, as admins see them. */
#include "api/people.h"

#include "access/password.h"
#include "api/guard.h"
#include "api/shapes.h"
#include "api/state.h"
#include "api/stations.h"

request_fn people_list, person_create, person_get, person_update, person_delete, person_link;

/* --- shared */

/* Makes a one-time link for the person and gives its whole URL. */
static struct str make_link(struct turn *turn, struct request *request, struct person_row *person)
{
    const struct api *api = request->api;
    struct str pages = api->config.options->http_public_url;
    uint8_t hash[SHA256_BYTES];
    struct str secret = bearer_make(turn->arena, BEARER_LINK, person->id, LINK_SECRET_LEN, hash);

    person->link_hash = arena_copy(turn->arena, (struct str){ (const char *)hash, sizeof hash });
    person->link_expires_at = turn->now + LINK_HOURS * INT64_C(3600000);
    request->holds_secret = true;
    if (pages.len == 0)
        pages = api->addresses.pages;
    return arena_printf(turn->arena, "%.*s/start#k=%.*s", STR_ARGS(pages), STR_ARGS(secret));
}

void person_end_logins(struct turn *turn, int64_t person, int64_t but)
{
    const struct login_row *login;

    for (uint32_t at = 0; (login = world_next(turn_world(turn), ROW_login, &at));)
        if (login->person == person && login->id != but)
            turn_delete(turn, ROW_login, login);
}

/* Input and result of the slow work, with its own memory: it runs on another thread. */
struct hashing {
    char password[PASSWORD_MAX + 1], hash[PASSWORD_HASH_CAP];
    uint32_t password_len;
    enum err err;
    bool fits;
};

static void work_hash(void *data, struct store *store)
{
    struct hashing *hashing = data;

    (void)store;
    hashing->err =
        password_hash((struct str){ hashing->password, hashing->password_len }, hashing->hash);
    secret_wipe_bytes(hashing->password, sizeof hashing->password);
}

static void work_check(void *data, struct store *store)
{
    struct hashing *hashing = data;

    (void)store;
    hashing->fits = password_fits((struct str){ hashing->password, hashing->password_len },
                                  str_of(hashing->hash));
    secret_wipe_bytes(hashing->password, sizeof hashing->password);
}

/* The work's memory with its input; NULL: too long, or no memory. */
static struct hashing *hashing_new(struct turn *turn, struct str password, struct str hash)
{
    struct hashing *hashing = ARENA_NEW(turn->arena, struct hashing);

    if (!hashing || password.len > PASSWORD_MAX || hash.len >= sizeof hashing->hash)
        return NULL;
    memcpy(hashing->password, password.ptr, password.len);
    hashing->password_len = password.len;
    if (hash.len)
        memcpy(hashing->hash, hash.ptr, hash.len);
    return hashing;
}

enum err person_hash_password(struct turn *turn, struct str password, struct str *hash)
{
    void *done = hashing_new(turn, password, STR_NONE);
    enum err err =
        done ? turn_work(turn, "hash a password", work_hash, WORK_READER, &done) : ERR_FULL;

    if (err == ERR_NONE)
        err = ((struct hashing *)done)->err;
    if (err == ERR_NONE)
        *hash = arena_copy(turn->arena, str_of(((struct hashing *)done)->hash));
    return err;
}

enum err person_check_password(struct turn *turn, struct str password, struct str hash, bool *fits)
{
    void *done = hashing_new(turn, password, hash);
    enum err err =
        done ? turn_work(turn, "check a password", work_check, WORK_READER, &done) : ERR_FULL;

    if (err == ERR_NONE)
        *fits = ((struct hashing *)done)->fits;
    return err;
}

/* --- handlers */

static enum err person_of(struct turn *turn, struct request *request,
                          const struct person_row **person)
{
    *person = TURN_FIND_NAME(turn, person, request->args[0]);
    return *person ? ERR_NONE
                   : problem_set(request, ERR_NOT_FOUND, "There is no person %.*s.",
                                 STR_ARGS(request->args[0]));
}

static struct str target_of(struct turn *turn, const struct person_row *person)
{
    return arena_printf(turn->arena, "person:%.*s", STR_ARGS(person->name));
}

static enum err answer(struct turn *turn, struct request *request, const struct person_row *person)
{
    person_json(turn, &request->json, person);
    answer_version(request, version_after(turn, ROW_person, person));
    return ERR_NONE;
}

static void write_person(struct turn *turn, struct request *request, const void *row)
{
    person_json(turn, &request->json, row);
}

enum err people_list(struct turn *turn, struct request *request)
{
    (void)turn;
    return page_of_memory(request,
                          &(struct page_source){ .kind = ROW_person, .write = write_person });
}

/* Name and role, and that nobody has the name yet. */
static enum err read_new(struct turn *turn, struct request *request, struct person_row *person,
                         struct str *password)
{
    struct body body;
    const char *flaw;
    enum err err = body_of(request, &body);

    if (err == ERR_NONE && !body_find(&body, "name"))
        err = problem_field(request, ERR_BAD_OCCURRENCE, STR("name"), "A person needs a name.");
    if (err == ERR_NONE && !body_find(&body, "role"))
        err = problem_field(request, ERR_BAD_OCCURRENCE, STR("role"), "A person needs a role.");
    if (err == ERR_NONE)
        err = resource_read(request, RESOURCE_person, &body, "password", person);
    if (err == ERR_NONE)
        err = body_text(request, &body, "password", (struct range){ 0, PASSWORD_MAX }, password);
    if (err != ERR_NONE)
        return err;
    if (str_find_byte(person->name, '/') >= 0)
        return problem_field(request, ERR_BAD_VALUE, STR("name"), "It holds no slash.");
    if (world_find_name(turn_world(turn), ROW_person, person->name))
        return problem_field(request, ERR_EXISTS, STR("name"), "%.*s exists already.",
                             STR_ARGS(person->name));
    flaw = body_find(&body, "password") ? password_flaw(*password, person->name) : NULL;
    return flaw ? problem_field(request, ERR_BAD_VALUE, STR("password"), "%s.", flaw) : ERR_NONE;
}

static struct person_row *person_make(struct turn *turn)
{
    struct person_row *person = TURN_NEW(turn, person);

    person->tenant = 1;
    person->created_at = turn->now;
    person->login_at = person->link_expires_at = UTC_UNKNOWN;
    return person;
}

enum err person_create(struct turn *turn, struct request *request)
{
    struct person_row *person = person_make(turn);
    struct str password = STR_NONE, link = STR_NONE;
    struct buf plain;
    struct json_writer json;
    enum err err = read_new(turn, request, person, &password);

    if (err == ERR_NONE && password.len)
        err = person_hash_password(turn, password, &person->password_hash);
    if (err != ERR_NONE)
        return err;
    if (password.len == 0)
        link = make_link(turn, request, person);
    turn_audit(turn, "person.create", target_of(turn, person), STR_NONE,
               resource_settings(turn, RESOURCE_person, person));
    request->status = 201;
    request->location = arena_printf(turn->arena, "/api/v1/people/%.*s",
                                     STR_ARGS(url_text(turn->arena, person->name)));
    if (link.len == 0)
        return answer(turn, request, person);
    buf_init_arena(&plain, turn->arena, 64u << 10);
    json = json_writer(&plain);
    person_json(turn, &json, person);
    buf_put(&request->out, str_first(buf_str(&plain), plain.len ? plain.len - 1 : 0));
    buf_printf(&request->out, ",\"link\":\"%.*s\"}", STR_ARGS(link));
    answer_version(request, version_after(turn, ROW_person, person));
    return ERR_NONE;
}

enum err person_get(struct turn *turn, struct request *request)
{
    const struct person_row *person;
    enum err err = person_of(turn, request, &person);

    return err == ERR_NONE ? answer(turn, request, person) : err;
}

/* Without an admin who can log in, nobody could help but the shell. */
static bool is_last_admin(struct turn *turn, const struct person_row *person)
{
    const struct person_row *other;

    if (!str_equal(person->role, role_words[ROLE_ADMIN]) || person->disabled)
        return false;
    for (uint32_t at = 0; (other = world_next(turn_world(turn), ROW_person, &at));)
        if (other->id != person->id && !other->disabled &&
            str_equal(other->role, role_words[ROLE_ADMIN]))
            return false;
    return true;
}

enum err person_update(struct turn *turn, struct request *request)
{
    const struct person_row *before;
    struct person_row *person;
    struct change change;
    bool demoted;
    enum err err = person_of(turn, request, &before);

    if (err == ERR_NONE)
        err = change_begin(request, RESOURCE_person, before, before->version, &change);
    if (err != ERR_NONE)
        return err;
    person = TURN_EDIT(turn, person, before);
    err = resource_read(request, RESOURCE_person, &change.body, "", person);
    if (err != ERR_NONE)
        return err;
    demoted = person->disabled || !str_equal(person->role, before->role);
    if (demoted && is_last_admin(turn, before))
        return problem_set(request, ERR_NOT_NOW, "%.*s is the last admin.", STR_ARGS(before->name));
    if (demoted)
        person_end_logins(turn, person->id, 0);
    turn_audit(turn, "person.update", target_of(turn, person), change.old,
               resource_settings(turn, RESOURCE_person, person));
    return answer(turn, request, person);
}

enum err person_delete(struct turn *turn, struct request *request)
{
    const struct person_row *person;
    enum err err = person_of(turn, request, &person);

    if (err == ERR_NONE)
        err = match_version(request, person->version);
    if (err != ERR_NONE)
        return err;
    if (is_last_admin(turn, person))
        return problem_set(request, ERR_NOT_NOW, "%.*s is the last admin.", STR_ARGS(person->name));
    person_end_logins(turn, person->id, 0);
    turn_audit(turn, "person.delete", target_of(turn, person),
               resource_settings(turn, RESOURCE_person, person), STR_NONE);
    turn_delete(turn, ROW_person, person);
    return answer_nothing(request);
}

enum err person_link(struct turn *turn, struct request *request)
{
    const struct person_row *before;
    struct person_row *person;
    struct str link;
    enum err err = person_of(turn, request, &before);

    if (err != ERR_NONE)
        return err;
    if (before->disabled)
        return problem_set(request, ERR_NOT_NOW, "%.*s is disabled.", STR_ARGS(before->name));
    person = TURN_EDIT(turn, person, before);
    link = make_link(turn, request, person);
    turn_audit(turn, "person.link", target_of(turn, person), STR_NONE, STR_NONE);
    request->status = 201;
    json_object_begin(&request->json);
    json_key_str(&request->json, "link", link);
    json_key_time(&request->json, "expires_at", person->link_expires_at);
    json_object_end(&request->json);
    return ERR_NONE;
}

/* --- the very first person */

/* Makes the person `admin`, or a new link for them; the link's secret goes to the input. */
static enum err first_turn(struct turn *turn)
{
    struct secret *secret = *(struct secret *const *)turn->input;
    const struct person_row *before = TURN_FIND_NAME(turn, person, STR("admin"));
    struct person_row *person = before ? TURN_EDIT(turn, person, before) : person_make(turn);
    uint8_t hash[SHA256_BYTES];
    struct str text = bearer_make(turn->arena, BEARER_LINK, person->id, LINK_SECRET_LEN, hash);

    if (!text.ptr || text.len > SECRET_TEXT_MAX)
        return ERR_FULL;
    person->name = STR("admin");
    person->role = role_words[ROLE_ADMIN];
    person->link_hash = arena_copy(turn->arena, (struct str){ (const char *)hash, sizeof hash });
    person->link_expires_at = turn->now + LINK_HOURS * INT64_C(3600000);
    secret->len = text.len;
    memcpy(secret->text, text.ptr, text.len);
    secret->text[text.len] = '\0';
    if (!before)
        turn_audit(turn, "person.create", target_of(turn, person), STR_NONE,
                   resource_settings(turn, RESOURCE_person, person));
    return ERR_NONE;
}

/* Nobody has ever come in: one person, made by us, whose link was not used. */
static bool nobody_came_in(const struct engine *engine)
{
    const struct person_row *only;
    uint32_t at = 0;

    if (world_count(&engine->world, ROW_person) != 1)
        return false;
    only = world_next(&engine->world, ROW_person, &at);
    return str_equal(only->name, STR("admin")) && only->password_hash.len == 0 &&
           !is_moment(only->login_at);
}

bool api_first_link(struct engine *engine, struct secret *secret)
{
    struct turn *turn;

    if (world_count(&engine->world, ROW_person) != 0 && !nobody_came_in(engine))
        return false;
    turn = engine_turn(engine, first_turn, &secret, sizeof(struct secret *));
    return turn && engine_go(turn) == ERR_NONE;
}
