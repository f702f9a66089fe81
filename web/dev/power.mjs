// The power of sites, for the mock: a document that can be put, and a state that moves.
export function powerRoutes({ stations, sessions, problem, iso }) {
    const documents = new Map();
    const caps = new Map();
    const limitOf = (n) => [0, 1, 2].map((i) => n.limit_phases_a?.[i] ?? n.limit_a ?? null);

    function evsesOf(doc) {
        return doc.nodes.filter((n) => n.kind === 'evse' || (n.kind === 'station' && !doc.nodes.some((x) => x.parent === n.id))).map((n, i) => {
            const identity = n.station ?? doc.nodes.find((x) => x.id === n.parent)?.station;
            const evse = n.evse ?? 1;
            const session = sessions.find((s) => s.state === 'open' && s.station === identity && s.evse === evse);
            const a = session ? Math.round(session.power_w / 69) / 10 : 0;
            const why = ['shared', 'plan_price', 'car_less', 'limit', 'full'][i % 5];
            return { station: identity, evse, name: n.name || `${identity} · ${evse}`, node: n.id, session: session?.id ?? null, connected: i !== 3, plugged: !!session, proven: i !== 2, disobeys: i === 4, why,
                why_text: { shared: 'Panel West is full; 3 cars share it equally.', plan_price: 'Cheaper hours come before it leaves.', car_less: 'The car takes less; the rest went to others.', limit: 'The grid connection is full on L2.', full: 'As much as car, cable and station take.' }[why],
                target_a: a + 2, booked_a: a + 2, confirmed_a: session ? a + 2 : null, draw_a: session ? a : null, draw_w: session ? session.power_w : null, draw_at: iso(), fail_safe_a: 6, max_a: 32, min_a: 6,
                lease_ends_at: iso(Date.now() + 6e5), phases: i % 3 ? [1, 2, 3] : [2], phases_known: i !== 2, need_wh: i % 2 ? 12400 : null, laxity_s: i % 2 ? 5400 : null, departs_at: i % 2 ? iso(Date.now() + 6 * 36e5) : null, departs_learned: i % 4 === 1,
                class: 'best_effort', override_a: null, override_expires_at: null, limit_w: Math.round((a + 2) * 690), max_w: 22080, probing: i === 5, why_node: why === 'shared' || why === 'limit' ? 'Panel West' : null, why_line: why === 'limit' ? 2 : null };
        });
    }

    function live(id) {
        const doc = documents.get(id);
        if (!doc) return problem(404, 'Power is not shared here.');
        const evses = evsesOf(doc);
        const under = (n, e) => { for (let at = doc.nodes.find((x) => x.id === e.node); at; at = doc.nodes.find((x) => x.id === at.parent)) if (at.id === n.id) return true; return false; };
        const sum = (list, f) => list.reduce((s, e) => s + f(e), 0);
        const nodes = doc.nodes.map((n) => {
            const mine = evses.filter((e) => under(n, e));
            const cap = caps.get(n.id);
            const line = (l, f) => Math.round(sum(mine.filter((e) => e.phases.includes(l)), f) * 10) / 10;
            return { id: n.id, name: n.name || n.station || n.id, kind: n.kind, parent: n.parent ?? null, limit_a: limitOf(n).map((x) => cap?.limit_a ?? x), limit_w: cap?.limit_w ?? n.limit_w ?? null, capped: !!cap, cap_expires_at: cap?.expires_at ?? null, cap_reason: cap?.reason ?? '',
                reserved_a: [1, 2, 3].map((l) => line(l, (e) => (e.plugged ? e.booked_a : 0))), reserved_w: Math.round(sum(mine, (e) => (e.plugged ? e.booked_a * 690 : 0))), base_w: 0, has_meter: n.kind === 'grid', meter_stale: false, meter_at: iso(),
                measured_a: n.kind === 'grid' ? [1, 2, 3].map((l) => line(l, (e) => e.draw_a ?? 0)) : null, measured_w: null };
        });
        return { site: id, mode: doc.mode, decided_at: iso(), planned_at: iso(), failsafe_fits: true, unproven: evses.filter((e) => !e.proven).length, cars_w: sum(evses, (e) => e.draw_w ?? 0), offered_w: sum(evses, (e) => (e.plugged ? e.booked_a * 690 : 0)),
            grid_w: null, solar_w: 3200, surplus_w: null, price_minor_per_kwh: 31.4, nodes, evses, caps: [...caps.values()] };
    }

    const findings = (doc) => ({
        errors: doc.nodes.flatMap((n, i) => (n.limit_a === 0 ? [{ path: `nodes[${i}].limit_a`, text: 'A limit of 0 A lets nothing through: leave it out, or say how much.' }] : [])),
        warnings: doc.nodes.flatMap((n, i) => (n.kind === 'circuit' && n.limit_a === undefined ? [{ path: `nodes[${i}]`, text: `"${n.name}" has no limit of its own: only what is above it holds.` }] : [])) });
    const wave = (i) => Math.round(24000 + 9000 * Math.sin(i / 25) + 2000 * Math.sin(i));
    return [
        ['GET /sites/$/power', (b, q, id) => documents.get(id) ?? problem(404, 'Power is not shared here.')],
        ['PUT /sites/$/power', (b, q, id) => {
            if (q.get('dry_run')) return findings(b);
            documents.set(id, b);
            return b;
        }],
        ['GET /sites/$/power/live', (b, q, id) => live(id)],
        ['GET /power', () => {
            const all = [...documents.keys()].map((id) => live(id));
            return { at: iso(), sites: all.map((l) => ({ site: l.site, cars_w: l.cars_w, offered_w: l.offered_w, limit_w: 43470, full_percent: 88.4, cars: l.evses.filter((e) => e.plugged).length, plugs: l.evses.length, capped: caps.size > 0, over: false })),
                cars: all.flatMap((l) => l.evses.filter((e) => e.plugged).map((e) => ({ ...e, site: l.site }))) };
        }],
        ['GET /sites/$/power/nodes/$/history', () => ({ step_s: 300, items: Array.from({ length: 120 }, (_, i) => ({ at: iso(Math.floor(Date.now() / 3e5) * 3e5 - (119 - i) * 3e5), drawn_w: wave(i), reserved_w: wave(i) + 6000, limit_w: 43470, full_percent: Math.round((wave(i) + 6000) / 434.7) / 1 })) })],
        ['GET /sites/$/series/$', (b, q, id, kind) => ({ kind, parts: [] })],
        ['GET /sites/$/power/history', () => ({ items: Array.from({ length: 240 }, (_, i) => ({ at: iso(Date.now() - (240 - i) * 60000), cars_w: wave(i), offered_w: wave(i) + 5000, limit_w: i > 150 ? 43000 : 38000, grid_w: wave(i) + 3000, solar_w: Math.max(0, Math.round(8000 * Math.sin(i / 80))), price_minor_per_kwh: 31 })) })],
        ['GET /sites/$/power/plan', () => ({ from_at: iso(Math.floor(Date.now() / 9e5) * 9e5), step_s: 900, gap_permille: 4, cars_w: Array.from({ length: 48 }, (_, i) => Math.max(0, 26000 - i * 500 + (i % 8) * 900)), limit_w: Array(48).fill(43000), solar_w: Array(48).fill(null), price_minor_per_kwh: Array(48).fill(31), evses: [] })],
        ['GET /sites/$/power/decisions', () => ({ items: ['plug', 'meter', 'clock'].map((cause, i) => ({ id: String(i), at: iso(Date.now() - i * 9e4), cause, changes: [{ station: stations[0].id, evse: 1, from_a: 16, to_a: 12.5 + i, why: 'shared', why_text: 'Panel West is full; 3 cars share it equally.' }] })), next_cursor: null })],
        ['POST /sites/$/power/cap', (b, q, id) => {
            const node = b.node ?? documents.get(id).nodes[0].id;
            caps.set(node, { node, limit_a: b.limit_a ?? null, limit_w: b.limit_w ?? null, expires_at: b.duration_s ? iso(Date.now() + b.duration_s * 1000) : null, reason: b.reason ?? '', created_by: 'person:admin' });
            return caps.get(node);
        }],
        ['DELETE /sites/$/power/cap', (b, q) => { caps.delete(q.get('node')); }],
        ['PUT /sessions/$/limit', (b) => b], ['DELETE /sessions/$/limit', () => undefined],
        ['PATCH /sessions/$', (b) => b],
    ];
}
