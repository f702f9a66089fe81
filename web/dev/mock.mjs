// A stand-in for the server while pages are developed: the REST API and the event stream of contracts/openapi.yaml, with
// stations that move. `node dev/mock.mjs [--port 8080] [--stations 12] [--out]`: --out asks for a login first.
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { powerRoutes } from './power.mjs';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');
const option = (name, or) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : or);
const port = Number(option('--port', 8080));
const wanted = Number(option('--stations', 12));
const startedAt = new Date();
const iso = (ms = Date.now()) => new Date(ms).toISOString();
let ids = 1000;
let loggedIn = !process.argv.includes('--out');

const sites = ['Harbour', 'Garage West', 'Depot North'].map((name, i) => ({
    id: String(i + 1), name, time_zone: 'Europe/Berlin', currency: 'EUR', address: `${name} street ${i + 1}`, unknown_tokens: 'inherit', lost_after_s: null,
    created_at: iso(), demo: true, stations: 0, stations_connected: 0, sessions_open: 0, power_w: 0, version: 1 }));
const tokens = ['04A2B3C4D5E601', '04A2B3C4D5E602', '04A2B3C4D5E603', 'FLEET-0007'].map((id, i) => ({
    id, type: null, status: i === 2 ? 'blocked' : 'accepted', group_id: i > 2 ? 'FLEET' : null, expires_at: null, personal_message: null, language: null,
    name: ['Anna', 'Ben', 'Lost card', 'Pool car 7'][i], sessions_max: null, created_at: iso(), used_at: i ? null : iso(Date.now() - 3e5), version: 1 }));
const versions = ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'];
const makes = [['ABB', 'Terra AC'], ['Alfen', 'Eve Single'], ['Kempower', 'S-Series']];

function connector(id, status) {
    return { id, status, status_raw: status, error_code: status === 'faulted' ? 'GroundFailure' : 'NoError', info: status === 'faulted' ? 'residual current 34 mA' : '',
        status_at: iso(), received_at: iso(), fresh: true, printed_id: '', type: 'cType2', power_max_w: 22000, operative: true, session: null, power_w: null };
}

function station(i) {
    const [vendor, model] = makes[i % 3];
    const connected = i % 9 !== 7;
    const status = i % 11 === 5 ? 'faulted' : 'available';
    return { id: `CP-${String(101 + i).padStart(4, '0')}`, name: i % 4 === 0 ? `${sites[i % 3].name} P${1 + (i >> 2)}` : '', site: sites[i % 3].id, created_at: iso(startedAt - 864e5), registration: 'accepted',
        security_profile: i % 5 === 4 ? 0 : 1, has_password: i % 5 !== 4, password_pending: false, connected, connected_at: iso(Date.now() - 36e5), last_seen_at: iso(Date.now() - (connected ? 4e3 : 72e5)),
        booted_at: iso(Date.now() - 36e5), protocol: versions[i % 3], protocol_default: null, vendor, model, serial: `SN${90000 + i}`, firmware: `2.${i % 7}.1`, iccid: '', imsi: '', peer: '10.1.2.3',
        heartbeat_interval_s: null, ping_interval_s: null, frame_bytes_max: null, items_per_message: null, lenient: false, ask_after_boot: false, unknown_tokens: 'inherit',
        clock_offset_ms: 120, note: '', demo: true, power_w: 0, whole: null, version: 1,
        evses: (i % 2 ? [1, 2] : [1]).map((id) => ({ id, connectors: [connector(1, status)] })) };
}

const stations = Array.from({ length: wanted }, (_, i) => station(i));
const sessions = [];
const meters = new Map();
const messages = new Map(stations.map((s) => [s.id, []]));
const inbox = [{ identity: 'NEW-77', first_at: iso(), last_at: iso(), attempts: 3, peer: '10.1.9.9', protocols: ['ocpp1.6'], has_password: true, tls: false, connected: false, vendor: '', model: '', serial: '' }];
const streams = new Set();
const unknown = [];
const people = [{ name: 'admin', role: 'admin', disabled: false, has_password: true, link_expires_at: null, token: null, created_at: iso(), login_at: iso(), version: 1 }];
const keys = [];

function send(topic, data, fact = true) {
    for (const s of streams) {
        if (topic === 'message' ? s.message !== data.station : s.message) continue;
        s.res.write(`${fact ? `id: ${++ids}\n` : ''}event: ${topic}\ndata: ${JSON.stringify(data)}\n\n`);
    }
}

