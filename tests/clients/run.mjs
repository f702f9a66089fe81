#!/usr/bin/env node
// run.mjs VOLTD: stations written by others (npm ocpp-rpc) run whole sessions in 1.6, 2.0.1 and 2.1, over ws and wss, in strict mode;
// an independent validator (npm typed-ocpp) judges each frame that voltd sends. Ends with `N passed, N failed`.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { Outlet } from './outlet.mjs';
import { Server } from './server.mjs';
import { Judge } from './validator.mjs';

const require = createRequire(import.meta.url);
const { RPCClient, createValidator } = require('ocpp-rpc');

const PASSWORD = 'swordfish-0123456789';
const STEP_MS = 20000;
// Times of a session lie in the last hours, ten minutes a message, so that its energy is what a car could draw.
const now = (step = 0) => new Date(Date.now() - 6 * 3600e3 + step * 600e3).toISOString();

// ocpp-rpc 2.2.1 looks for "urn:X.req" while the 2.1 schemas call themselves "urn:XRequest".
const schemas21 = require('ocpp-rpc/lib/schemas/ocpp2_1.json')
  .map((schema) => ({ ...schema, $id: schema.$id.replace(/Request$/, '.req').replace(/Response$/, '.conf') }));
const STRICT = [createValidator('ocpp1.6', require('ocpp-rpc/lib/schemas/ocpp1_6.json')),
  createValidator('ocpp2.0.1', require('ocpp-rpc/lib/schemas/ocpp2_0_1.json')), createValidator('ocpp2.1', schemas21)];

async function connect(server, identity, protocol, secure, isNew = true) {
  if (isNew) await server.rest('POST', 'stations', { id: identity, password: PASSWORD });
  const client = new RPCClient({
    endpoint: `${secure ? 'wss' : 'ws'}://${secure ? server.tlsDoor : server.doors.ocpp}/ocpp`,
    identity, password: PASSWORD, protocols: [protocol], reconnect: false,
    strictMode: true, strictModeValidators: STRICT, wsOpts: { rejectUnauthorized: false },
  });
  const judge = new Judge(protocol);
  client.on('message', ({ message, outbound }) => (outbound ? judge.sent(String(message)) : judge.received(String(message))));
  client.on('strictValidationFailure', ({ error }) => judge.faults.push(`strict mode: ${error}`));
  await client.connect();
  assert.equal(client.protocol, protocol, 'subprotocol');
  return { client, judge };
}

const register = (value, context) => ({ value, context, measurand: 'Energy.Active.Import.Register', unitOfMeasure: { unit: 'Wh' } });

// What a station of 1.6 says, from its boot to the end of a session of 7,200 Wh.
async function charge16(client) {
  const boot = await client.call('BootNotification', { chargePointVendor: 'Others', chargePointModel: 'rpc' });
  assert.equal(boot.status, 'Accepted');
  await client.call('Heartbeat', {});
  await client.call('StatusNotification', { connectorId: 0, errorCode: 'NoError', status: 'Available' });
  await client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Preparing', timestamp: now() });
  assert.equal((await client.call('Authorize', { idTag: 'OTHERS' })).idTagInfo.status, 'Accepted');
  const start = await client.call('StartTransaction', { connectorId: 1, idTag: 'OTHERS', meterStart: 1000, timestamp: now() });
  assert.equal(start.idTagInfo.status, 'Accepted');
  const { transactionId } = start;
  await client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Charging', timestamp: now() });
  for (const [index, value] of [2000, 4500, 8000].entries()) {
    await client.call('MeterValues', { connectorId: 1, transactionId, meterValue: [{ timestamp: now(index + 1), sampledValue: [
      { value: String(value), measurand: 'Energy.Active.Import.Register', unit: 'Wh', context: 'Sample.Periodic' },
      ...['L1', 'L2', 'L3'].map((phase) => ({ value: '16.0', measurand: 'Current.Import', unit: 'A', phase }))] }] });
  }
  await client.call('StopTransaction', { transactionId, idTag: 'OTHERS', meterStop: 8200, timestamp: now(9), reason: 'EVDisconnected' });
  await client.call('StatusNotification', { connectorId: 1, errorCode: 'NoError', status: 'Available', timestamp: now(10) });
  await client.call('DataTransfer', { vendorId: 'org.others', data: 'x' });
}

