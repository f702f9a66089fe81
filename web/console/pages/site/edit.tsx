/* How the site shares its power: the tree of limits, the mode, meters and prices. Worked on as a whole, checked by the
 * server while one works, put into force in one step. */
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Problem, asCurl, request } from '../../../shared/api';
import { download } from '../../../shared/csv';
import { useDeed } from '../../parts/ask';
import { Copy } from '../../parts/copy';
import { Menu } from '../../parts/menu';
import { Bones, Empty, ProblemNote } from '../../parts/note';
import { Shape } from '../../parts/state';
import { toast } from '../../parts/toast';
import { stations } from '../../store/live';
import { may } from '../../store/me';
import type { PowerDocument, Site, Station } from '../../store/types.gen';
import { t, word } from '../../t';
import { Begin } from './begin';
import { drafts } from './drafts';
import { type Part, Fields, Items, clean } from './fields';
import { type Finding, type Findings, badgeOf, leadTo, noFindings, placeOf, wordsOf, worthTelling, wrongItems, wrongOf } from './finding';
import { Goal, usualNight } from './goal';
import { type Kind, type PowerNode, type Whole, whole, add, addStation, change, findingPlace, missing, nodeOf, remove, step } from './model';
import { SeriesCard } from './series';
import { addable, defaultSpecs, meterSpecs, modes, nodeSpecs, priceSpecs, ruleSpecs, timeSpecs, vehicleSpecs } from './specs';
import { Tree } from './tree';

const checkAfterMs = 300;
const findingsFirst = 6;
const usualBreakerA = 32; // of an AC plug; what the node's form then shows to be put right

/* The document in work: what is on the server, what it would become, what the checker says. */
interface Work {
    doc: Signal<Whole | undefined>;
    saved: Signal<string>;
    findings: Signal<Findings>;
    problem: Signal<Problem | undefined>;
    loading: Signal<boolean>;
    set: (doc: Whole) => void;
    undo: () => void;
    discard: () => void;
    mayUndo: boolean;
    save: () => Promise<void>;
}

function useWork(site: string): Work {
    const doc = useSignal<Whole | undefined>(undefined);
    const saved = useSignal('');
    const findings = useSignal<Findings>(noFindings);
    const problem = useSignal<Problem | undefined>(undefined);
    const loading = useSignal(true);
    const history = useSignal<Whole[]>([]);
    const etag = useRef<string | undefined>(undefined);
    const path = `/sites/${encodeURIComponent(site)}/power`;
    useEffect(() => {
        request<PowerDocument>('GET', path, undefined, { onEtag: (tag) => (etag.current = tag) })
            .then((found) => { saved.value = JSON.stringify(whole(found)); doc.value = drafts.get(site) ?? whole(found); },
                (error) => {
                    doc.value = drafts.get(site);
                    if (!(error instanceof Problem && error.status === 404)) problem.value = error;
                })
            .finally(() => (loading.value = false));
    }, [path]);
    useEffect(() => {
        if (!doc.value) return;
        const stop = new AbortController();
        const timer = setTimeout(() => {
            request<Findings>('PUT', `${path}?dry_run=true`, doc.peek(), { signal: stop.signal })
                .then((said) => { findings.value = worthTelling(said); problem.value = undefined; }, (error) => { if (error instanceof Problem) problem.value = error; });
        }, checkAfterMs);
        return () => { clearTimeout(timer); stop.abort(); };
    }, [doc.value, path]);
    const show = (to: Whole | undefined) => {
        doc.value = to;
        if (to && JSON.stringify(to) !== saved.peek()) drafts.set(site, to);
        else drafts.delete(site);
    };
    useEffect(() => {
        const ask = (event: BeforeUnloadEvent) => { if (drafts.has(site)) event.preventDefault(); };
        addEventListener('beforeunload', ask);
        return () => removeEventListener('beforeunload', ask);
    }, [site]);
    return {
        doc, saved, findings, problem, loading,
        set: (to) => {
            if (doc.peek()) history.value = [...history.peek().slice(-99), doc.peek()!];
            show(to);
        },
        undo: () => {
            const before = history.peek();
            if (before.length) { show(before[before.length - 1]); history.value = before.slice(0, -1); }
        },
        discard: () => {
            if (doc.peek()) history.value = [...history.peek().slice(-99), doc.peek()!];
            show(saved.peek() ? JSON.parse(saved.peek()) as Whole : undefined);
        },
        mayUndo: history.value.length > 0,
        save: async () => {
            const sent = doc.peek();
            await request('PUT', path, sent, { etag: etag.current, onEtag: (tag) => (etag.current = tag) });
            saved.value = JSON.stringify(sent);
            drafts.delete(site);
        },
    };
}

