/* notify.c: what a 2.x station says of itself: boot, heartbeat, status, data transfer, events. */
#include "ocpp/v2x/v2x.h"

enum err v2x_on_boot_notification(struct turn *turn, struct in *in,
                                  const struct v2x_boot_notification_req *req,
                                  struct v2x_boot_notification_res *res)
{
    static const enum v2x_registration_status status_of[] = {
        [REGISTRATION_ACCEPTED] = V2X_REGISTRATION_STATUS_ACCEPTED,
        [REGISTRATION_PENDING] = V2X_REGISTRATION_STATUS_PENDING,
        [REGISTRATION_REJECTED] = V2X_REGISTRATION_STATUS_REJECTED,
    };
    const struct v2x_charging_station *station = req->charging_station;
    struct fact_boot boot = {
        .vendor = station->vendor_name,
        .model = station->model,
        .serial = station->serial_number,
        .firmware = station->firmware_version,
    };
    struct fact_boot_answer answer;
    enum err err;

    if (station->modem) {
        boot.iccid = station->modem->iccid;
        boot.imsi = station->modem->imsi;
    }
    err = fact_boot(turn, in, &boot, &answer);
    if (err != ERR_NONE)
        return err;
    res->status = status_of[answer.registration];
    res->interval = answer.interval_s;
    res->current_time = turn->now;
    return ERR_NONE;
}

enum err v2x_on_heartbeat(struct turn *turn, struct in *in, const struct v2x_heartbeat_req *req,
                          struct v2x_heartbeat_res *res)
{
    (void)in;
    (void)req;
    res->current_time = turn->now;
    return ERR_NONE;
}

enum err v2x_on_status_notification(struct turn *turn, struct in *in,
                                    const struct v2x_status_notification_req *req,
                                    struct v2x_status_notification_res *res)
{
    static const enum connector_status status_of[] = {
        [V2X_CONNECTOR_STATUS_AVAILABLE] = STATUS_AVAILABLE,
        [V2X_CONNECTOR_STATUS_OCCUPIED] = STATUS_OCCUPIED,
        [V2X_CONNECTOR_STATUS_RESERVED] = STATUS_RESERVED,
        [V2X_CONNECTOR_STATUS_UNAVAILABLE] = STATUS_UNAVAILABLE,
        [V2X_CONNECTOR_STATUS_FAULTED] = STATUS_FAULTED,
    };
    const struct fact_status status = {
        .evse = req->evse_id,
        .connector = req->connector_id,
        .status = status_of[req->connector_status],
        .raw = fact_word(turn, in, "connectorStatus"),
        .at = req->timestamp,
    };

    (void)res;
    fact_status(turn, in, &status);
    return ERR_NONE;
}

enum err v2x_on_data_transfer(struct turn *turn, struct in *in,
                              const struct v2x_data_transfer_req *req,
                              struct v2x_data_transfer_res *res)
{
    (void)turn;
    (void)in;
    (void)req;
    res->status = V2X_DATA_TRANSFER_STATUS_UNKNOWN_VENDOR_ID; /* P02.FR.06: none is implemented */
    return ERR_NONE;
}

enum err v2x_on_security_event_notification(struct turn *turn, struct in *in,
                                            const struct v2x_security_event_notification_req *req,
                                            struct v2x_security_event_notification_res *res)
{
    (void)res;
    return fact_security_event(turn, in, req->type, req->tech_info);
}

/* --- events of the device model ------------------------------------------ */

/* A connector's state by the device model (2.1 G01.FR.08: in place of StatusNotification). */
static void connector_event(struct turn *turn, struct in *in, const struct v2x_event_data *event)
{
    const struct v2x_evse *evse = event->component->evse;
    int64_t known;
    struct fact_status status;

    if (!evse || !str_equal(event->component->name, STR("Connector")) ||
        !str_equal(event->variable->name, STR("AvailabilityState")))
        return;
    known = word_find(v2x_connector_status_words, V2X_CONNECTOR_STATUS_COUNT, event->actual_value);
    status = (struct fact_status){
        .evse = evse->id,
        .connector = evse->has_connector_id ? evse->connector_id : 1,
        .status = STATUS_UNKNOWN,
        .raw = event->actual_value,
        .at = event->timestamp,
    };
    if (known == V2X_CONNECTOR_STATUS_AVAILABLE)
        status.status = STATUS_AVAILABLE;
    else if (known == V2X_CONNECTOR_STATUS_OCCUPIED)
        status.status = STATUS_OCCUPIED;
    else if (known == V2X_CONNECTOR_STATUS_RESERVED)
        status.status = STATUS_RESERVED;
    else if (known == V2X_CONNECTOR_STATUS_UNAVAILABLE)
        status.status = STATUS_UNAVAILABLE;
    else if (known == V2X_CONNECTOR_STATUS_FAULTED)
        status.status = STATUS_FAULTED;
    fact_status(turn, in, &status);
}

enum err v2x_on_notify_event(struct turn *turn, struct in *in,
                             const struct v2x_notify_event_req *req,
                             struct v2x_notify_event_res *res)
{
    (void)res;
    for (uint32_t i = 0; i < req->event_data_count; i++)
        if (req->event_data[i].component && req->event_data[i].variable)
            connector_event(turn, in, &req->event_data[i]);
    return ERR_NONE;
}