function frame(s, direction, kind, action, id, payload, took = null, session = null) {
    const type = kind === 'call' ? 2 : 3;
    const m = { id: String(++ids), at: iso(), station: s.id, session, direction, kind, action, message_id: id, error: false, flagged: action === 'MeterValues' && ids % 13 === 0, took_ms: took,
        frame: JSON.stringify(kind === 'call' ? [type, id, action, payload] : [type, id, payload]), note: null };
    messages.get(s.id).unshift(m);
    messages.get(s.id).length = Math.min(messages.get(s.id).length, 500);
    send('message', m, false);
}

function exchange(s, direction, action, payload, answer, session) {
    const id = String(++ids);
    frame(s, direction, 'call', action, id, payload, null, session);
    frame(s, direction === 'in' ? 'out' : 'in', 'answer', action, id, answer, Math.round(2 + Math.random() * 30), session);
}

function begin(s, evse, agoMs = 0) {
    const c = s.evses.find((e) => e.id === evse)?.connectors[0];
    if (!s.connected || !c || c.session || c.status !== 'available') return undefined;
    const token = tokens[ids % 2];
    const x = { id: `s${++ids}`, station: s.id, site: s.site, evse, connector: 1, transaction_id: String(ids * 7919), token: token.id, token_status: 'accepted', group_id: null, started_at: iso(Date.now() - agoMs), ended_at: null,
        received_at: iso(Date.now() - agoMs), seen_at: iso(), sample_at: iso(), energy_wh: 0, power_w: 0, soc_percent: evse === 1 ? 31 : null, state: 'open', charging_state: 'charging', flags: ids % 5 ? [] : ['clock', 'gap'],
        stop_reason: null, register_start_wh: 120000, register_last_wh: 120000, messages: 1, close_reason: null, closed_by: null, version: 1 };
    sessions.unshift(x);
    meters.set(x.id, []);
    Object.assign(c, { session: x.id, status: 'charging', status_raw: 'Charging' });
    for (let at = agoMs; at > 0; at -= 60000) sample(s, c, x, Date.now() - at, 60, true);
    send('session.started', x);
    send('connector.status', s);
    exchange(s, 'in', 'StartTransaction', { connectorId: evse, idTag: token.id, meterStart: 120000, timestamp: x.started_at }, { transactionId: 1, idTagInfo: { status: 'Accepted' } }, x.id);
    return x;
}

function sample(s, c, x, at, seconds, quiet) {
    const age = (at - Date.parse(x.started_at)) / 1000;
    x.power_w = Math.round(Math.min(1, age / 60 + 0.2) * 10900 * (age > 2400 ? 0.6 : 1) + Math.random() * 200);
    x.energy_wh = Math.round((x.energy_wh + (x.power_w * seconds) / 3600) * 10) / 10;
    x.register_last_wh = x.register_start_wh + x.energy_wh;
    x.sample_at = x.seen_at = iso(at);
    x.messages++;
    if (x.soc_percent !== null) x.soc_percent = Math.min(99, x.soc_percent + seconds / 90);
    c.power_w = x.power_w;
    meters.get(x.id).push({ timestamp: iso(at), received_at: iso(at), samples: [
        { measurand: 'Energy.Active.Import.Register', value: x.register_last_wh, unit: 'Wh', phase: null, location: null, context: null },
        { measurand: 'Power.Active.Import', value: x.power_w, unit: 'W', phase: null, location: null, context: null }] });
    if (quiet) return;
    send('value', { at: iso(), station: s.id, evse: x.evse, connector: 1, session: x.id, power_w: x.power_w, energy_wh: x.energy_wh, soc_percent: x.soc_percent }, false);
    exchange(s, 'in', 'MeterValues', { connectorId: x.evse, transactionId: 1, meterValue: [{ timestamp: iso(at), sampledValue: [{ value: String(x.register_last_wh), unit: 'Wh' }, { value: String(x.power_w), measurand: 'Power.Active.Import', unit: 'W' }] }] }, {}, x.id);
}

function end(x, reason = 'Local') {
    const s = stations.find((y) => y.id === x.station);
    const c = s.evses.find((e) => e.id === x.evse).connectors[0];
    Object.assign(x, { state: 'ended', ended_at: iso(), power_w: 0, stop_reason: reason, charging_state: 'idle', version: x.version + 1 });
    Object.assign(c, { session: null, power_w: null, status: 'available', status_raw: 'Available' });
    send('session.ended', x);
    send('connector.status', s);
}