/* The site's stations by name where the document gives none. */
function useNames(): (node: PowerNode) => string {
    void stations.changed.value;
    return (n) => n.name || (n.station && (stations.get(n.station)?.peek().name || n.station)) || (n.evse ? `${t('power.evse')} ${n.evse}` : word('node_kind', n.kind));
}

function FindingList({ work, nameOf, onChoose }: { work: Work; nameOf: (n: PowerNode) => string; onChoose: (id: string) => void }) {
    const all = useSignal(false);
    const { errors, warnings } = work.findings.value;
    const nodes = work.doc.value?.nodes ?? [];
    if (errors.length + warnings.length === 0) return <p class="note pad calm"><Shape kind="available" />{t('power.no_findings')}</p>;
    const row = (kind: 'faulted' | 'preparing') => (f: Finding) => {
        const { node } = findingPlace(nodes, f.path);
        const place = placeOf(nodes, f.path, nameOf);
        const go = () => {
            if (node) onChoose(node.id);
            leadTo(f.path);
        };
        return (
            <li key={f.path + f.text}><Shape kind={kind} />
                <div>{place && <button type="button" class="plain place" onClick={go}>{place}</button>}<div class="why">{wordsOf(f)}</div></div><span /></li>
        );
    };
    const rows = [...errors.map(row('faulted')), ...warnings.map(row('preparing'))];
    return (
        <>
            <ul class="attention findings">{all.value ? rows : rows.slice(0, findingsFirst)}</ul>
            {rows.length > findingsFirst && !all.value && <div class="tail"><button type="button" class="plain" onClick={() => (all.value = true)}>{t('show_all', { n: rows.length })}</button></div>}
        </>
    );
}

function AddMenu({ work, node, here, onChoose }: { work: Work; node: PowerNode; here: Station[]; onChoose: (id: string) => void }) {
    const doc = work.doc.value!;
    const left = missing(doc.nodes, here);
    const put = (nodes: readonly PowerNode[], id: string | undefined) => {
        work.set({ ...doc, nodes: [...nodes] });
        if (!id) return;
        onChoose(id);
        leadTo('nodes.name'); // its name is what one types next
    };
    const plain = (kind: Kind) => ({
        label: word('node_kind', kind),
        run: () => { const made = add(doc.nodes, node.id, kind, kind === 'evse' ? { evse: 1 } : { name: word('node_kind', kind) }); put(made.nodes, made.id); },
    });
    const choices = addable(node.kind).flatMap((kind) => kind !== 'station' ? [plain(kind)] : left.slice(0, 30).map((s) => ({
        label: `${t('col.station')}: ${s.name || s.id}`,
        run: () => { const nodes = addStation(doc.nodes, node.id, s, usualBreakerA); put(nodes, nodes.find((n) => n.station === s.id)?.id); },
    })));
    return choices.length ? <Menu label={t('power.add_under')} choices={choices} /> : null;
}

/* For who has no keyboard and cannot drag. */
function MoveMenu({ work, node }: { work: Work; node: PowerNode }) {
    const doc = work.doc.value!;
    const choices = (['up', 'down', 'out', 'in'] as const).map((way) => {
        const nodes = step(doc.nodes, node.id, way);
        return { label: word('power_step', way), disabled: nodes === doc.nodes ? t('power.cannot_move') : undefined, run: () => work.set({ ...doc, nodes: [...nodes] }) };
    });
    return <Menu label={t('power.move')} choices={choices} />;
}

/* From a field back to where one came from. */
function backToTree(event: KeyboardEvent): void {
    if (event.key === 'Escape' && !(event.target as Element).closest('[role="menu"]')) document.querySelector<HTMLElement>('[role="treeitem"][aria-selected="true"]')?.focus();
}

