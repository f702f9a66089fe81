#include "cli/cli.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/options.h"

#define COMMAND(name, function, words, min, max, flags, summary) \
    int cli_##function(const struct cli_args *args);
#include "cli/commands.def"
#undef COMMAND

const struct cli_command cli_commands[] = {
#define COMMAND(name, function, words, min, max, flags, summary) \
    { name, words, min, max, flags, summary, cli_##function },
#include "cli/commands.def"
#undef COMMAND
};
const uint32_t cli_command_count = COUNT(cli_commands);

int cli_fail(int code, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)fputs("voltd: ", stderr); /* when stderr is gone there is nobody to tell */
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    return code;
}

/* --- flags ------------------------------------------------------------------------ */

/* The flag's spec in "--data DIR|--json": *takes_value when a word follows its name. */
static bool find_flag(const struct cli_command *command, struct str name, bool *takes_value)
{
    struct str rest = str_of(command->flags), spec;

    while (str_cut(&rest, '|', &spec)) {
        int64_t space = str_find_byte(spec, ' ');
        struct str flag = space < 0 ? spec : str_first(spec, (uint32_t)space);
        if (str_equal(flag, name)) {
            *takes_value = space >= 0;
            return true;
        }
    }
    return false;
}

const char *cli_value(const struct cli_args *args, const char *flag)
{
    for (uint32_t i = args->flag_count; i-- > 0;)
        if (strcmp(args->flags[i].name, flag) == 0)
            return args->flags[i].value;
    return NULL;
}

bool cli_has(const struct cli_args *args, const char *flag)
{
    for (uint32_t i = 0; i < args->flag_count; i++)
        if (strcmp(args->flags[i].name, flag) == 0)
            return true;
    return false;
}

bool cli_number(const struct cli_args *args, const char *flag, int64_t min, int64_t max,
                int64_t *out)
{
    const char *text = cli_value(args, flag);
    int64_t value;

    if (!text)
        return true;
    if (!str_to_i64(str_of(text), &value) || value < min || value > max) {
        (void)cli_fail(2, "%s %s: it must be a number from %lld to %lld", flag, text,
                       (long long)min, (long long)max);
        return false;
    }
    *out = value;
    return true;
}

/* "--flag value" and "--flag=value". */
static int read_args(const struct cli_command *command, int argc, char **argv,
                     struct cli_args *args)
{
    for (int at = 0; at < argc; at++) {
        struct str word = str_of(argv[at]);
        int64_t equals = str_find_byte(word, '=');
        struct str name = equals > 0 ? str_first(word, (uint32_t)equals) : word;
        struct cli_flag *flag = &args->flags[args->flag_count];
        bool takes_value;

        if (!str_starts(word, STR("--"))) {
            if (args->word_count == command->words_max)
                return cli_fail(2, "%s: '%s' is one word too many; see voltd help %s",
                                command->name, argv[at], command->name);
            args->words[args->word_count++] = argv[at];
            continue;
        }
        if (!find_flag(command, name, &takes_value))
            return cli_fail(2, "%s: there is no flag %.*s; see voltd help %s", command->name,
                            STR_ARGS(name), command->name);
        if (args->flag_count == CLI_FLAGS_MAX)
            return cli_fail(2, "%s: more than %d flags", command->name, CLI_FLAGS_MAX);
        if (!takes_value && equals > 0)
            return cli_fail(2, "%s: %.*s takes no value", command->name, STR_ARGS(name));
        if (takes_value && equals < 0 && at + 1 == argc)
            return cli_fail(2, "%s: %s wants a value", command->name, argv[at]);
        flag->name = argv[at];
        if (takes_value) {
            flag->value = equals > 0 ? argv[at] + equals + 1 : argv[++at];
            if (equals > 0)
                argv[at][equals] = '\0';
        }
        args->flag_count++;
    }
    if (args->word_count < command->words_min)
        return cli_fail(2, "%s wants %s; see voltd help %s", command->name, command->words,
                        command->name);
    return 0;
}

/* --- commands ------------------------------------------------------------------------ */

/* How many of the words at the front make this command's name; 0: another command. */
static int matches(const struct cli_command *command, int argc, char **argv)
{
    struct str rest = str_of(command->name), part;
    int count = 0;

    while (str_cut(&rest, ' ', &part)) {
        if (count == argc || !str_equal(str_of(argv[count]), part))
            return 0;
        count++;
    }
    return count;
}

