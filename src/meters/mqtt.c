/* A meter that speaks by MQTT: listens to a topic at a broker, by libmosquitto. */
#include <errno.h>
#include <mosquitto.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "meters/pick.h"
#include "meters/source.h"

enum { PORT = 1883, PORT_TLS = 8883, KEEPALIVE_S = 30, LOOP_MS = 200, PAYLOAD_MAX = 65536 };

static void on_connect(struct mosquitto *client, void *context, int code)
{
    struct source *source = context;

    if (code != 0)
        source_fail(source, "the broker %s refuses: %s", source_config(source)->host,
                    mosquitto_connack_string(code));
    else if (mosquitto_subscribe(client, NULL, source_config(source)->topic, 0) != MOSQ_ERR_SUCCESS)
        source_fail(source, "the topic %s cannot be listened to", source_config(source)->topic);
}

static void on_message(struct mosquitto *client, void *context,
                       const struct mosquitto_message *message)
{
    struct source *source = context;
    const struct meter_config *config = source_config(source);
    struct meter_values values;
    struct str payload = { message->payload, (uint32_t)message->payloadlen };
    uint32_t missing;

    (void)client; /* only listens */
    /* A retained message was said at some time, nobody knows when: it is no measurement of now. */
    if (message->retain)
        return;
    if (message->payloadlen <= 0 || message->payloadlen > PAYLOAD_MAX)
        source_fail(source, "%s: a message that is empty or larger than 64 KiB", config->topic);
    else if (meter_pick_all(payload, config, &values, &missing) == ERR_NONE)
        source_tell(source, &values);
    else
        source_fail(source, "%s: the message has no number at \"%s\"", config->topic,
                    config->picks[missing].path);
}

/* The first line of the password file. */
static bool read_password(struct source *source, char *password, int cap)
{
    const char *path = source_config(source)->password_file;
    FILE *file;
    bool got;

    password[0] = '\0';
    if (path[0] == '\0')
        return true;
    file = fopen(path, "re");
    if (file == NULL) {
        source_fail(source, "%s cannot be read: %s", path, strerror(errno));
        return false;
    }
    got = fgets(password, cap, file) != NULL;
    (void)fclose(file); /* it was only read */
    password[strcspn(password, "\r\n")] = '\0';
    if (!got)
        source_fail(source, "%s is empty", path);
    return got;
}

static bool prepare(struct source *source, struct mosquitto *client)
{
    const struct meter_config *config = source_config(source);
    char password[256];
    bool done = read_password(source, password, sizeof password);

    if (done && config->login[0] != '\0')
        done = mosquitto_username_pw_set(client, config->login, password) == MOSQ_ERR_SUCCESS;
    explicit_bzero(password, sizeof password);
    if (!done)
        return false;
    if (config->ca_file[0] != '\0' &&
        mosquitto_tls_set(client, config->ca_file, NULL, NULL, NULL, NULL) != MOSQ_ERR_SUCCESS) {
        source_fail(source, "%s cannot be used: it must hold certificates in PEM", config->ca_file);
        return false;
    }
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_message_callback_set(client, on_message);
    return true;
}

/* Listens until the connection ends or the source is to. */
static void listen_to(struct source *source, struct mosquitto *client)
{
    const struct meter_config *config = source_config(source);
    int port = config->port != 0 ? config->port : config->ca_file[0] != '\0' ? PORT_TLS : PORT;
    int code = mosquitto_connect(client, config->host, port, KEEPALIVE_S);

    while (code == MOSQ_ERR_SUCCESS && !source_is_ending(source))
        code = mosquitto_loop(client, LOOP_MS, 1);
    if (code == MOSQ_ERR_SUCCESS)
        (void)mosquitto_disconnect(client); /* the thread ends either way */
    else
        source_fail(source, "the broker %s port %d cannot be reached: %s", config->host, port,
                    code == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(code));
}

static void start_library(void)
{
    (void)mosquitto_lib_init(); /* always succeeds; needs no end: the process ends it */
}

void mqtt_run(struct source *source)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, start_library);
    do {
        struct mosquitto *client = mosquitto_new(NULL, true, source);
        if (client == NULL) {
            source_fail(source, "no memory for an MQTT connection");
            continue;
        }
        if (prepare(source, client))
            listen_to(source, client);
        mosquitto_destroy(client);
    } while (source_wait_longer(source));
}