// The same in 2.0.1 and 2.1.
async function charge2x(client) {
  const boot = await client.call('BootNotification', { reason: 'PowerUp', chargingStation: { vendorName: 'Others', model: 'rpc' } });
  assert.equal(boot.status, 'Accepted');
  await client.call('Heartbeat', {});
  await client.call('StatusNotification', { timestamp: now(), connectorStatus: 'Occupied', evseId: 1, connectorId: 1 });
  await client.call('NotifyEvent', { generatedAt: now(), seqNo: 0, tbc: false, eventData: [{ eventId: 1, timestamp: now(), trigger: 'Delta',
    actualValue: 'Occupied', eventNotificationType: 'HardWiredNotification', component: { name: 'Connector', evse: { id: 1, connectorId: 1 } }, variable: { name: 'AvailabilityState' } }] });
  const idToken = { idToken: 'OTHERS', type: 'ISO14443' };
  assert.equal((await client.call('Authorize', { idToken })).idTokenInfo.status, 'Accepted');
  const transactionInfo = { transactionId: `rpc-${Math.random()}`, chargingState: 'Charging' };
  let seqNo = 0;
  const event = (eventType, triggerReason, value, context, more = {}) => client.call('TransactionEvent', { eventType, triggerReason, timestamp: now(seqNo),
    seqNo: seqNo++, transactionInfo, evse: { id: 1, connectorId: 1 }, meterValue: [{ timestamp: now(seqNo), sampledValue: [register(value, context)] }], ...more });
  const start = await event('Started', 'Authorized', 1000, 'Transaction.Begin', { idToken });
  assert.equal(start.idTokenInfo.status, 'Accepted');
  for (const value of [2000, 4500, 8000]) await event('Updated', 'MeterValuePeriodic', value, 'Sample.Periodic');
  transactionInfo.stoppedReason = 'Local';
  await event('Ended', 'StopAuthorized', 8200, 'Transaction.End', { idToken });
  await client.call('SecurityEventNotification', { type: 'StartupOfTheDevice', timestamp: now() });
  await client.call('NotifyReport', { requestId: 5, generatedAt: now(), seqNo: 0, reportData: [{ component: { name: 'EVSE', evse: { id: 1 } },
    variable: { name: 'Power' }, variableAttribute: [{ value: '22000' }] }] });
  await client.call('DataTransfer', { vendorId: 'org.others', data: { any: ['thing', 1] } });
}

async function session(server, identity, protocol, secure) {
  const { client, judge } = await connect(server, identity, protocol, secure);
  await (protocol === 'ocpp1.6' ? charge16 : charge2x)(client);
  const { items } = await server.rest('GET', `sessions?station=${identity}`);
  assert.equal(items.length, 1, 'sessions');
  assert.deepEqual([items[0].state, items[0].energy_wh, items[0].token, items[0].flags], ['ended', 7200, 'OTHERS', []]);
  await client.close();
  assert.deepEqual(judge.faults, [], 'frames that the validator refuses');
  assert.ok(judge.count >= 12, `${judge.count} frames were judged`);
}