for (const s of stations.slice(0, 400)) if (Math.random() < 0.6) begin(s, 1, Math.round(Math.random() * 36e5));
for (const x of sessions.slice(0, 3)) end(x);
setInterval(() => {
    for (const x of sessions.filter((y) => y.state === 'open').slice(0, 60)) {
        const s = stations.find((y) => y.id === x.station);
        s.last_seen_at = iso();
        sample(s, s.evses.find((e) => e.id === x.evse).connectors[0], x, Date.now(), 2, false);
        if (Math.random() < 0.003) end(x);
    }
    if (Math.random() < 0.1) begin(stations[Math.floor(Math.random() * stations.length)], 1);
}, 2000);

function server() {
    const plugs = stations.flatMap((s) => s.evses.flatMap((e) => e.connectors));
    return { version: '0.1.0', started_at: startedAt.toISOString(), uptime_s: Math.round((Date.now() - startedAt) / 1000), now: iso(), demo: true, storage: { works: true, why: null },
        addresses: { ws: ['ws://192.0.2.7:9000/ocpp/'], wss: [], reachable: true, hint: null },
        counts: { stations: stations.length, stations_connected: stations.filter((s) => s.connected).length, connectors: plugs.length, connectors_available: 0, connectors_charging: 0, connectors_faulted: 0,
            sessions_open: sessions.filter((s) => s.state === 'open').length, tokens: tokens.length, sites: sites.length, inbox: inbox.length },
        power_w: 0, energy_today_wh: sessions.reduce((n, s) => n + s.energy_wh, 0), starts_today: { all: sessions.length, worked: sessions.filter((s) => s.energy_wh > 0).length } };
}

const rights = ['station.read', 'station.write', 'station.command', 'station.call', 'session.read', 'session.write', 'token.read', 'token.write', 'site.read', 'site.write', 'power.control', 'person.read', 'person.write',
    'key.read', 'key.write', 'audit.read', 'server.read', 'server.config'];
const me = { kind: 'person', name: 'admin', role: 'admin', rights, has_password: false, token: null };
const list = (items, q) => {
    const from = Number(q.get('cursor') ?? 0);
    const to = from + Number(q.get('limit') ?? 100);
    return { items: items.slice(from, to), next_cursor: to < items.length ? String(to) : null };
};
const find = (items, id, key = 'id') => items.find((x) => x[key].toLowerCase() === id.toLowerCase());
const problem = (status, title, more = {}) => ({ status, body: { type: 'about:blank', title, status, ...more } });
const variables = (s) => ['HeartbeatInterval:300', 'MeterValueSampleInterval:60', 'AuthorizeRemoteTxRequests:true', 'NumberOfConnectors:2', 'WebSocketPingInterval:30', 'LocalPreAuthorize:false'].map((v) => {
    const [name, value] = v.split(':');
    return { component: s.protocol === 'ocpp1.6' ? '' : 'OCPPCommCtrlr', name, value, readonly: name === 'NumberOfConnectors', type: /^\d/.test(value) ? 'integer' : 'boolean', unit: /Interval/.test(name) ? 's' : '', reboot: name === 'WebSocketPingInterval', at: iso() };
});

function command(s, name, body) {
    if (!s.connected) return problem(409, 'The station is not connected.');
    if (name === 'remote_start') setTimeout(() => begin(s, body.evse ?? 1), 800);
    if (name === 'remote_stop') setTimeout(() => end(find(sessions, body.session), 'Remote'), 800);
    const answer = { result: 'accepted', status: 'Accepted', answer: { status: 'Accepted' }, latency_ms: 212, id: String(++ids) };
    if (name === 'set_configuration') answer.results = Object.fromEntries(Object.keys(body.values).map((k) => [k, 'accepted']));
    exchange(s, 'out', name, body, { status: 'Accepted' });
    return answer;
}

