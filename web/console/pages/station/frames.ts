/* Frames as people read them: a call with its answer is one exchange, with a summary in a few words. */
import type { Message } from '../../store/types.gen';

export interface Exchange {
    key: string;
    at: string;
    direction: 'in' | 'out' | null;
    action: string;
    call?: Message;
    answer?: Message;
    error: boolean;
    flagged: boolean;
    ms: number | null;
}

/* [2, id, action, payload], [3, id, payload], [4, id, code, text, details], and 2.1's 5 and 6. */
export function payloadOf(message: Message | undefined): unknown {
    if (!message?.frame) return message?.note ?? undefined;
    try {
        const frame = JSON.parse(message.frame) as unknown[];
        if (frame[0] === 2 || frame[0] === 6) return frame[3];
        if (frame[0] === 3) return frame[2];
        if (frame[0] === 4 || frame[0] === 5) return { errorCode: frame[2], errorDescription: frame[3], errorDetails: frame[4] };
        return frame;
    } catch {
        return message.frame;
    }
}

/* Newest first in, newest first out. An answer goes to its call: same id, the other direction. */
export function pair(messages: Message[]): Exchange[] {
    const exchanges: Exchange[] = [];
    const waiting = new Map<string, Message>();
    for (const m of messages) {
        if (m.kind === 'answer' && m.message_id) {
            waiting.set(`${m.direction === 'in' ? 'out' : 'in'} ${m.message_id}`, m);
            continue;
        }
        const key = `${m.direction} ${m.message_id}`;
        const answer = m.kind === 'call' ? waiting.get(key) : undefined;
        if (answer) waiting.delete(key);
        exchanges.push({
            key: m.id, at: m.at, direction: m.direction, action: m.action || m.kind, call: m, answer,
            error: m.error || !!answer?.error, flagged: m.flagged || !!answer?.flagged, ms: answer?.took_ms ?? null,
        });
    }
    for (const a of waiting.values())
        exchanges.push({ key: a.id, at: a.at, direction: a.direction === 'in' ? 'out' : 'in', action: a.action, answer: a, error: a.error, flagged: a.flagged, ms: a.took_ms });
    return exchanges.sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
}

type Fields = Record<string, unknown>;

function at(value: unknown, path: string): unknown {
    return path.split('.').reduce<unknown>((v, key) => (v === null || typeof v !== 'object' ? undefined : (v as Fields)[key]), value);
}

/* What matters in a message, by action; of all others, the first plain values. */
const told: Record<string, readonly string[]> = {
    BootNotification: ['chargePointVendor', 'chargePointModel', 'firmwareVersion', 'chargingStation.vendorName', 'chargingStation.model', 'chargingStation.firmwareVersion', 'reason'],
    StatusNotification: ['evseId', 'connectorId', 'status', 'connectorStatus', 'errorCode', 'info'],
    Authorize: ['idTag', 'idToken.idToken'],
    StartTransaction: ['connectorId', 'idTag', 'meterStart'],
    StopTransaction: ['transactionId', 'meterStop', 'reason'],
    TransactionEvent: ['eventType', 'seqNo', 'triggerReason', 'transactionInfo.chargingState', 'transactionInfo.stoppedReason', 'idToken.idToken'],
    MeterValues: ['connectorId', 'evseId', 'transactionId'],
    RemoteStartTransaction: ['connectorId', 'idTag'],
    RequestStartTransaction: ['evseId', 'idToken.idToken'],
    SetChargingProfile: ['connectorId', 'evseId', 'csChargingProfiles.chargingProfilePurpose', 'csChargingProfiles.chargingSchedule.chargingSchedulePeriod.0.limit',
        'csChargingProfiles.chargingSchedule.chargingRateUnit', 'chargingProfile.chargingProfilePurpose', 'chargingProfile.chargingSchedule.0.chargingSchedulePeriod.0.limit',
        'chargingProfile.chargingSchedule.0.chargingRateUnit'],
    Reset: ['type'],
    NotifyReport: ['requestId', 'seqNo', 'tbc'],
};

function sampled(payload: unknown): string[] {
    const values = (at(payload, 'meterValue') ?? []) as { sampledValue?: Fields[] }[];
    const last = Array.isArray(values) ? values[values.length - 1]?.sampledValue ?? [] : [];
    return last.slice(0, 3).map((s) => {
        const unit = s.unit ?? at(s, 'unitOfMeasure.unit') ?? 'Wh';
        return `${String(s.value)} ${String(unit)}`;
    });
}

function plain(value: unknown): string[] {
    if (value === null || typeof value !== 'object') return value === undefined ? [] : [String(value)];
    return Object.values(value).filter((v) => typeof v !== 'object' && v !== '').slice(0, 4).map(String);
}

export function summary(action: string, payload: unknown): string {
    const paths = told[action];
    const words = paths ? paths.map((p) => at(payload, p)).filter((v) => v !== undefined && v !== '').map(String) : plain(payload);
    return [...words, ...sampled(payload)].join(' · ');
}

export function answerSummary(exchange: Exchange): string {
    if (!exchange.answer) return '';
    const payload = payloadOf(exchange.answer);
    const found = ['errorCode', 'status', 'idTagInfo.status', 'idTokenInfo.status'].map((p) => at(payload, p)).find((v) => typeof v === 'string');
    if (found) return String(found);
    const words = plain(payload).join(' · ');
    return words || '{}';
}