function NodeCard({ work, node, here, nameOf, onChoose, readonly }: { work: Work; node: PowerNode; here: Station[]; nameOf: (n: PowerNode) => string; onChoose: (id: string) => void; readonly: boolean }) {
    const doc = work.doc.value!;
    const set = (changes: Partial<PowerNode>) => work.set({ ...doc, nodes: [...change(doc.nodes, node.id, changes)] });
    const mayLimit = node.kind !== 'evse';
    return (
        <section class="card" aria-labelledby="node-title" data-part="node" onKeyDown={backToTree}>
            <header><h2 id="node-title">{nameOf(node)}</h2><small>{word('node_kind', node.kind)}{node.station ? ` · ${node.station}` : ''}</small></header>
            <div class="pad stack" style={{ paddingTop: 0 }}>
                {!readonly && (
                    <div class="row">
                        <AddMenu work={work} node={node} here={here} onChoose={onChoose} />
                        {node.parent !== undefined && <MoveMenu work={work} node={node} />}
                        {node.parent !== undefined && <button type="button" class="danger" onClick={() => { work.set({ ...doc, nodes: [...remove(doc.nodes, node.id)] }); onChoose(node.parent!); }}>{t('power.remove')}</button>}
                    </div>
                )}
                <Fields key={node.id} specs={nodeSpecs[node.kind]} of={node} wrong={wrongOf(doc.nodes, work.findings.value.errors, node.id)} warned={wrongOf(doc.nodes, work.findings.value.warnings, node.id)} onChange={set} disabled={readonly} />
                {mayLimit && (
                    <details open={!!node.times?.length}>
                        <summary>{t('power.times')}</summary>
                        <Items specs={timeSpecs} items={(node.times ?? []) as unknown as Part[]} add={t('power.add_time')} fresh={() => ({ from: '22:00', to: '06:00' })} disabled={readonly}
                               onChange={(times) => set({ times: times.length ? (times as unknown as PowerNode['times']) : undefined })} />
                    </details>
                )}
            </div>
        </section>
    );
}

function ModeCard({ work, readonly }: { work: Work; readonly: boolean }) {
    const doc = work.doc.value!;
    const priceless = work.findings.value.warnings.some((f) => f.code === 'no_prices');
    return (
        <section class="card pad stack" aria-labelledby="mode-title" data-part="mode">
            <h2 id="mode-title">{t('power.mode')}</h2>
            <Goal of={doc} choices={modes} priceless={priceless} set={(aims) => work.set(clean({ ...doc, ...aims }) as unknown as Whole)} disabled={readonly} />
        </section>
    );
}