/* Method and path → answer. `$` is one path segment. */
const routes = [
    ['GET /me', () => me], ['PATCH /me', (b) => Object.assign(me, b)], ['POST /me/password', () => undefined],
    ['POST /login', (b) => (b.link || b.password === 'secret-secret' ? ((loggedIn = true), me) : problem(401, 'Name or password is wrong.'))],
    ['POST /logout', () => { loggedIn = false; }],
    ['GET /server', server], ['GET /attention', () => ({ items: stations.flatMap((s) => [
        ...(s.connected ? [] : [{ kind: 'offline', severity: 'warning', text: 'No sign of it since two hours.', station: s.id, session: null, since: s.last_seen_at, action: 'Look at its network.' }]),
        ...(s.evses[0].connectors[0].status === 'faulted' ? [{ kind: 'faulted', severity: 'error', text: 'Plug 1: GroundFailure, residual current 34 mA.', station: s.id, session: null, since: iso(), action: 'Restart it; if it stays, send somebody.' }] : [])]), next_cursor: null })],
    ['GET /stations', (b, q) => list(stations, q)], ['GET /stations/$', (b, q, id) => find(stations, id) ?? problem(404, 'There is no such station.')],
    ['PATCH /stations/$', (b, q, id) => { const s = Object.assign(find(stations, id), b); s.version++; send('station.changed', s); return s; }],
    ['DELETE /stations/$', (b, q, id) => { stations.splice(stations.indexOf(find(stations, id)), 1); }],
    ['GET /stations/$/messages', (b, q, id) => list(messages.get(id) ?? [], q)], ['GET /stations/$/variables', (b, q, id) => ({ items: variables(find(stations, id)), next_cursor: null })],
    ['POST /stations/$/commands/$', (b, q, id, name) => command(find(stations, id), name, b)], ['POST /stations/$/calls', (b, q, id) => command(find(stations, id), b.action, b.payload)],
    ['POST /stations/$/password', (b) => ({ result: 'accepted', status: 'Accepted', answer: {}, latency_ms: 80, id: '1', password: b.password ?? 'x7Kp2mQ9vR4tW1yZ8aBc' })],
    ['PATCH /stations/$/connectors/$/$', (b, q, id, e) => { const s = find(stations, id); Object.assign(s.evses.find((x) => x.id === Number(e)).connectors[0], b); return s; }],
    ['POST /stations/import', () => ({ dry_run: true, created: 2, updated: 0, unchanged: 0, errors: [] })], ['POST /tokens/import', () => ({ dry_run: true, created: 1, updated: 1, unchanged: 0, errors: [] })],
    ['GET /inbox', () => ({ items: inbox, next_cursor: null })],
    ['POST /inbox/$/adopt', (b, q, id) => {
        inbox.splice(0);
        const s = { ...station(stations.length), ...b, id, name: '', connected: false, demo: false, evses: [] };
        stations.unshift(s);
        messages.set(id, []);
        send('inbox.changed', {});
        setTimeout(() => { Object.assign(s, { connected: true, evses: [{ id: 1, connectors: [connector(1, 'available')] }] }); send('station.connected', s); }, 2000);
        return s;
    }],
    ['GET /sessions', (b, q) => list(sessions.filter((s) => ['state', 'station', 'site', 'token'].every((k) => !q.get(k) || s[k] === q.get(k)) && (!q.get('flag') || s.flags.includes(q.get('flag')))), q)],
    ['GET /sessions/$', (b, q, id) => find(sessions, id) ?? problem(404, 'There is no such session.')], ['GET /sessions/$/meter_values', (b, q, id) => list(meters.get(id) ?? [], q)],
    ['GET /sessions/$/messages', (b, q, id) => list((messages.get(find(sessions, id).station) ?? []).filter((m) => m.session === id), q)],
    ['POST /sessions/$/stop', (b, q, id) => command(find(stations, find(sessions, id).station), 'remote_stop', { session: id })], ['POST /sessions/$/close', (b, q, id) => { const s = find(sessions, id); end(s); return Object.assign(s, { close_reason: b.reason, closed_by: 'admin' }); }],
    ['GET /tokens', (b, q) => list(tokens.filter((k) => `${k.id} ${k.name}`.toLowerCase().includes((q.get('q') ?? '').toLowerCase()) && (!q.get('status') || k.status === q.get('status'))), q)],
    ['GET /tokens/unknown', () => ({ items: unknown, next_cursor: null })],
    ['POST /tokens', (b) => { tokens.unshift({ ...tokens[0], used_at: null, name: '', ...b }); return tokens[0]; }], ['PATCH /tokens/$', (b, q, id) => Object.assign(find(tokens, id), b)], ['DELETE /tokens/$', (b, q, id) => { tokens.splice(tokens.indexOf(find(tokens, id)), 1); }],
    ['GET /sites', (b, q) => list(sites, q)], ['POST /sites', (b) => { sites.push({ ...sites[0], ...b, id: String(++ids) }); return sites.at(-1); }], ['PATCH /sites/$', (b, q, id) => Object.assign(find(sites, id), b, { version: ++ids })],
    ...powerRoutes({ stations, sessions, problem, iso }),
    ['DELETE /sites/$', () => problem(409, 'Stations belong to it. Move them first.')],
    ['GET /review', () => ({ items: [{ id: '1', at: iso(Date.now() - 36e5), kind: 'unknown_transaction', station: 'CP-0101', session: null, text: 'StopTransaction names transaction -1.', frame: '[2,"8","StopTransaction",{"transactionId":-1}]', settled_at: null, settled_by: null, version: 1 }], next_cursor: null })],
    ['POST /review/$/settle', () => ({})],
    ['GET /reports/energy', (b, q) => ({ from: '2025-12-01T00:00:00Z', to: '2026-11-24T00:00:00Z', sessions: 412, energy_wh: 8412345, items: q.get('by') === 'month' ? [{ key: '2026-11', name: '2026-11', sessions: 212, energy_wh: 4412345 }, { key: '2026-10', name: '2026-10', sessions: 200, energy_wh: 4e6 }] : sites.map((s) => ({ key: s.id, name: s.name, sessions: 137, energy_wh: 2804115 })) })],
    ['GET /people', (b, q) => list(people, q)], ['POST /people', (b) => { people.push({ ...people[0], has_password: false, login_at: null, ...b }); return { ...people.at(-1), link: '/start#k=abcdef' }; }], ['PATCH /people/$', (b, q, id) => Object.assign(find(people, id, 'name'), b)],
    ['POST /people/$/link', () => ({ link: '/start#k=abcdef', expires_at: iso(Date.now() + 864e5) })],
    ['GET /keys', (b, q) => list(keys, q)], ['POST /keys', (b) => { keys.push({ id: String(++ids), name: '', created_at: iso(), used_at: null, expires_at: null, ...b }); return { ...keys.at(-1), key: 'vk_7Kp2mQ9vR4tW1yZ8aBc' }; }], ['DELETE /keys/$', (b, q, id) => { keys.splice(keys.indexOf(find(keys, id)), 1); }],
    ['GET /audit', () => ({ items: [{ id: '1', at: iso(), actor: 'person:admin', action: 'station.update', target: 'station:CP-0101', before: { name: '' }, after: { name: 'Harbour P1' } }], next_cursor: null })],
    ['GET /config', () => ({ items: [{ key: 'http.listen', value: '127.0.0.1:8080', default: '127.0.0.1:8080', unit: '', origin: 'default', text: 'Console, REST, health and metrics.' }, { key: 'ocpp.call_timeout_s', value: '30', default: '20', unit: 's', origin: 'file', text: 'How long a station may take to answer.' }], next_cursor: null })],
    // Not part of the API: a card that nobody knows is shown, for trying out "tap a card now".
    ['POST /mock/tap', () => { unknown.unshift({ token: `04${Math.random().toString(16).slice(2, 14).toUpperCase()}`, type: null, station: stations[0].id, evse: 1, at: iso() }); send('token.unknown', unknown[0]); }],
].map(([pattern, run]) => {
    const [method, path] = pattern.split(' ');
    return { method, path: new RegExp(`^${path.replace(/\$/g, '([^/]+)')}$`), run };
});