// Each command of the API, answered by the client's own handlers: what voltd sends must pass its strict mode and the validator.
const COMMANDS = [
  ['remote_start', { token: 'OTHERS', evse: 1 }, ['RemoteStartTransaction', { status: 'Accepted' }], ['RequestStartTransaction', { status: 'Accepted' }]],
  ['reset', { kind: 'soft' }, ['Reset', { status: 'Accepted' }], ['Reset', { status: 'Scheduled' }]],
  ['unlock', { evse: 1, connector: 1 }, ['UnlockConnector', { status: 'Unlocked' }], ['UnlockConnector', { status: 'Unlocked' }]],
  ['change_availability', { operative: true, evse: 1 }, ['ChangeAvailability', { status: 'Accepted' }], ['ChangeAvailability', { status: 'Accepted' }]],
  ['trigger', { message: 'Heartbeat' }, ['TriggerMessage', { status: 'Accepted' }], ['TriggerMessage', { status: 'Accepted' }]],
  ['get_configuration', {}, ['GetConfiguration', { configurationKey: [], unknownKey: [] }], ['GetBaseReport', { status: 'Accepted' }]],
  ['set_configuration', { values: { 'OCPPCommCtrlr.HeartbeatInterval': '60' } }, ['ChangeConfiguration', { status: 'Accepted' }],
    ['SetVariables', { setVariableResult: [{ attributeStatus: 'Accepted', component: { name: 'OCPPCommCtrlr' }, variable: { name: 'HeartbeatInterval' } }] }]],
  ['clear_cache', {}, ['ClearCache', { status: 'Accepted' }], ['ClearCache', { status: 'Accepted' }]],
  ['data_transfer', { vendor_id: 'org.others', message_id: 'm', data: 'd' }, ['DataTransfer', { status: 'Accepted' }], ['DataTransfer', { status: 'Accepted' }]],
];

async function commands(server, identity, protocol) {
  const { client, judge } = await connect(server, identity, protocol, false);
  for (const [name, body, v16, v2x] of COMMANDS) {
    const [action, answer] = protocol === 'ocpp1.6' ? v16 : v2x;
    let seen = null;
    client.handle(action, ({ params }) => { seen = params; return answer; });
    const told = await server.rest('POST', `stations/${identity}/commands/${name}`, body);
    assert.ok(seen, `${name}: ${action} did not reach the station`);
    assert.deepEqual(told.answer, answer, name);
  }
  await client.close();
  assert.deepEqual(judge.faults, [], 'frames that the validator refuses');
}

// Charging limits, by a call of the API: what reaches the station is what was asked for; and what a station tells of limits is answered.
const limit16 = { connectorId: 1, csChargingProfiles: { chargingProfileId: 7010001, stackLevel: 0, chargingProfilePurpose: 'TxDefaultProfile', chargingProfileKind: 'Absolute',
  chargingSchedule: { startSchedule: '1970-01-01T00:00:00.000Z', chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16.5, numberPhases: 3 }] } } };
const limit2x = { evseId: 1, chargingProfile: { id: 7010001, stackLevel: 0, chargingProfilePurpose: 'TxDefaultProfile', chargingProfileKind: 'Absolute',
  chargingSchedule: [{ id: 7010001, startSchedule: '1970-01-01T00:00:00.000Z', chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16.5, numberPhases: 3 }] }] } };
const dynamic21 = { evseId: 1, chargingProfile: { id: 7020001, stackLevel: 1, chargingProfilePurpose: 'TxProfile', chargingProfileKind: 'Dynamic', transactionId: 'tx-1',
  maxOfflineDuration: 300, invalidAfterOfflineDuration: true, dynUpdateInterval: 60,
  chargingSchedule: [{ id: 1, chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16, limit_L2: 10, limit_L3: 10 }] }] } };
const composite = { evseId: 1, duration: 60, scheduleStart: '2027-01-15T08:00:00.000Z', chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16.5 }] };
const LIMIT_CALLS = {
  'ocpp1.6': [
    ['SetChargingProfile', limit16, { status: 'NotSupported' }], ['ClearChargingProfile', { id: 7010001 }, { status: 'Unknown' }],
    ['GetCompositeSchedule', { connectorId: 1, duration: 60, chargingRateUnit: 'A' }, { status: 'Accepted', connectorId: 1,
      chargingSchedule: { chargingRateUnit: 'A', chargingSchedulePeriod: [{ startPeriod: 0, limit: 16.5 }] } }]],
  'ocpp2.0.1': [
    ['SetChargingProfile', limit2x, { status: 'Rejected', statusInfo: { reasonCode: 'DuplicateProfile' } }],
    ['ClearChargingProfile', { chargingProfileId: 7010001 }, { status: 'Accepted' }],
    ['GetCompositeSchedule', { evseId: 1, duration: 60, chargingRateUnit: 'A' }, { status: 'Accepted', schedule: composite }],
    ['GetChargingProfiles', { requestId: 9, chargingProfile: { chargingLimitSource: ['EMS', 'Other', 'SO', 'CSO'] } }, { status: 'NoProfiles' }]],
};
LIMIT_CALLS['ocpp2.1'] = [...LIMIT_CALLS['ocpp2.0.1'], ['SetChargingProfile', dynamic21, { status: 'Accepted' }],
  ['UpdateDynamicSchedule', { chargingProfileId: 7020001, scheduleUpdate: { limit: 12.5, limit_L2: 8, limit_L3: 8 } }, { status: 'Accepted' }],
  ['UsePriorityCharging', { transactionId: 'tx-1', activate: true }, { status: 'NoProfile' }]];