/* The rest of the document: what is assumed of cars, meters, prices, how calm it has to be. */
function MoreCard({ work, site, readonly }: { work: Work; site: Site; readonly: boolean }) {
    const doc = work.doc.value!;
    const of = doc as Part;
    const list = (name: string) => (of[name] as Part[] | undefined) ?? [];
    const setList = (name: string) => (items: Part[]) => work.set(clean({ ...doc, [name]: items.length ? items : undefined }) as unknown as Whole);
    const part = (name: string) => (of[name] as Part | undefined) ?? {};
    const setPart = (name: string) => (changes: Part) => {
        const now = clean({ ...part(name), ...changes });
        work.set(clean({ ...doc, [name]: Object.keys(now).length ? now : undefined }) as unknown as Whole);
    };
    const root = doc.nodes.find((n) => n.parent === undefined)?.id ?? '';
    const said = (name: string) => ({ wrong: wrongItems(work.findings.value.errors, name), warned: wrongItems(work.findings.value.warnings, name) });
    const one = (name: string) => ({ wrong: said(name).wrong[0], warned: said(name).warned[0] });
    return (
        <section class="card pad stack" aria-label={t('power.more_title')}>
            <details data-part="meters" open={list('meters').length > 0}><summary>{t('power.meters')}</summary><p class="hint">{t('power.meters_why')}</p>
                <Items specs={[...meterSpecs.slice(0, 1), { name: 'node', label: 'power.meter_node', kind: 'select', options: () => doc.nodes.filter((n) => n.kind !== 'evse').map((n) => ({ value: n.id, label: n.name || n.station || n.id })) }, ...meterSpecs.slice(1)]}
                       items={list('meters')} add={t('power.add_meter')} fresh={() => ({ id: `meter-${list('meters').length + 1}`, node: root, source: 'push', measures: 'node' })} {...said('meters')} onChange={setList('meters')} disabled={readonly} />
                {list('meters').filter((m) => m.source === 'push' && m.id).map((m) => (
                    <div class="spread hint" key={String(m.id)}><span>{t('power.meter_sends', { id: String(m.id) })}</span><Copy text={asCurl('POST', `/sites/${site.id}/meters/${String(m.id)}/readings`, { current_a: [20, 20, 20], power_w: 13800 })} label={t('copy_curl')} /></div>
                ))}</details>
            <details data-part="prices" open={list('prices').length > 0}><summary>{t('power.prices')}</summary><p class="hint">{t('power.prices_why')}</p>
                {!readonly && list('prices').length === 0 && <div><button type="button" onClick={() => setList('prices')(usualNight as unknown as Part[])}>{t('power.night_price')}</button></div>}
                <Items specs={priceSpecs} items={list('prices')} add={t('power.add_price')} fresh={() => ({ price_minor_per_kwh: 30 })} {...said('prices')} onChange={setList('prices')} disabled={readonly} />
                {list('prices').length > 0 && doc.mode !== 'cheapest' && <p class="note"><Shape kind="preparing" /><span>{t('power.prices_unused', { mode: word('site_mode', 'cheapest') })}</span>{!readonly && <button type="button" onClick={() => work.set({ ...doc, mode: 'cheapest' })}>{t('power.prices_use')}</button>}</p>}
                <Fields specs={[{ name: 'demand_charge_minor_per_kw', label: 'power.demand_charge', unit: 'ct/kW' }]} of={doc} onChange={(c) => work.set(clean({ ...doc, ...c }) as unknown as Whole)} disabled={readonly} /></details>
            <details data-part="fleet" open={list('fleet').length > 0}><summary>{t('power.fleet')}</summary><p class="hint">{t('power.fleet_why')}</p>
                <Items specs={vehicleSpecs} items={list('fleet')} add={t('power.add_vehicle')} fresh={() => ({ token: '' })} {...said('fleet')} onChange={setList('fleet')} disabled={readonly} /></details>
            <details data-part="defaults"><summary>{t('power.defaults')}</summary><Fields {...one('defaults')} specs={defaultSpecs} of={part('defaults')} onChange={setPart('defaults')} disabled={readonly} /></details>
            <details data-part="rules"><summary>{t('power.rules')}</summary><Fields {...one('rules')} specs={ruleSpecs} of={part('rules')} onChange={setPart('rules')} disabled={readonly} /></details>
        </section>
    );
}

function Bar({ work, site, readonly }: { work: Work; site: Site; readonly: boolean }) {
    const save = useDeed(work.save);
    const file = useRef<HTMLInputElement>(null);
    const doc = work.doc.value!;
    const changed = JSON.stringify(doc) !== work.saved.value;
    const { errors } = work.findings.value;
    const take = async (input: HTMLInputElement) => {
        const text = await input.files?.[0]?.text();
        input.value = '';
        if (text === undefined) return;
        try {
            const read = JSON.parse(text) as PowerDocument;
            if (!Array.isArray(read.nodes)) throw new Error();
            work.set(whole(read));
        } catch {
            toast(t('power.bad_file'), 'bad');
        }
    };
    return (
        <div class={`spread${changed ? ' in-work' : ''}`}>
            <span class="row">
                <button type="button" onClick={() => download(`${site.name}.power.json`, 'application/json', `${JSON.stringify(doc, null, 2)}\n`)}>{t('power.export')}</button>
                {!readonly && <><button type="button" onClick={() => file.current?.click()}>{t('power.import')}</button>
                    <input ref={file} type="file" accept="application/json,.json" hidden onChange={(e) => void take(e.currentTarget)} />
                    <button type="button" disabled={!work.mayUndo} onClick={work.undo}>{t('power.undo')}</button></>}
            </span>
            {!readonly && (
                <span class="row">
                    {changed && <button type="button" class="plain" onClick={work.discard}>{t('power.discard')}</button>}
                    {changed && <small class={errors.length ? '' : 'calm'}>{errors.length ? t('power.errors', { n: errors.length }) : t('power.unsaved')}</small>}
                    <button type="button" class="primary" disabled={!changed || errors.length > 0 || save.busy.value}
                            onClick={() => void save.run().then((done) => { if (done) toast(t('power.saved'), 'good', { label: t('power.look'), href: `/sites/${site.id}` }); })}>{t('power.apply')}</button>
                </span>
            )}
            {save.problem.value && <ProblemNote problem={save.problem.value} />}
        </div>
    );
}

