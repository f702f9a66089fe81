import assert from 'node:assert/strict';
import test from 'node:test';
import { load } from './load.mjs';

const { frames, query } = await load({ frames: 'console/pages/station/frames.ts', query: 'console/pages/station/query.ts' });

let id = 0;
function message(direction, kind, message_id, action, frame, more = {}) {
    id++;
    return { id: String(id), at: `2026-11-24T12:00:${String(id % 60).padStart(2, '0')}.000Z`, station: 'CP-1', session: null, direction, kind, action, message_id, error: false, flagged: false, took_ms: null,
        frame: JSON.stringify(frame), note: null, ...more };
}

const heartbeat = message('in', 'call', 'm1', 'Heartbeat', [2, 'm1', 'Heartbeat', {}]);
const beaten = message('out', 'answer', 'm1', 'Heartbeat', [3, 'm1', { currentTime: '2026-11-24T12:00:00Z' }], { took_ms: 4 });
const reset = message('out', 'call', 'm1', 'Reset', [2, 'm1', 'Reset', { type: 'Soft' }]);
const refused = message('in', 'answer', 'm1', 'Reset', [4, 'm1', 'NotSupported', 'no', {}], { took_ms: 812, error: true });

test('a call and its answer are one exchange, even when both sides use the same id', () => {
    const all = frames.pair([refused, reset, beaten, heartbeat]);
    assert.deepEqual(all.map((e) => [e.action, e.direction, e.ms, e.error]), [['Reset', 'out', 812, true], ['Heartbeat', 'in', 4, false]]);
});

test('an answer whose call is not in sight stands alone', () => {
    assert.deepEqual(frames.pair([beaten]).map((e) => [e.direction, !!e.call, !!e.answer]), [['in', false, true]]);
});

test('a call without an answer waits', () => {
    assert.equal(frames.pair([heartbeat])[0].answer, undefined);
});

test('a summary tells what matters in a few words', () => {
    for (const [action, payload, words] of [
        ['StatusNotification', { connectorId: 1, status: 'Faulted', errorCode: 'GroundFailure' }, '1 · Faulted · GroundFailure'],
        ['TransactionEvent', { eventType: 'Updated', seqNo: 14, meterValue: [{ sampledValue: [{ value: 4021, unitOfMeasure: { unit: 'Wh' } }] }] }, 'Updated · 14 · 4021 Wh'],
        ['SomethingNew', { a: 1, deep: { b: 2 }, c: 'x' }, '1 · x'],
        ['Heartbeat', {}, ''],
    ]) assert.equal(frames.summary(action, payload), words);
});

test('a frame that is no JSON is shown as it came', () => {
    assert.equal(frames.payloadOf({ frame: '[2,' }), '[2,');
});

test('the filter takes words and conditions, and all must hold', () => {
    const all = frames.pair([refused, reset, beaten, heartbeat]);
    const found = (words) => all.filter(query.filterOf(words)).map((e) => e.action).join();
    for (const [words, expect] of [['', 'Reset,Heartbeat'], ['action:heart*', 'Heartbeat'], ['action:Res', ''], ['error', 'Reset'], ['ms:>500', 'Reset'], ['ms:<=4', 'Heartbeat'], ['ms:x', ''],
        ['dir:in', 'Heartbeat'], ['soft', 'Reset'], ['soft dir:in', ''], ['notsupported', 'Reset'], ['flagged', '']])
        assert.equal(found(words), expect, words);
});
