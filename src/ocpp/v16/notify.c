/* notify.c: what a 1.6 station says of itself: boot, heartbeat, status, data transfer, security
 * events. */
#include "ocpp/v16/v16.h"

enum err v16_on_boot_notification(struct turn *turn, struct in *in,
                                  const struct v16_boot_notification_req *req,
                                  struct v16_boot_notification_res *res)
{
    static const enum v16_registration_status status_of[] = {
        [REGISTRATION_ACCEPTED] = V16_REGISTRATION_STATUS_ACCEPTED,
        [REGISTRATION_PENDING] = V16_REGISTRATION_STATUS_PENDING,
        [REGISTRATION_REJECTED] = V16_REGISTRATION_STATUS_REJECTED,
    };
    const struct fact_boot boot = {
        .vendor = req->charge_point_vendor,
        .model = req->charge_point_model,
        /* There are two serial numbers; that of the charge box is deprecated (1.6 §6.5). */
        .serial = req->charge_point_serial_number.len ? req->charge_point_serial_number
                                                      : req->charge_box_serial_number,
        .firmware = req->firmware_version,
        .iccid = req->iccid,
        .imsi = req->imsi,
    };
    struct fact_boot_answer answer;
    enum err err;

    err = fact_boot(turn, in, &boot, &answer);
    if (err != ERR_NONE)
        return err;
    res->status = status_of[answer.registration];
    res->interval = answer.interval_s;
    res->current_time = turn->now;
    return ERR_NONE;
}

enum err v16_on_heartbeat(struct turn *turn, struct in *in, const struct v16_heartbeat_req *req,
                          struct v16_heartbeat_res *res)
{
    (void)in;
    (void)req;
    res->current_time = turn->now;
    return ERR_NONE;
}

enum err v16_on_status_notification(struct turn *turn, struct in *in,
                                    const struct v16_status_notification_req *req,
                                    struct v16_status_notification_res *res)
{
    /* In the order of the schema's words. */
    static const enum connector_status status_of[] = {
        [V16_CHARGE_POINT_STATUS_AVAILABLE] = STATUS_AVAILABLE,
        [V16_CHARGE_POINT_STATUS_PREPARING] = STATUS_PREPARING,
        [V16_CHARGE_POINT_STATUS_CHARGING] = STATUS_CHARGING,
        [V16_CHARGE_POINT_STATUS_SUSPENDED_EV] = STATUS_SUSPENDED_EV,
        [V16_CHARGE_POINT_STATUS_SUSPENDED_EVSE] = STATUS_SUSPENDED_EVSE,
        [V16_CHARGE_POINT_STATUS_FINISHING] = STATUS_FINISHING,
        [V16_CHARGE_POINT_STATUS_RESERVED] = STATUS_RESERVED,
        [V16_CHARGE_POINT_STATUS_UNAVAILABLE] = STATUS_UNAVAILABLE,
        [V16_CHARGE_POINT_STATUS_FAULTED] = STATUS_FAULTED,
    };
    const struct fact_status status = {
        .evse = req->connector_id,
        .connector = req->connector_id ? 1 : 0, /* rules.md: connectors */
        .status = status_of[req->status],
        .raw = fact_word(turn, in, "status"),
        .error_code = fact_word(turn, in, "errorCode"),
        .info = req->vendor_error_code.len
                    ? arena_printf(turn->arena, "%.*s %.*s", STR_ARGS(req->vendor_error_code),
                                   STR_ARGS(req->info))
                    : req->info,
        .at = req->timestamp,
    };

    (void)res;
    fact_status(turn, in, &status);
    return ERR_NONE;
}

enum err v16_on_data_transfer(struct turn *turn, struct in *in,
                              const struct v16_data_transfer_req *req,
                              struct v16_data_transfer_res *res)
{
    (void)turn;
    (void)in;
    (void)req;
    res->status = V16_DATA_TRANSFER_STATUS_UNKNOWN_VENDOR_ID; /* §4.3: none is implemented */
    return ERR_NONE;
}

enum err v16_on_security_event_notification(struct turn *turn, struct in *in,
                                            const struct v16_security_event_notification_req *req,
                                            struct v16_security_event_notification_res *res)
{
    (void)res;
    return fact_security_event(turn, in, req->type, req->tech_info);
}