static const struct cli_command *find_command(int argc, char **argv, int *taken)
{
    *taken = 0;
    for (uint32_t i = 0; i < cli_command_count; i++) {
        *taken = matches(&cli_commands[i], argc, argv);
        if (*taken)
            return &cli_commands[i];
    }
    return NULL;
}

/* Every configuration key with its default, unit and range. */
static void help_keys(void)
{
    (void)printf(
        "\nKeys, for --set, for voltd.conf ([section] key = value) and as VOLTD_SECTION_KEY:\n");
    for (enum option_index i = 0; i < OPTION_COUNT; i++) {
        const struct option_desc *desc = &option_descs[i];
        char memory[256];
        struct buf allowed;
        buf_init(&allowed, memory, sizeof memory);
        option_write_allowed(i, &allowed);
        (void)printf("  %.*s = %.*s\n        %.*s\n        It is %.*s.\n", STR_ARGS(desc->name),
                     STR_ARGS(desc->value), STR_ARGS(desc->text), STR_ARGS(buf_str(&allowed)));
    }
}

static void help_command(const struct cli_command *command)
{
    struct str rest = str_of(command->flags), flag;

    (void)printf("voltd %s%s%s\n    %s\n", command->name, command->words[0] ? " " : "",
                 command->words, command->summary);
    while (command->flags[0] && str_cut(&rest, '|', &flag))
        (void)printf("    %.*s\n", STR_ARGS(flag));
    if (strstr(command->flags, "--set"))
        help_keys();
}

/* "user" is no command, but the first word of some: they are listed. False: of none. */
static bool help_family(const char *word, bool all)
{
    bool found = false;

    for (uint32_t i = 0; i < cli_command_count; i++) {
        struct str name = str_of(cli_commands[i].name);
        if (!str_starts(name, str_of(word)) || name.ptr[strlen(word)] != ' ')
            continue;
        if (all)
            help_command(&cli_commands[i]);
        found = true;
    }
    return found;
}

/* What was meant when the words make no command. */
static int unknown_command(int argc, char **argv)
{
    if (argc > 1 && help_family(argv[0], false))
        return cli_fail(2, "there is no command '%s %s'; see voltd help %s", argv[0], argv[1],
                        argv[0]);
    if (help_family(argv[0], false))
        return cli_fail(2, "'%s' wants one word more; see voltd help %s", argv[0], argv[0]);
    return cli_fail(2, "there is no command '%s'; see voltd help", argv[0]);
}

static void help_all(void)
{
    (void)printf("voltd manages electric-vehicle charging stations.\n\n");
    for (uint32_t i = 0; i < cli_command_count; i++)
        (void)printf("  %-14s %s\n", cli_commands[i].name, cli_commands[i].summary);
    (void)printf("\nvoltd help COMMAND tells its flags.\n");
}

int cli_help(const struct cli_args *args)
{
    const struct cli_command *command;
    char *words[CLI_WORDS_MAX];
    int taken;

    if (args->word_count == 0) {
        help_all();
        return 0;
    }
    for (uint32_t i = 0; i < args->word_count; i++)
        words[i] = args->words[i];
    command = find_command((int)args->word_count, words, &taken);
    if (!command && args->word_count == 1 && help_family(words[0], true))
        return 0;
    if (!command)
        return unknown_command((int)args->word_count, words);
    help_command(command);
    return 0;
}

int cli_main(int argc, char **argv, char **environment)
{
    struct cli_args args = { .environment = environment };
    const struct cli_command *command;
    int taken, wrong;

    if (argc < 2) {
        help_all();
        return 2;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("voltd %s\n", CLI_VERSION);
        return 0;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_all();
        return 0;
    }
    /* Under a limit of file sizes (ulimit -f, LimitFSIZE=) a write fails, like on a full disk. */
    (void)signal(SIGXFSZ, SIG_IGN); /* cannot fail */
    command = find_command(argc - 1, argv + 1, &taken);
    if (!command && argc == 3 && strcmp(argv[2], "--help") == 0 && help_family(argv[1], true))
        return 0;
    if (!command)
        return unknown_command(argc - 1, argv + 1);
    for (int i = 1 + taken; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0) {
            help_command(command);
            return 0;
        }
    wrong = read_args(command, argc - 1 - taken, argv + 1 + taken, &args);
    return wrong ? wrong : command->run(&args);
}
