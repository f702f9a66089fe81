/* What is printed at each plug: the EVSE id on its label, its type, its power. */
import { useSignal } from '@preact/signals';
import { request } from '../../../shared/api';
import * as format from '../../../shared/format';
import { Dialog } from '../../parts/dialog';
import { type Field, Form, changesOf } from '../../parts/form';
import { Empty } from '../../parts/note';
import { connectorsOf } from '../../parts/state';
import { type Column, Table } from '../../parts/table';
import { stations } from '../../store/live';
import { may } from '../../store/me';
import type { Connector, Station } from '../../store/types.gen';
import { t } from '../../t';

type Plug = Connector & { evse: number };

const types = ['sType2', 'cType2', 'cCCS2', 'cCCS1', 'cType1', 'cG105', 'cTesla', 's309-1P-16A', 's309-3P-32A'];

const fields: readonly Field[] = [
    { name: 'printed_id', label: 'plug.printed_id', hint: 'plug.printed_id_hint', mono: true, maxLength: 64 },
    { name: 'type', label: 'plug.type', maxLength: 40, suggestions: () => types.map((value) => ({ value, label: '' })) },
    { name: 'power_max_w', label: 'plug.power_max', kind: 'number', min: 1 },
];

function PlugDialog({ station, plug, onClose }: { station: Station; plug: Plug; onClose: () => void }) {
    const before = { printed_id: plug.printed_id, type: plug.type, power_max_w: plug.power_max_w ?? undefined };
    return (
        <Dialog title={`${t('plug.n', { n: plug.evse })} · ${station.id}`} onClose={onClose}>
            <Form fields={fields} initial={before} submit={t('save')} onCancel={onClose} onDone={onClose}
                  onSubmit={async (after) => {
                      const changes = changesOf(before, after);
                      for (const text of ['printed_id', 'type']) if (changes[text] === null) changes[text] = '';
                      stations.put(await request<Station>('PATCH', `/stations/${encodeURIComponent(station.id)}/connectors/${plug.evse}/${plug.id}`, changes));
                  }} />
        </Dialog>
    );
}

export function ConnectorLabels({ station }: { station: Station }) {
    const edited = useSignal<Plug | undefined>(undefined);
    const columns: Column<Plug>[] = [
        { key: 'plug', label: 'plug.label', cell: (p) => (p.id > 1 ? `${p.evse}/${p.id}` : p.evse) },
        { key: 'printed', label: 'plug.printed', cell: (p) => <span class="mono">{p.printed_id || '–'}</span> },
        { key: 'type', label: 'plug.type', from: 'tablet', cell: (p) => p.type || '–' },
        { key: 'power', label: 'col.power', num: true, cell: (p) => (p.power_max_w ? format.join(format.power(p.power_max_w)) : '–') },
        { key: 'edit', label: 'edit', quiet: true, cell: (p) => may('station.write') && <button type="button" class="plain" onClick={() => (edited.value = p)}>{t('edit')}</button> },
    ];
    const plugs = connectorsOf(station);
    return (
        <section class="card" aria-labelledby="labels-title">
            <header><h2 id="labels-title">{t('plug.labels')}</h2></header>
            {plugs.length === 0 ? <Empty title={t('plug.none')}><p>{t('plug.none_why')}</p></Empty>
                : <Table label={t('plug.labels')} columns={columns} rows={plugs} keyOf={(p) => `${p.evse}.${p.id}`} />}
            {edited.value && <PlugDialog station={station} plug={edited.value} onClose={() => (edited.value = undefined)} />}
        </section>
    );
}