function stream(req, res, url) {
    res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    res.write(': hello\n\n');
    const entry = { res, message: url.searchParams.get('topics') === 'message' ? url.searchParams.get('station') : undefined };
    streams.add(entry);
    req.on('close', () => streams.delete(entry));
}

async function api(req, res, url) {
    const path = url.pathname.slice('/api/v1'.length);
    if (!loggedIn && path !== '/login') return answer(res, problem(401, 'Log in first.'));
    if (path === '/events') return stream(req, res, url);
    let text = '';
    for await (const part of req) text += part;
    const body = (req.headers['content-type'] ?? '').includes('json') && text ? JSON.parse(text) : {};
    for (const route of routes) {
        const found = route.method === req.method && route.path.exec(path);
        if (found) return answer(res, route.run(body, url.searchParams, ...found.slice(1).map(decodeURIComponent)));
    }
    return answer(res, problem(404, `The mock has no ${req.method} ${path}.`));
}

function answer(res, what) {
    if (what === undefined) return res.writeHead(204).end();
    const failed = what.body && typeof what.status === 'number';
    res.writeHead(failed ? what.status : 200, { 'Content-Type': failed ? 'application/problem+json' : 'application/json' });
    return res.end(JSON.stringify(failed ? what.body : what));
}

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
createServer((req, res) => {
    const url = new URL(req.url, 'http://mock');
    if (url.pathname.startsWith('/api/v1')) return void api(req, res, url);
    const file = join(dist, url.pathname);
    const name = extname(file) && existsSync(file) ? file : join(dist, 'index.html');
    res.writeHead(200, { 'Content-Type': types[extname(name)], 'Content-Security-Policy': "default-src 'self'; frame-ancestors 'none'" });
    return res.end(readFileSync(name));
}).listen(port, '127.0.0.1', () => console.log(`mock http://127.0.0.1:${port}`));
