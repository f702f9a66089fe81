/* main.c: plays scenarios: `replay FOLDER` or `replay FILE.scn...`, one TAP line each. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "scene.h"

static struct str read_file(const char *path, struct arena *arena)
{
    FILE *file = fopen(path, "rb");
    struct buf text;
    char piece[4096];
    size_t got;

    if (!file)
        return (struct str){ NULL, 0 };
    buf_init_arena(&text, arena, 1u << 24);
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        buf_put(&text, (struct str){ piece, (uint32_t)got });
    check(fclose(file) == 0);
    return buf_str(&text);
}

static bool play(int number, const char *path, const char *name)
{
    struct arena arena;
    struct scene scene;
    struct str text;
    bool good;

    arena_init(&arena, NULL, 0);
    text = read_file(path, &arena);
    if (!text.ptr) {
        (void)printf("not ok %d - %s\n# cannot be read\n", number, name);
        return false;
    }
    good = scene_play(&scene, text);
    (void)printf("%sok %d - %s\n", good ? "" : "not ", number, name);
    if (!good)
        (void)printf("# %.*s\n", STR_ARGS(scene.why));
    scene_fini(&scene);
    arena_reset(&arena);
    return good;
}

static int is_scene(const struct dirent *entry)
{
    return str_ends(str_of(entry->d_name), STR(".scn"));
}

static int play_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_scene, alphasort), failed = 0;

    if (count <= 0) {
        (void)printf("Bail out! no scenarios in %s\n", folder);
        return 1;
    }
    (void)printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", folder,
                       entries[i]->d_name); /* a cut one cannot be read */
        failed += !play(i + 1, path, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return failed != 0;
}

int main(int argc, char **argv)
{
    int failed = 0;

    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* a crash must not eat the last line */
    if (argc == 2 && !str_ends(str_of(argv[1]), STR(".scn")))
        return play_folder(argv[1]);
    (void)printf("1..%d\n", argc - 1);
    for (int i = 1; i < argc; i++)
        failed += !play(i, argv[i], argv[i]);
    return failed != 0;
}