export function EditTab({ site }: { site: Site }) {
    const work = useWork(site.id);
    const chosen = useSignal('');
    const nameOf = useNames();
    const readonly = !may('site.write');
    const here = stations.all().filter((s) => s.site === site.id).sort((a, b) => (a.name || a.id).localeCompare(b.name || b.id, undefined, { numeric: true }));
    const doc = work.doc.value;
    useEffect(() => {
        const keys = (e: KeyboardEvent) => {
            if ((e.ctrlKey || e.metaKey) && e.key === 'z' && !(e.target as Element).closest('input, textarea')) { e.preventDefault(); work.undo(); }
        };
        addEventListener('keydown', keys);
        return () => removeEventListener('keydown', keys);
    });
    if (work.loading.value) return <section class="card"><Bones lines={8} /></section>;
    if (!doc && work.problem.value) return <ProblemNote problem={work.problem.value} />;
    if (!doc) return readonly ? <section class="card"><Empty title={t('power.none')} /></section> : <Begin site={site} onBegin={(made) => { work.set(made); chosen.value = made.nodes[0]!.id; }} />;
    const node = nodeOf(doc.nodes, chosen.value) ?? doc.nodes[0];
    const left = missing(doc.nodes, here);
    const removeNode = (id: string) => {
        const gone = nodeOf(doc.nodes, id);
        if (!gone || gone.parent === undefined) return;
        work.set({ ...doc, nodes: [...remove(doc.nodes, id)] });
        chosen.value = gone.parent;
    };
    return (
        <>
            <Bar work={work} site={site} readonly={readonly} />
            {work.problem.value && <ProblemNote problem={work.problem.value} />}
            {!work.saved.value && <div class="banner"><span>{t('power.draft_new')}</span></div>}
            <div class="two even">
                <div class="stack">
                    <section class="card" aria-labelledby="tree-title">
                        <header><h2 id="tree-title">{t('power.tree')}</h2><small class="keys">{t('power.tree_keys')}</small></header>
                        <Tree nodes={doc.nodes} chosen={node?.id ?? ''} badge={(id) => badgeOf(doc.nodes, work.findings.value, id)} nameOf={nameOf} readonly={readonly}
                              onChoose={(id) => (chosen.value = id)} onNodes={(nodes) => { if (nodes !== doc.nodes) work.set({ ...doc, nodes: [...nodes] }); }} onRemove={removeNode} />
                        {left.length > 0 && <div class="tail"><span>{t('power.left_out', { n: left.length, names: left.slice(0, 3).map((s) => s.name || s.id).join(', ') + (left.length > 3 ? ' …' : '') })}</span>
                            {!readonly && doc.nodes[0] && <button type="button" onClick={() => work.set({ ...doc, nodes: [...left.reduce<readonly PowerNode[]>((nodes, s) => addStation(nodes, doc.nodes[0]!.id, s, usualBreakerA), doc.nodes)] })}>{t('power.add_left')}</button>}</div>}
                    </section>
                    <section class="card" aria-labelledby="findings-title"><header><h2 id="findings-title">{t('power.findings')}</h2></header><FindingList work={work} nameOf={nameOf} onChoose={(id) => (chosen.value = id)} /></section>
                </div>
                <div class="stack">
                    {node && <NodeCard work={work} node={node} here={here} nameOf={nameOf} onChoose={(id) => (chosen.value = id)} readonly={readonly} />}
                    <ModeCard work={work} readonly={readonly} />
                    <MoreCard work={work} site={site} readonly={readonly} />
                    <SeriesCard site={site} />
                </div>
            </div>
        </>
    );
}