// Nobody manages this station's power: no schedule is promised, and nothing is refused as unknown.
const LIMIT_NEWS = {
  'ocpp1.6': [],
  'ocpp2.0.1': [
    ['NotifyChargingLimit', { chargingLimit: { chargingLimitSource: 'EMS' }, evseId: 1, chargingSchedule: limit2x.chargingProfile.chargingSchedule }, {}],
    ['ClearedChargingLimit', { chargingLimitSource: 'EMS', evseId: 1 }, {}],
    ['ReportChargingProfiles', { requestId: 9, chargingLimitSource: 'CSO', evseId: 1, chargingProfile: [limit2x.chargingProfile] }, {}],
    ['NotifyEVChargingNeeds', { evseId: 1, chargingNeeds: { requestedEnergyTransfer: 'AC_three_phase',
      acChargingParameters: { energyAmount: 20000, evMinCurrent: 6, evMaxCurrent: 16, evMaxVoltage: 400 } } }, { status: 'Rejected' }],
    ['NotifyEVChargingSchedule', { timeBase: now(), evseId: 1, chargingSchedule: limit2x.chargingProfile.chargingSchedule[0] }, { status: 'Accepted' }]],
};
LIMIT_NEWS['ocpp2.1'] = [...LIMIT_NEWS['ocpp2.0.1'].map(([action, payload, answer]) => [action, payload, action === 'NotifyEVChargingNeeds' ? { status: 'NoChargingProfile' } : answer]),
  ['NotifyPriorityCharging', { transactionId: 'tx-1', activated: true }, {}], ['PullDynamicScheduleUpdate', { chargingProfileId: 7020001 }, { status: 'Rejected' }]];

async function limits(server, identity, protocol) {
  const { client, judge } = await connect(server, identity, protocol, false);
  for (const [action, payload, answer] of LIMIT_CALLS[protocol]) {
    let seen = null;
    client.handle(action, ({ params }) => { seen = params; return answer; });
    const told = await server.rest('POST', `stations/${identity}/calls`, { action, payload });
    assert.deepEqual(seen, payload, `${action} as it reached the station`);
    assert.deepEqual(told.answer, answer, `${action}: the station's answer`);
  }
  const [action, payload] = LIMIT_CALLS[protocol][0];
  const broken = JSON.parse(JSON.stringify(payload).replaceAll('"limit":16.5', '"limit":"16.5"'));
  await assert.rejects(server.rest('POST', `stations/${identity}/calls`, { action, payload: broken }), /422/);
  for (const [name, news, answer] of LIMIT_NEWS[protocol]) assert.deepEqual(await client.call(name, news), answer, name);
  await client.close();
  assert.deepEqual(judge.faults, [], 'frames that the validator refuses');
}

