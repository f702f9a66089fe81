"""ocpp.py: the payloads that stations send, by version, so that a test says only what matters to it."""
import time

from harness import utc

V16, V201, V21 = "ocpp1.6", "ocpp2.0.1", "ocpp2.1"
VERSIONS = [V16, V201, V21]


# 1.6

def status16(connector=1, status="Available", error="NoError", **more):
    return {"connectorId": connector, "errorCode": error, "status": status, "timestamp": utc(), **more}


def start16(token, connector=1, meter=0, at=None, **more):
    return {"connectorId": connector, "idTag": token, "meterStart": meter, "timestamp": at or utc(), **more}


def stop16(transaction, meter, at=None, **more):
    return {"transactionId": transaction, "meterStop": meter, "timestamp": at or utc(), **more}


def sample16(value, measurand="Energy.Active.Import.Register", unit="Wh", **more):
    return {"value": str(value), "measurand": measurand, "unit": unit, **more}


def meter16(transaction, *samples, connector=1, at=None):
    payload = {"connectorId": connector, "meterValue": [{"timestamp": at or utc(), "sampledValue": list(samples)}]}
    if transaction is not None:
        payload["transactionId"] = transaction
    return payload


# 2.x

def status2x(evse=1, connector=1, status="Available"):
    return {"timestamp": utc(), "connectorStatus": status, "evseId": evse, "connectorId": connector}


def sample2x(value, measurand="Energy.Active.Import.Register", unit="Wh", **more):
    return {"value": value, "measurand": measurand, "unitOfMeasure": {"unit": unit}, **more}


def event2x(kind, transaction, seq, trigger=None, token=None, meter=None, evse=1, connector=1, at=None, samples=None,
            offline=None, info=None, **more):
    """TransactionEvent; `meter` is the register in Wh, `info` goes into transactionInfo."""
    trigger = trigger or {"Started": "Authorized", "Updated": "MeterValuePeriodic", "Ended": "StopAuthorized"}[kind]
    payload = {"eventType": kind, "timestamp": at or utc(), "triggerReason": trigger, "seqNo": seq,
               "transactionInfo": {"transactionId": transaction, **(info or {})}}
    if evse is not None:
        payload["evse"] = {"id": evse, **({"connectorId": connector} if connector is not None else {})}
    if token is not None:
        payload["idToken"] = {"idToken": token, "type": "ISO14443"}
    values = list(samples or [])
    if meter is not None:
        context = {"Started": "Transaction.Begin", "Updated": "Sample.Periodic", "Ended": "Transaction.End"}[kind]
        values.append(sample2x(meter, context=context))
    if values:
        payload["meterValue"] = [{"timestamp": payload["timestamp"], "sampledValue": values}]
    if offline is not None:
        payload["offline"] = offline
    payload.update(more)
    return payload


class Charge:
    """One session, told in the words of the station's version.

    Its clock starts some hours ago and goes five minutes a message, so that what is measured is what a real car could
    draw, and stays behind the present; `at` sets a time.
    """

    STEP_S = 300

    def __init__(self, station, token, meter=0, connector=1, at=None, transaction=None):
        self.station, self.token, self.v16 = station, token, station.subprotocol in (None, V16)
        self.connector, self.seq = connector, 0
        at = at or self.tick()
        if self.v16:
            self.start_payload = start16(token, connector, meter, at)
            self.answer = station.call("StartTransaction", self.start_payload)
            self.transaction = self.answer["transactionId"]
            self.token_status = self.answer["idTagInfo"]["status"]
        else:
            self.transaction = transaction or f"tx-{station.new_id()}"
            self.start_payload = event2x("Started", self.transaction, 0, token=token, meter=meter, evse=connector, at=at,
                                         info={"chargingState": "Charging"})
            self.answer = station.call("TransactionEvent", self.start_payload)
            self.token_status = self.answer["idTokenInfo"]["status"]

    def tick(self):
        clock = getattr(self.station, "clock", None) or time.time() - 6 * 3600
        self.station.clock = clock + self.STEP_S
        return utc(base=clock)

    def meter(self, value, at=None, *more):
        at = at or self.tick()
        if self.v16:
            self.station.call("MeterValues", meter16(self.transaction, sample16(value), *more, connector=self.connector, at=at))
        else:
            self.seq += 1
            self.station.call("TransactionEvent", event2x("Updated", self.transaction, self.seq, meter=value, samples=more,
                                                          evse=self.connector, at=at))

    def stop(self, value, at=None):
        at = at or self.tick()
        if self.v16:
            return self.station.call("StopTransaction", stop16(self.transaction, value, at, idTag=self.token))
        self.seq += 1
        return self.station.call("TransactionEvent", event2x("Ended", self.transaction, self.seq, meter=value, evse=self.connector,
                                                             at=at, info={"stoppedReason": "Local"}))
