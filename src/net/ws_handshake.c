/* ws_handshake.c: RFC 6455 §4. What is agreed about compression is in ws_extension.c. */
#include "net/ws_handshake.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

/* RFC 6455 §1.3 */
#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

const struct net_header *ws_find_header(const struct net_request *request, struct str name)
{
    for (uint32_t i = 0; i < request->header_count; i++)
        if (str_equal(request->headers[i].name, name))
            return &request->headers[i];
    return NULL;
}

static bool list_has(struct str list, struct str word)
{
    struct str part;

    while (str_cut(&list, ',', &part))
        if (str_equal_nocase(str_trim(part), word))
            return true;
    return false;
}

/* Does the comma list in all headers of this name hold the word, without case? */
static bool header_has(const struct net_request *request, struct str name, struct str word)
{
    for (uint32_t i = 0; i < request->header_count; i++)
        if (str_equal(request->headers[i].name, name) && list_has(request->headers[i].value, word))
            return true;
    return false;
}

void ws_accept_of(struct str key, char accept[WS_ACCEPT_LEN])
{
    uint8_t digest[SHA_DIGEST_LENGTH], text[WS_ACCEPT_LEN + 1];
    char both[WS_KEY_LEN + sizeof GUID];

    check(key.len == WS_KEY_LEN);
    memcpy(both, key.ptr, WS_KEY_LEN);
    memcpy(both + WS_KEY_LEN, GUID, sizeof GUID);
    check(SHA1((const uint8_t *)both, sizeof both - 1, digest) != NULL);
    check(EVP_EncodeBlock(text, digest, sizeof digest) == WS_ACCEPT_LEN);
    memcpy(accept, text, WS_ACCEPT_LEN);
}

void ws_make_key(const uint8_t random[16], char key[WS_KEY_LEN])
{
    uint8_t text[WS_KEY_LEN + 1];

    check(EVP_EncodeBlock(text, random, 16) == WS_KEY_LEN);
    memcpy(key, text, WS_KEY_LEN);
}

static bool is_base64(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

/* 16 bytes in base64: 22 characters and "==". */
static bool key_valid(struct str key)
{
    if (key.len != WS_KEY_LEN || key.ptr[22] != '=' || key.ptr[23] != '=')
        return false;
    for (uint32_t i = 0; i < 22; i++)
        if (!is_base64(key.ptr[i]))
            return false;
    return true;
}

static uint32_t header_count(const struct net_request *request, struct str name)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < request->header_count; i++)
        count += str_equal(request->headers[i].name, name);
    return count;
}

static void agree(const struct net_request *request, struct ws_agreed *agreed)
{
    *agreed = (struct ws_agreed){ 0 };
    for (uint32_t i = 0; i < request->header_count && !agreed->deflate; i++)
        if (str_equal(request->headers[i].name, STR("sec-websocket-extensions")))
            (void)ws_agree(request->headers[i].value, agreed); /* none: goes on without */
}

int ws_check_request(const struct net_request *request, struct ws_offer *offer, const char **why)
{
    const struct net_header *key = ws_find_header(request, STR("sec-websocket-key"));
    const struct net_header *version = ws_find_header(request, STR("sec-websocket-version"));

    *why = "this port takes WebSocket connections of charging stations (OCPP) only";
    if (!header_has(request, STR("upgrade"), STR("websocket")))
        return 426;
    *why = "a WebSocket handshake is a GET";
    if (!str_equal(request->method, STR("GET")))
        return 405;
    *why = "Connection: Upgrade is missing";
    if (!header_has(request, STR("connection"), STR("upgrade")))
        return 400;
    *why = "one Host header is wanted";
    if (header_count(request, STR("host")) != 1)
        return 400;
    *why = "Sec-WebSocket-Version must be 13";
    if (!version || !str_equal(str_trim(version->value), STR("13")))
        return 426;
    *why = "Sec-WebSocket-Key must be 16 bytes in base64";
    if (header_count(request, STR("sec-websocket-key")) != 1 || !key_valid(str_trim(key->value)))
        return 400;
    *why = NULL;
    ws_accept_of(str_trim(key->value), offer->accept);
    agree(request, &offer->agreed);
    return 0;
}
