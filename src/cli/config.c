/* config.c: the configuration in force, and where each value came from. */
#include <stdio.h>

#include "cli/setup.h"
#include "json/writer.h"

int cli_config(const struct cli_args *args);

static void print_json(const struct options *options, struct arena *arena)
{
    struct json_writer json;
    struct buf out;

    buf_init_arena(&out, arena, 1u << 20);
    json = json_writer(&out);
    json_array_begin(&json);
    for (enum option_index i = 0; i < OPTION_COUNT; i++) {
        struct buf value;
        buf_init_arena(&value, arena, 64u << 10);
        option_write(options, i, &value);
        json_object_begin(&json);
        json_key_str(&json, "key", option_descs[i].name);
        json_key_str(&json, "value", buf_str(&value));
        json_key_str(&json, "default", option_descs[i].value);
        json_key_str(&json, "unit", option_descs[i].unit);
        json_key_str(&json, "origin", option_origin_words[options->origins[i]]);
        json_object_end(&json);
    }
    json_array_end(&json);
    (void)printf("%.*s\n", STR_ARGS(buf_str(&out)));
}

static void print_text(const struct options *options, struct arena *arena)
{
    for (enum option_index i = 0; i < OPTION_COUNT; i++) {
        struct buf value;
        buf_init_arena(&value, arena, 64u << 10);
        option_write(options, i, &value);
        (void)printf("%-28.*s = %-24.*s # %.*s\n", STR_ARGS(option_descs[i].name),
                     STR_ARGS(buf_str(&value)), STR_ARGS(option_origin_words[options->origins[i]]));
    }
}

int cli_config(const struct cli_args *args)
{
    struct arena arena;
    struct setup setup;
    int code = setup_read(&setup, args);

    arena_init(&arena, NULL, 0);
    if (!code && cli_has(args, "--json"))
        print_json(&setup.options, &arena);
    else if (!code)
        print_text(&setup.options, &arena);
    arena_reset(&arena);
    setup_fini(&setup);
    return code;
}