const until = async (what, test) => {
  for (let left = STEP_MS / 100; left > 0; left -= 1) {
    const got = await test();
    if (got) return got;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${what}: not seen in time`);
};

// A station by others joins a site that shares its power: it is asked what it can, proven in its first session, and then follows the site's limit.
async function power(server, identity, protocol, failSafe = 12) {
  const site = (await server.rest('POST', 'sites', { name: `Power of ${identity}`, time_zone: 'Europe/Berlin' })).id;
  await server.rest('POST', 'stations', { id: identity, password: PASSWORD, site });
  await server.rest('PUT', `sites/${site}/power`, { mode: 'equal', rules: { hold_s: 1, switch_s: 1 }, nodes: [
    { id: 'grid', kind: 'grid', limit_a: 40 }, { id: 's', parent: 'grid', kind: 'station', station: identity, limit_a: 32, fail_safe_a: failSafe }] });
  const { client, judge } = await connect(server, identity, protocol, false, false);
  const outlet = new Outlet(client, protocol);
  const live = async () => (await server.rest('GET', `sites/${site}/power/live`)).evses[0];
  await outlet.boot();
  await until('asked: its fail-safe is its default', () => outlet.sets.some((held) => held.purpose === 'TxDefaultProfile' && held.limit === failSafe));
  await outlet.plug();
  await until('proven', async () => (await live()).proven);
  await until('a full share', () => outlet.amps > 28);
  await server.rest('POST', `sites/${site}/power/cap`, { limit_a: 14, reason: 'a test' });
  await until('a cap that is followed', () => outlet.amps > 6 && outlet.amps <= 14);
  const session = outlet.sets.at(-1);
  assert.deepEqual([session.purpose, session.limit <= 14], ['TxProfile', true]);
  outlet.stop();
  await client.close();
  assert.deepEqual(judge.faults, [], 'frames that the validator refuses');
}

async function refused(server, identity, password) {
  const client = new RPCClient({ endpoint: `ws://${server.doors.ocpp}/ocpp`, identity, password, protocols: ['ocpp1.6'], reconnect: false });
  await assert.rejects(client.connect(), /40[14]|Not Found|Unauthorized/);
}

async function reconnects(server) {
  const { client, judge } = await connect(server, 'RPC-RECONNECT', 'ocpp2.0.1', false);
  await client.call('BootNotification', { reason: 'PowerUp', chargingStation: { vendorName: 'Others', model: 'rpc' } });
  await client.close();
  await client.connect();
  await client.call('Heartbeat', {});
  await client.close();
  assert.deepEqual(judge.faults, []);
}

const PROTOCOLS = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'];
const CASES = [
  ...[false, true].flatMap((secure) => PROTOCOLS.map((protocol) => [`a session in ${protocol} over ${secure ? 'wss' : 'ws'}`,
    (server) => session(server, `RPC-${protocol.slice(4)}-${secure ? 's' : 'p'}`, protocol, secure)])),
  ...PROTOCOLS.map((protocol) => [`every command in ${protocol}`, (server) => commands(server, `CMD-${protocol.slice(4)}`, protocol)]),
  ...PROTOCOLS.map((protocol) => [`charging limits in ${protocol}`, (server) => limits(server, `LIM-${protocol.slice(4)}`, protocol)]),
  ...PROTOCOLS.map((protocol) => [`a site's power in ${protocol}`, (server) => power(server, `POW-${protocol.slice(4)}`, protocol), 3 * STEP_MS]),
  ["a site's power without a fail-safe above 0", (server) => power(server, 'POW-0', 'ocpp1.6', 0), 3 * STEP_MS],
  ['a reconnect of a registered station', reconnects],
  ['an unknown station is refused', (server) => refused(server, 'NOBODY', PASSWORD)],
  ['a wrong password is refused', (server) => refused(server, 'RPC-RECONNECT', 'wrong-password-0000')],
];

const withLimit = (promise, ms) => Promise.race([promise, new Promise((_, failed) => {
  setTimeout(() => failed(new Error(`not done in ${ms / 1000} s`)), ms).unref();
})]);

let passed = 0;
let failed = 0;
const server = await Server.start(resolve(process.argv[2] ?? 'build/voltd'));
await server.rest('POST', 'tokens', { id: 'OTHERS' });
for (const [name, test, ms = STEP_MS] of CASES) {
  try {
    await withLimit(test(server), ms);
    passed += 1;
    console.log(`ok clients: ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`not ok clients: ${name}\n    ${String(error?.message ?? error).split('\n').join('\n    ')}`);
  }
}
const code = await server.stop();
if (code !== 0) {
  failed += 1;
  console.log(`not ok clients: the server ends with 0 on SIGTERM, not ${code}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
